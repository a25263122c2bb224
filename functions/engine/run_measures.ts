import type { Report, StepReport, VerifyReport } from "./report.ts";

/** What a finished run measured, by the metric's key in the contract; milliseconds and counts, as the report has them. */
export interface Measures {
  readonly run_duration: readonly number[];
  readonly run_failed: readonly number[];
  readonly applied: readonly number[];
  readonly rolled_back: readonly number[];
  readonly checks_failed: readonly number[];
  readonly step_duration: readonly number[];
  readonly lock_wait: readonly number[];
  readonly lock_held: readonly number[];
  readonly tries: readonly number[];
  readonly pending: readonly number[];
  readonly stuck_runs: readonly number[];
}

/** `failed`: whether it counts as one that did not end well. */
export function measuresOf(report: Report, failed: boolean): Measures {
  const { steps } = report;
  const ran = steps.filter(({ status }) => status === "done" || status === "failed");
  const changed = report.command === "up" || report.command === "rollback";
  const each = (value: (step: StepReport) => number | null): readonly number[] =>
    ran.flatMap((step) => value(step) ?? []);
  const { pending = null, stuck_runs = null } = isVerification(report) ? report : {};
  return {
    run_duration: [report.duration_ms],
    run_failed: [failed ? 1 : 0],
    applied: changed ? [countApplied(steps)] : [],
    rolled_back: changed ? [countDone(steps, "down")] : [],
    checks_failed: [checksFailed(steps)],
    step_duration: each((step) => step.duration_ms),
    lock_wait: each((step) => step.lock_wait_ms),
    lock_held: each((step) => step.lock_held_ms),
    tries: each((step) => step.tries),
    pending: pending === null ? [] : [pending],
    stuck_runs: stuck_runs === null ? [] : [stuck_runs.length],
  };
}

const isVerification = (report: Report): report is VerifyReport => "stuck_runs" in report;

export const countDone = (steps: readonly StepReport[], direction: StepReport["direction"]): number =>
  steps.filter((step) => step.status === "done" && step.direction === direction).length;

/** Repeatable ones too. */
export const countApplied = (steps: readonly StepReport[]): number =>
  countDone(steps, "up") + countDone(steps, "repeat");

export const checksFailed = (steps: readonly StepReport[]): number =>
  steps.reduce((sum, { checks }) => sum + checks.filter(({ status }) => status === "fail").length, 0);
