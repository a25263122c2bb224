import { fault } from "#engine/errors.ts";
import type { BareReport } from "#engine/report.ts";
import { emptyHead } from "#engine/report_head.ts";
import { type EmbeddedServer, findServer, startServer, stateFolder } from "#io/embedded.ts";
import type { Call, Verb } from "./call.ts";
import { forgetEnvironment, howToGoOn, howToKeep, writeEnvironment } from "./demo_environment.ts";
import { tellStory } from "./demo_story.ts";

/** The main job on a PostgreSQL of its own, from nothing, or on the one that an earlier demo left running. */
export const run: Verb = async (call) => {
  const started = new Date();
  const stateDir = await stateFolder(call.terminal.cwd);
  const found = await findServer(stateDir);
  if (call.options.stop === true) return stopped(call, found, stateDir, started);

  const keep = call.options.keep === true;
  if (found === null && call.options.quiet !== true) call.output.tell("Starting a PostgreSQL of its own ...");
  const server = found ?? (await startServer({ stateDir, keep }));
  let stays = false;
  try {
    call.redactor.learn(server.connection.password);
    const failed = call.interrupt.aborted ? interrupted(call) : await tellStory(call, server.connection);
    stays = found !== null || (keep && failed === null);
    if (failed === null) call.output.say(await farewell(call, server, stays, stateDir));
    return { ...emptyHead(started), ...failed, command: "demo", ...times(started) };
  } finally {
    if (!stays) await server.stop();
  }
};

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
  return { ...emptyHead(started), command: "demo", ...times(started) };
}

const interrupted = (call: Call): Pick<BareReport, "status" | "error"> => ({
  status: "interrupted",
  error: fault("interrupted", `${call.interrupt.reason} came; the demo is removed.`, {
    remedy: "Run it again.",
  }),
});

function times(started: Date): Pick<BareReport, "finished_at" | "duration_ms"> {
  const finished = new Date();
  return { finished_at: finished.toISOString(), duration_ms: finished.getTime() - started.getTime() };
}
