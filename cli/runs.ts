import { readRuns } from "#engine/run/runs.ts";
import type { Verb } from "./call.ts";
import { openWorld } from "./job.ts";

export const run: Verb = async (call) => {
  const { options, world } = openWorld(call);
  const { run: runId } = call.options;
  return readRuns(typeof runId === "string" ? runId : null, options, world);
};
