import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { BareReport } from "#engine/report.ts";
import { emptyHead } from "#engine/run/report_head.ts";
import { loadSeed } from "#io/seed.ts";
import type { Verb } from "./call.ts";
import { finished } from "./finished.ts";
import { openWorld } from "./job.ts";
import { seedText } from "./seed_text.ts";

/** Loads rows for development; `npm run seed`. No verb of the job: the rows are in no bundle and in no record. */
export const run: Verb = async (call) => {
  const { world } = openWorld(call);
  const { cwd } = call.terminal;
  const own = join(cwd, "seed", world.target.database);
  const folder = call.words[0] ?? (existsSync(own) ? own : join(cwd, "seed", "paws360"));
  const started = new Date();
  const session = await world.connect(world.new_run_id());
  try {
    const loaded = await loadSeed(session, resolve(cwd, folder), world.interrupt);
    call.output.say(seedText(loaded));
  } finally {
    await session.close();
  }
  const report: BareReport = {
    ...emptyHead(started),
    // They are the demo's rows.
    command: "demo",
    target: { ...world.target, server_version: null },
    ...finished(started),
  };
  return report;
};
