import { runChange } from "#engine/run/change.ts";
import { planChange } from "#engine/run/plan.ts";
import type { Verb } from "./call.ts";
import { openJob } from "./job.ts";
import { upRequest } from "./requests.ts";

export const run: Verb = async (call) => {
  const { bundle, source, options, world } = await openJob(call);
  const request = upRequest(call, bundle);
  return call.options.dryRun === true
    ? planChange(request, source, options, world)
    : runChange(request, source, options, world);
};
