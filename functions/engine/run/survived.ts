import { fault } from "../errors.ts";
import { committedStepsQuery } from "../registry/read.ts";
import { stepKey } from "../registry/step_key.ts";
import type { World } from "../seam.ts";
import type { StepsOutcome } from "../step/outcome.ts";
import { ACTION } from "../step/record.ts";
import { sendLast } from "../step/sender.ts";
import { stepName } from "../step_name.ts";
import type { Target } from "./target.ts";

/**
 * What of a run's steps the database that answers after a lost connection has. A failover to a standby that lagged
 * behind takes back what was committed and told: such a step is not done there, and the run must not say so.
 */
export async function survived(
  outcome: StepsOutcome,
  { session, tables }: Target,
  run_id: string,
  world: World,
): Promise<StepsOutcome> {
  const [answer] = await sendLast(session, world, [committedStepsQuery(tables, run_id)]);
  // Without an answer what was told stands: the server that acknowledged it had it.
  if (answer?.kind !== "done") return outcome;
  const there = new Set(answer.results[0]?.rows.map(([key, action]) => `${key} ${action}`));
  const taken = outcome.steps.flatMap((step, i) => {
    const { status, direction } = step;
    const event = `${stepKey(step)} ${ACTION[direction]}`;
    const told = status === "done" && direction !== "verify" && outcome.recorded.has(i);
    return told && !there.has(event) ? [i] : [];
  });
  const [first] = taken;
  const step = first === undefined ? undefined : outcome.steps[first];
  if (step === undefined) return outcome;
  const message = `${stepName(step)} was committed, and the server that answers now does not have it: a standby that had not received it took over.`;
  const error = fault("history-moved", message, {
    remedy: "Run again: the next run goes on from what this server has.",
  });
  return {
    ...outcome,
    error,
    steps: outcome.steps.map((told, i) => (taken.includes(i) ? { ...told, status: "failed", error } : told)),
    recorded: new Set([...outcome.recorded].filter((i) => !taken.includes(i))),
  };
}
