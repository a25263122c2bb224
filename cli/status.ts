import { readStatus } from "#engine/run/status.ts";
import type { Verb } from "./call.ts";
import { openJob } from "./job.ts";

export const run: Verb = async (call) => {
  const { source, options, world } = await openJob(call);
  return readStatus(source, options, world);
};
