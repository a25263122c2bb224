import { type Fault, fault } from "../errors.ts";
import { stepName } from "../step_name.ts";
import type { PreparedStep } from "./messages.ts";
import type { StepsContext } from "./record.ts";

const seconds = (ms: number): string => `${(Math.max(ms, 0) / 1000).toFixed(1)} s`;

/**
 * Why a step is not begun though the deadline has not come: it is known to take longer than what remains, and would
 * only be cut off. A script outside a transaction that was begun goes on: what is done of it stays done.
 */
export function doesNotFit({ planned }: PreparedStep, context: StepsContext): Fault | null {
  const { sender, known, statements } = context;
  const duration = known.get(planned);
  const { version } = planned.migration;
  const begun = statements.some((row) => row.version === version && row.direction === planned.direction);
  const left_ms = sender.remaining_ms();
  if (duration === undefined || begun || duration.ms <= left_ms) return null;
  const from = duration.from === "declared" ? "its header says" : "it took before";
  return fault(
    "deadline",
    `${stepName(planned.migration)} takes ${seconds(duration.ms)}, as ${from}, and ${seconds(left_ms)} of the run's time are left; it was not begun.`,
    { remedy: "Run again with more time (--timeout)." },
  );
}
