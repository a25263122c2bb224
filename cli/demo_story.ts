import { join } from "node:path";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import type { BareReport, Report } from "#engine/report.ts";
import type { RunOptions } from "#engine/request.ts";
import { runChange } from "#engine/run/change.ts";
import { readStatus } from "#engine/run/status.ts";
import type { BundleSource, World } from "#engine/seam.ts";
import type { ConnectionSettings } from "#io/connect.ts";
import { createDatabase } from "#io/create_database.ts";
import type { ServerConnection } from "#io/embedded/server.ts";
import { packageRoot } from "#io/package_root.ts";
import { loadSeed } from "#io/seed.ts";
import type { Call } from "./call.ts";
import { readRunOptions } from "./run_options.ts";
import { seedText } from "./seed_text.ts";
import { openBundle } from "./source.ts";
import { makeWorld } from "./world.ts";

export const DEMO_DATABASE = "paws360";

/** Why the demo ended before its end. */
export type Ended = Pick<BareReport, "status" | "error" | "refusals" | "warnings">;

/**
 * Applies PAWS360, shows its status, rolls 007 back, applies it again and loads the rows; each report is shown
 * as the verb would show it. Null when all went well. Works on a database where all of it was done before.
 */
export async function tellStory(call: Call, connection: ServerConnection): Promise<Ended | null> {
  await createDatabase(connection, DEMO_DATABASE);
  const { run: options, limits } = readRunOptions(call.options, call.terminal.env);
  const settings: ConnectionSettings = {
    ...connection,
    database: DEMO_DATABASE,
    password: async () => connection.password,
    sslmode: "disable",
    ca: null,
    ...limits,
  };
  const world = makeWorld(call, settings, 0);
  const source = loadedSource(openBundle(join(packageRoot(), "migrations", "paws360")));
  for (const [words, step] of chapters(source, options, world)) {
    call.output.say(`$ paws-migrate ${words}\n`);
    const report = await step();
    call.output.say(`${call.output.render(report)}\n`);
    const { status, error, refusals, warnings } = report;
    if (status !== "ok") return { status, error, refusals, warnings };
  }
  call.output.say("$ npm run seed\n");
  const session = await world.connect(world.new_run_id());
  try {
    const loaded = await loadSeed(session, join(packageRoot(), "seed", "paws360"), world.interrupt);
    call.output.say(`${seedText(loaded)}\n`);
  } finally {
    await session.close();
  }
  return null;
}

type Chapter = readonly [words: string, step: () => Promise<Report>];

function chapters(source: BundleSource, options: RunOptions, world: World): readonly Chapter[] {
  const up = () =>
    runChange({ command: "up", target: { to: "latest" }, allow_out_of_order: false }, source, options, world);
  const last = { command: "rollback", target: { remove: "steps", steps: 1 }, verify: "last" } as const;
  return [
    ["up", up],
    ["status", () => readStatus(source, options, world)],
    ["rollback", () => runChange(last, source, options, world)],
    ["up", up],
  ];
}
