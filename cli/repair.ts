import { runRepair } from "#engine/run/repair.ts";
import type { Verb } from "./call.ts";
import { openJob } from "./job.ts";
import { versionOf } from "./requests.ts";

export const run: Verb = async (call) => {
  const { bundle, source, options, world } = await openJob(call);
  const versions = call.words.map((word) => versionOf(word, bundle));
  const dry_run = call.options.dryRun === true;
  return runRepair({ command: "repair", versions, dry_run }, source, options, world);
};
