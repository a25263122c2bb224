import { runVerify } from "#engine/run/verify.ts";
import type { Verb } from "./call.ts";
import { openJob } from "./job.ts";
import { versionOf } from "./requests.ts";

export const run: Verb = async (call) => {
  const { bundle, source, options, world } = await openJob(call);
  const versions = call.words.map((word) => versionOf(word, bundle));
  const integrity = call.options.integrity === true;
  return runVerify({ command: "verify", versions, integrity }, source, options, world);
};
