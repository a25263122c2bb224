import { PHASES, type Phase } from "#engine/checklist/item.ts";
import { runChecklist } from "#engine/run/checklist.ts";
import type { Verb } from "./call.ts";
import { openJob } from "./job.ts";

export const run: Verb = async (call) => {
  const { source, options, world } = await openJob(call);
  const phase: Phase = PHASES.find((one) => one === call.words[0]) ?? "pre";
  return runChecklist(
    { phase, run: typeof call.options.run === "string" ? call.options.run : null },
    source,
    options,
    world,
  );
};
