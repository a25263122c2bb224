import { type Fault, fault, MigrationFault } from "#engine/errors.ts";
import type { BareReport } from "#engine/report.ts";
import { emptyHead } from "#engine/run/report_head.ts";
import { type EmbeddedServer, findServer, startServer, stateFolder } from "#io/embedded/server.ts";
import type { Call, Verb } from "./call.ts";
import { forgetEnvironment, howToGoOn, howToKeep, writeEnvironment } from "./demo_environment.ts";
import { tellStory } from "./demo_story.ts";
import { finished } from "./finished.ts";

/** The main job on a PostgreSQL of its own, from nothing, or on the one that an earlier demo left running. */
export const run: Verb = async (call) => {
  const started = new Date();
  const stateDir = await stateFolder(call.terminal.cwd);
  const found = await findServer(stateDir);
  if (call.options.stop === true) return stopped(call, found, stateDir, started);

  const keep = call.options.keep === true;
  if (call.options.quiet !== true) {
    call.output.tell(
      found === null ? "Starting a PostgreSQL of its own ..." : "The PostgreSQL of a demo is there.",
    );
  }
  const server = found ?? (await start(call, stateDir, keep));
  let stays = found !== null;
  try {
    call.redactor.learn(server.connection.password);
    if (call.interrupt.aborted) throw new MigrationFault(interruption(call));
    const failed = await tellStory(call, server.connection);
    stays ||= keep && failed === null;
    if (failed === null) call.output.say(await farewell(call, server, stays, stateDir));
    return { ...emptyHead(started), ...failed, command: "demo", ...finished(started) };
  } finally {
    if (!stays) await server.stop();
  }
};

async function start(call: Call, stateDir: string, keep: boolean): Promise<EmbeddedServer> {
  try {
    return await startServer({ stateDir, keep });
  } catch (error) {
    // Ctrl-C goes to what the start runs, too.
    throw call.interrupt.aborted ? new MigrationFault(interruption(call)) : error;
  }
}

async function farewell(
  call: Call,
  server: EmbeddedServer,
  stays: boolean,
  stateDir: string,
): Promise<string> {
  if (!stays) return howToKeep();
  const file = await writeEnvironment(stateDir, server.connection, call.terminal.cwd);
  return howToGoOn(file, server.connection, call.terminal.cwd);
}

async function stopped(
  call: Call,
  server: EmbeddedServer | null,
  stateDir: string,
  started: Date,
): Promise<BareReport> {
  await server?.stop();
  await forgetEnvironment(stateDir);
  call.output.say(
    server === null ? "No demo is running here.\n" : "The demo's PostgreSQL is stopped and removed.\n",
  );
  return { ...emptyHead(started), command: "demo", ...finished(started) };
}

const interruption = (call: Call): Fault =>
  fault("interrupted", `${call.interrupt.reason} came; the demo has ended.`, { remedy: "Run it again." });
