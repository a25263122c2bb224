import { runMark } from "#engine/run/mark.ts";
import type { Verb } from "./call.ts";
import { openJob } from "./job.ts";
import { versionOf } from "./requests.ts";

export const run: Verb = async (call) => {
  const { bundle, source, options, world } = await openJob(call);
  const [version, state] = call.words;
  const to = state === "applied" ? "applied" : "pending";
  return runMark({ command: "mark", version: versionOf(version, bundle), to }, source, options, world);
};
