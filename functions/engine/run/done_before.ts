import { byApplication, type History } from "../history.ts";
import type { CommittedStep } from "../registry/recall.ts";
import { stepKey } from "../registry/step_key.ts";
import type { StepReport } from "../report.ts";
import { ACTION } from "../step/record.ts";
import { notBegun } from "../step/report.ts";
import type { StoredStep } from "../stored_plan.ts";
import { toStoredBlockers, toStoredChecks } from "../stored_report.ts";

/** What earlier attempts of a run came to. */
export interface DoneBefore {
  /** Of the planned steps that are committed. */
  readonly reports: readonly StepReport[];
  /** What is left of the plan, in order. Of what is applied and not verified yet, that is the verification. */
  readonly left: readonly StoredStep[];
  /** Steps that are committed, and that the history knows nothing of. */
  readonly contradicted: readonly StoredStep[];
  /** Rollbacks without an event of the verification behind them: within a transaction there is none. */
  readonly unverified: readonly StoredStep[];
}

/**
 * Tells apart what is done of a run's plan and what is left of it, by what its attempts have committed: each event was
 * written in its step's own transaction. The history alone would not do: a rollback of `the last` leaves another last.
 */
export function doneBefore(
  plan: readonly StoredStep[],
  committed: readonly CommittedStep[],
  history: History,
): DoneBefore {
  const rows = new Map(history.rows.map((row) => [String(row.version), row]));
  const repeated = new Set(history.repeatables.map(({ name }) => name));
  const find = (step: StoredStep, action: CommittedStep["action"]): CommittedStep | undefined =>
    committed.find((one) => stepKey(one) === stepKey(step) && one.action === action);
  const reports: StepReport[] = [];
  const left: StoredStep[] = [];
  const contradicted: StoredStep[] = [];
  const unverified: StoredStep[] = [];
  for (const step of plan) {
    const { version, direction } = step;
    const row = version === null ? undefined : rows.get(version);
    const event = find(step, ACTION[direction]);
    const verified = find(step, "verify");
    // Another run may have verified what this one found unverified.
    if (direction === "verify" && event === undefined && row?.state === "applied") {
      reports.push({ ...notBegun(step), status: "skipped" });
      continue;
    }
    if (event === undefined) {
      left.push(step);
      continue;
    }
    reports.push(reportOf(step, event, verified));
    const there = direction === "repeat" ? repeated.has(step.name) : row !== undefined;
    if (there === (direction === "down")) contradicted.push(step);
    if (direction === "up" && row?.state === "applied_unverified") left.push(verification(step, history));
    if (direction === "down" && step.verifies.length > 0 && verified === undefined) unverified.push(step);
  }
  return { reports, left, contradicted, unverified };
}

const verification = (step: StoredStep, history: History): StoredStep => ({
  ...step,
  direction: "verify",
  verifies: [],
  expect_last: String(byApplication(history).at(-1)?.version ?? 0),
});

function reportOf(step: StoredStep, event: CommittedStep, verified: CommittedStep | undefined): StepReport {
  const checks = [event, verified].flatMap((one) => toStoredChecks(one?.checks));
  return {
    ...notBegun(step),
    status: "done",
    duration_ms: event.duration_ms,
    lock_wait_ms: event.lock_wait_ms,
    lock_held_ms: event.lock_held_ms,
    statements: event.statements,
    tries: event.tries ?? 1,
    checks,
    blockers: toStoredBlockers(event.blockers),
  };
}
