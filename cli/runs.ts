import { readRuns } from "#engine/runs_job.ts";
import type { Verb } from "./call.ts";
import { openWorld } from "./job.ts";

export const run: Verb = async (call) => {
  const { options, world } = openWorld(call);
  const { run: runId } = call.options;
  return readRuns(typeof runId === "string" ? runId : null, options, world);
};
