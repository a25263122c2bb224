import type { Fault } from "../errors.ts";
import type { PlannedStep } from "../plan.ts";
import type { PlannedStepSummary } from "../plan_digest.ts";
import { milliseconds, type StepReport } from "../report.ts";
import type { Check } from "./checks.ts";
import { held } from "./measure.ts";
import type { PreparedStep } from "./messages.ts";
import type { Tried } from "./tries.ts";

/** A planned step before anything was done of it. */
export function notRun(planned: PlannedStep, prepared: PreparedStep | null): StepReport {
  const { version, label, name } = planned.migration;
  const { direction } = planned;
  return {
    ...notBegun({ version: version === null ? null : String(version), label, name, direction }),
    statements: prepared?.script.statements.length ?? null,
  };
}

/** The same, of a step of which only the name is known. */
export function notBegun({ version, label, name, direction }: PlannedStepSummary): StepReport {
  return {
    version,
    label,
    name,
    direction,
    status: "not_run",
    duration_ms: null,
    lock_wait_ms: null,
    lock_held_ms: null,
    statements: null,
    tries: 0,
    checks: [],
    results: [],
    blockers: [],
    error: null,
  };
}

export function doneReport(
  step: PreparedStep,
  tried: Extract<Tried, { kind: "ready" }>,
  commit_ms: number,
): StepReport {
  return {
    ...notRun(step.planned, step),
    status: "done",
    duration_ms: milliseconds(tried.measure.duration_ms),
    lock_wait_ms: milliseconds(tried.measure.lock_wait_ms),
    lock_held_ms: held(tried.measure, commit_ms),
    tries: tried.measure.tries,
    checks: tried.verdict.checks,
    results: tried.verdict.shown,
    blockers: tried.blockers,
  };
}

/** `ended_ms`: until when locks may have been held, where the try was not rolled back. */
export function failedReport(step: PreparedStep, tried: Tried, error: Fault, ended_ms: number): StepReport {
  const checks: readonly Check[] = tried.kind === "lost" ? [] : tried.verdict.checks;
  return {
    ...notRun(step.planned, step),
    status: "failed",
    duration_ms: milliseconds(tried.measure.duration_ms),
    lock_wait_ms: milliseconds(tried.measure.lock_wait_ms),
    lock_held_ms: held(tried.measure, ended_ms),
    tries: tried.measure.tries,
    checks,
    results: tried.kind === "lost" ? [] : tried.verdict.shown,
    blockers: tried.blockers,
    error,
  };
}
