import { type Fault, fault } from "../errors.ts";
import { stepKey } from "../registry/step_key.ts";
import type { StepReport } from "../report.ts";
import type { InDoubt, Lost, StepsOutcome } from "../step/outcome.ts";
import { stepName } from "../step_name.ts";
import { type Reopening, reopen } from "./reopen.ts";
import { lookUntil, type Resolution, resolveCommit } from "./resolve.ts";
import { survived } from "./survived.ts";
import type { Target } from "./target.ts";

/** What came of a run's steps, and a session to record it on; null where none could be had. */
export interface Settled {
  readonly outcome: StepsOutcome;
  readonly target: Target | null;
}

/** How long to look for the database again where nothing is in doubt: only for the record's sake. */
const RECORD_FOR_MS = 10_000;

/** After the connection was lost: learns what came of the step in flight, and finds a session to record it on. */
export async function settle(
  lost: Target,
  outcome: StepsOutcome & { readonly lost: Lost },
  how: Omit<Reopening, "until_ms"> & { readonly deadline_ms: number },
): Promise<Settled> {
  const { in_doubt } = outcome.lost;
  const now_ms = how.world.clock.monotonic_ms();
  const within = (longest_ms?: number): Reopening => ({
    ...how,
    until_ms: lookUntil(now_ms, how.deadline_ms, longest_ms),
  });
  if (in_doubt === null) {
    const reopened = await reopen(lost, within(RECORD_FOR_MS));
    return onTarget(outcome, reopened.kind === "open" ? reopened.target : null, how);
  }
  const { run_id, step, doubt } = in_doubt;
  const committing = { run_id, key: stepKey(step.planned.migration), action: doubt.action };
  const resolution = await resolveCommit(lost, committing, within());
  const error = errorOf(outcome, in_doubt, resolution);
  const report = reportOf(outcome, in_doubt, resolution, error);
  how.world.emit({
    type: "step-finished",
    label: report.label,
    name: report.name,
    direction: report.direction,
    status: report.status === "done" ? "done" : "failed",
    duration_ms: report.duration_ms ?? 0,
    checks: report.checks.length,
  });
  const resolved: StepsOutcome = {
    ...outcome,
    error,
    steps: outcome.steps.with(in_doubt.index, report),
    recorded:
      resolution.kind === "committed" ? new Set([...outcome.recorded, in_doubt.index]) : outcome.recorded,
    // Of what was committed the event was too, and of what may have been none is invented.
    failed_events:
      resolution.kind === "not-committed" ? outcome.failed_events.map((event) => ({ ...event, error })) : [],
  };
  return onTarget(resolved, resolution.kind === "unknown" ? null : resolution.target, how);
}

/** What was done, as far as the database that was found again has it. */
async function onTarget(
  outcome: StepsOutcome,
  target: Target | null,
  { frame, world }: Pick<Reopening, "frame" | "world">,
): Promise<Settled> {
  const kept = target === null ? outcome : await survived(outcome, target, frame.run_id, world);
  return { outcome: kept, target };
}

function reportOf(
  outcome: StepsOutcome,
  { index, doubt: { done } }: InDoubt,
  resolution: Resolution,
  error: Fault | null,
): StepReport {
  if (resolution.kind === "committed") return done;
  return { ...done, ...outcome.steps[index], status: "failed", error };
}

function errorOf({ steps }: StepsOutcome, { index, doubt }: InDoubt, resolution: Resolution): Fault | null {
  const named = (step: StepReport | undefined): string => (step === undefined ? "a step" : stepName(step));
  const during = `The connection was lost while ${named(steps[index])} was committed`;
  switch (resolution.kind) {
    case "committed": {
      if (doubt.done.error !== null) return doubt.done.error;
      const next = steps[index + 1];
      if (next === undefined) return null;
      const message = `${during}: it was, as the history says. ${named(next)} and what follows were not begun.`;
      return fault("connection-lost", message, {
        remedy: "Run again: the next run goes on with what is left.",
      });
    }
    case "not-committed":
      return (
        doubt.undone ??
        fault("connection-lost", `${during}: it was not, as the history says. Nothing of it was kept.`)
      );
    case "unknown":
      return fault(
        "unknown-commit",
        `${during}, and what became of it could not be learnt: ${resolution.reason}.`,
      );
  }
}
