import type { RollbackVerification } from "#engine/request.ts";
import { runBaseline } from "#engine/run/baseline.ts";
import type { Verb } from "./call.ts";
import { openJob } from "./job.ts";
import { versionOf } from "./requests.ts";

export const run: Verb = async (call) => {
  const { bundle, source, options, world } = await openJob(call);
  const version = versionOf(call.options.version, bundle);
  const verify = call.options.verify as RollbackVerification;
  return runBaseline({ command: "baseline", version, verify }, source, options, world);
};
