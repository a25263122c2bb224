import type { Fault } from "../errors.ts";
import type { EventRow } from "../registry/write.ts";
import { milliseconds } from "../report.ts";
import type { StepsContext } from "../step/record.ts";
import type { OutsideStep } from "./context.ts";

type Measured = Pick<
  EventRow,
  | "started_epoch"
  | "duration_ms"
  | "lock_wait_ms"
  | "lock_held_ms"
  | "tries"
  | "statements"
  | "rows"
  | "checks"
  | "timings"
  | "blockers"
>;

/** An event of a step that runs outside of a transaction: of its statements, or of its verification. */
export function eventFrom(
  { planned: { migration } }: OutsideStep,
  action: EventRow["action"],
  error: Fault | null,
  { run_id }: StepsContext,
  measured: Measured,
): EventRow {
  return {
    run_id,
    version: String(migration.version),
    label: migration.label,
    name: migration.name,
    action,
    success: error === null,
    sqlstate: error?.sqlstate ?? null,
    error,
    ...measured,
    duration_ms: milliseconds(measured.duration_ms),
    lock_wait_ms: milliseconds(measured.lock_wait_ms),
  };
}
