import { type Fault, fault, MigrationFault } from "../errors.ts";
import type { Recalled } from "../registry/recall.ts";
import type { Attempted, ReportHead, VerifyReport } from "../report.ts";
import type { RunOptions } from "../request.ts";
import type { Status } from "../status.ts";
import { notBegun } from "../step/report.ts";
import { toStoredFault } from "../stored_fault.ts";
import { toStoredPlan } from "../stored_plan.ts";
import { toStoredReport } from "../stored_report.ts";

/** Of a run that came to its end, what it told then. */
export type Replayed = ReportHead &
  Attempted &
  Partial<Pick<VerifyReport, "pending" | "stuck_runs" | "integrity">>;

/**
 * The stored report of a run that came to its end. What an older release did not store is filled in from the row, and
 * from `now`, a report of which nothing is known. Throws `plan-changed` where a person agreed to another plan.
 */
export function replay(recalled: Recalled, now: ReportHead, { expected_plan }: RunOptions): Replayed {
  if (recalled.status === "ok") assertAgreed(recalled, expected_plan);
  const { pending, stuck_runs, integrity, ...stored } = toStoredReport(recalled.report);
  const { warnings = [] } = stored;
  const ok = recalled.status === "ok";
  const row = fromRow(recalled, now);
  const verification =
    recalled.command === "verify"
      ? { pending: pending ?? null, stuck_runs: stuck_runs ?? [], integrity: integrity ?? null }
      : {};
  return {
    ...row,
    ...stored,
    ...verification,
    // Whatever else is told, a run ended as its row says.
    error: ok ? null : (stored.error ?? row.error),
    refusals: ok ? [] : (stored.refusals?.length ?? 0) > 0 ? (stored.refusals ?? []) : row.refusals,
    warnings: ok && recalled.moved_on ? [...warnings, movedOn(recalled)] : warnings,
  };
}

/** A plan that was agreed to is held against the one that is recorded: it is not made anew. */
export function assertAgreed({ run_id, plan_digest }: Recalled, expected: string | null): void {
  if (expected === null || plan_digest === null || plan_digest === expected) return;
  throw new MigrationFault(
    fault("plan-changed", `The plan of run ${run_id} is not the one that was agreed to.`),
  );
}

const movedOn = ({ run_id }: Recalled): Fault =>
  fault("state-moved-on", `Other runs have changed the history since run ${run_id}.`);

/** What the row alone tells; its error may be one of another release. */
function fromRow(recalled: Recalled, now: ReportHead): Replayed {
  const steps = (toStoredPlan(recalled.plan) ?? []).map(notBegun);
  const error = toStoredFault(recalled.error);
  return {
    ...now,
    status: recalled.status as Status,
    steps,
    refusals: recalled.status === "refused" && error !== null ? [error] : [],
    error,
    started_at: recalled.started_at,
    finished_at: recalled.finished_at ?? now.finished_at,
    duration_ms: recalled.duration_ms ?? 0,
    replayed: true,
    recovered: false,
    attempt: recalled.attempt,
  };
}
