import type { Bundle } from "./bundle.ts";
import { type Fault, fault } from "./errors.ts";
import type { QualifiedTables } from "./registry/tables.ts";
import { type EventRow, recordApplied, recordRolledBack } from "./registry/write.ts";
import type { StepReport } from "./report.ts";
import { milliseconds, notRun } from "./report_head.ts";
import { serverFields } from "./script_fault.ts";
import type { Answer, Message } from "./seam.ts";
import type { Stop } from "./sender.ts";
import { type PreparedStep, stepSegments } from "./step_messages.ts";
import { type StepMeasure, sendRest, stopFault, type Tried, type TryContext, tryStep } from "./step_run.ts";
import { flushes, pack, type StepMessage } from "./step_wire.ts";
import type { Check } from "./verify.ts";

export interface StepsContext extends TryContext {
  readonly tables: QualifiedTables;
  readonly run_id: string;
  readonly bundle: Bundle;
}

/** What came of a run's steps. `error` ends the run; null when every step was done. */
export interface StepsOutcome {
  readonly steps: readonly StepReport[];
  readonly error: Fault | null;
  /** Events of a step that failed: its own transaction is gone, so they are recorded with the run's end. */
  readonly failed_events: readonly EventRow[];
  /** The connection is gone: nothing more can be written on it. */
  readonly lost: boolean;
}

/** COMMIT, and in the same message what cleans the session for the next step. */
const commitMessage = (next: readonly StepMessage[] | null): Message => {
  const [clean] = next ?? [];
  return { text: clean === undefined ? "COMMIT" : `COMMIT; ${clean.message.text}` };
};

/**
 * Runs the steps in order, each in one transaction. A step's COMMIT goes out together with the next step's
 * beginning, so a step costs about one round trip; the next step's own comparison with the history stops it
 * where that COMMIT fails.
 */
export async function runSteps(steps: readonly PreparedStep[], context: StepsContext): Promise<StepsOutcome> {
  const { sender, world, settings } = context;
  const reports = steps.map((step) => notRun(step.planned, step));
  const end = (error: Fault | null, failed_events: readonly EventRow[] = [], lost = false): StepsOutcome => ({
    steps: reports,
    error,
    failed_events,
    lost,
  });
  const begin = (step: PreparedStep) => {
    world.emit({ type: "step-started", ...named(step) });
    return pack(stepSegments(step, settings));
  };

  let carried: { readonly messages: ReturnType<typeof begin>; readonly answers: readonly Answer[] } | null =
    null;
  let began_ms = world.clock.monotonic_ms();
  for (const [i, step] of steps.entries()) {
    const before = carried === null ? sender.stopped() : null;
    if (before !== null) return end(stopFault(before));
    const messages: ReturnType<typeof begin> = carried?.messages ?? begin(step);
    const tried: Tried = await tryStep(
      step,
      await sendRest(messages, carried?.answers ?? [], began_ms, sender),
      context,
    );
    if (tried.kind !== "ready") {
      const error =
        tried.kind === "failed"
          ? tried.fault
          : fault("connection-lost", `The connection was lost: ${tried.reason}.`);
      reports[i] = failedReport(step, tried, error);
      finished(step, "failed", tried.measure, 0);
      return end(error, [eventOf(step, tried, error, context)], tried.kind === "lost");
    }

    const next = sender.stopped() === null ? steps[i + 1] : undefined;
    const nextMessages: ReturnType<typeof begin> | null = next === undefined ? null : begin(next);
    const finish = [record(step, tried, context), commitMessage(nextMessages)];
    const opening = nextMessages === null ? [] : (flushes(nextMessages)[0] ?? []).slice(1);
    const answers: readonly Answer[] = await sender.send([...finish, ...opening]);
    const committed = commitOf(step, answers.slice(0, finish.length), sender.stopped());
    if (committed !== null) {
      reports[i] = failedReport(step, tried, committed);
      finished(step, "failed", tried.measure, tried.verdict.checks.length);
      const lost = answers.some((answer) => answer.kind === "lost");
      if (!lost) await sender.send([{ text: "ROLLBACK" }]);
      return end(committed, [eventOf(step, tried, committed, context)], lost);
    }
    const commit_ms = answers[finish.length - 1]?.at_ms ?? world.clock.monotonic_ms();
    reports[i] = doneReport(step, tried, commit_ms);
    finished(step, "done", tried.measure, tried.verdict.checks.length);
    // The COMMIT's message cleaned the session too: its answer is that of the next step's first message.
    carried =
      nextMessages === null ? null : { messages: nextMessages, answers: answers.slice(finish.length - 1) };
    began_ms = commit_ms;
  }
  return end(null);

  function finished(
    step: PreparedStep,
    status: "done" | "failed",
    measure: StepMeasure,
    checks: number,
  ): void {
    world.emit({ type: "step-finished", ...named(step), status, duration_ms: measure.duration_ms, checks });
  }
}

const named = ({ planned }: PreparedStep) => ({
  label: planned.migration.label,
  name: planned.migration.name,
  direction: planned.direction,
});

/** Committed only if the tag says so: COMMIT of a failed transaction answers ROLLBACK without an error. */
function commitOf(step: PreparedStep, answers: readonly Answer[], stopped: Stop | null): Fault | null {
  const { label, name } = step.planned.migration;
  const lost = answers.find((answer) => answer.kind === "lost");
  if (lost !== undefined) {
    const message = `The connection was lost while ${label}_${name} was committed (${lost.reason}); it may or may not be applied.`;
    return fault("unknown-commit", message);
  }
  const [recorded, commit] = answers;
  // query_canceled: the run's own CancelRequest may come as late as here.
  const first = answers.find((answer) => answer.kind === "error");
  if (first?.error.sqlstate === "57014" && first.results.length === 0 && stopped !== null) {
    return stopFault(stopped);
  }
  if (recorded?.kind === "error") {
    const code = recorded.error.sqlstate === "23505" ? "history-moved" : "history-write-refused";
    return fault(code, recorded.error.message, serverFields(recorded.error));
  }
  // Behind the COMMIT the message cleans the session; an error there is the next step's.
  if (commit?.kind === "error" && commit.results.length === 0) {
    return fault("commit-refused", commit.error.message, serverFields(commit.error));
  }
  const tag = commit?.kind === "lost" ? undefined : commit?.results[0]?.tag;
  return tag === "COMMIT" ? null : fault("commit-refused", `COMMIT was answered by ${tag ?? "nothing"}.`);
}

function record(
  step: PreparedStep,
  tried: Extract<Tried, { kind: "ready" }>,
  context: StepsContext,
): Message {
  const { migration, direction } = step.planned;
  const { bundle, run_id, tables } = context;
  const event = eventOf(step, tried, null, context);
  if (direction === "down") return recordRolledBack(tables, migration.version, event);
  const row = {
    version: migration.version,
    label: migration.label,
    name: migration.name,
    checksum: migration.up.checksum,
    checksum_raw: migration.up.checksum_raw,
    rollback_checksum: migration.rollback?.checksum ?? null,
    bundle: bundle.options.name,
    bundle_version: bundle.options.version,
    run_id,
    duration_ms: milliseconds(tried.measure.duration_ms),
  };
  return recordApplied(tables, row, event);
}

function eventOf(step: PreparedStep, tried: Tried, error: Fault | null, context: StepsContext): EventRow {
  const { migration, direction } = step.planned;
  const { measure } = tried;
  const verdict = tried.kind === "lost" ? null : tried.verdict;
  return {
    run_id: context.run_id,
    version: String(migration.version),
    label: migration.label,
    name: migration.name,
    action: direction === "up" ? "apply" : "rollback",
    success: error === null,
    started_epoch: verdict?.started_epoch ?? null,
    duration_ms: milliseconds(measure.duration_ms),
    lock_wait_ms: milliseconds(measure.lock_wait_ms),
    lock_held_ms: held(measure, context.world.clock.monotonic_ms()),
    tries: measure.tries,
    statements: step.script.statements.length,
    rows: verdict?.rows ?? 0,
    sqlstate: error?.sqlstate ?? null,
    error,
    checks: verdict?.checks ?? [],
    timings: measure.timings,
  };
}

const held = (measure: StepMeasure, until_ms: number): number | null =>
  measure.strong_since_ms === null ? null : milliseconds(until_ms - measure.strong_since_ms);

function doneReport(
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
  };
}

function failedReport(step: PreparedStep, tried: Tried, error: Fault): StepReport {
  const checks: readonly Check[] = tried.kind === "lost" ? [] : tried.verdict.checks;
  return {
    ...notRun(step.planned, step),
    status: "failed",
    duration_ms: milliseconds(tried.measure.duration_ms),
    lock_wait_ms: milliseconds(tried.measure.lock_wait_ms),
    tries: tried.measure.tries,
    checks,
    results: tried.kind === "lost" ? [] : tried.verdict.shown,
    error,
  };
}
