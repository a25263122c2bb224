import type { Fault } from "../errors.ts";
import { endOfHistoryQuery } from "../registry/read.ts";
import { forgetStatements } from "../registry/statements.ts";
import { type EventRow, recordApplied, recordRolledBack } from "../registry/write.ts";
import { milliseconds, type StepReport } from "../report.ts";
import type { PreparedStep } from "../step/messages.ts";
import type { Doubt } from "../step/outcome.ts";
import { ACTION, historyRow, type StepsContext } from "../step/record.ts";
import { notRun } from "../step/report.ts";
import type { Stop } from "../step/sender.ts";
import { withSessionRemedy } from "../step/session_remedy.ts";
import { type CameTo, done, stopBehind } from "./came_to.ts";
import type { OutsideStep } from "./context.ts";
import { eventFrom } from "./event.ts";
import { writeOurs } from "./registry_step.ts";
import { Tally } from "./tally.ts";
import { runUnits } from "./units.ts";
import { unverified, type Verified, verify } from "./verify.ts";

/** What came of a step that does not run in one transaction. */
export interface OutsideOutcome {
  readonly report: StepReport;
  /** null when it was done. */
  readonly error: Fault | null;
  /** Of what failed: recorded with the run's end. */
  readonly failed_events: readonly EventRow[];
  readonly lost: boolean;
  /** Where the connection was lost at a COMMIT that settles what becomes of the step. */
  readonly doubt: Doubt | null;
  /** Its history row was written or removed, whatever followed. */
  readonly recorded: boolean;
}

/** Whether a step is handed to `runOutside`. */
export const runsOutside = (step: PreparedStep): step is OutsideStep =>
  step.planned.direction === "verify" ||
  (step.planned.direction !== "repeat" && step.script.directives.no_transaction);

/**
 * Runs a step statement by statement, from the first that no earlier run has done; then the history's row, then the
 * verification. Of a `verify` step only the verification is left to do.
 */
export async function runOutside(step: OutsideStep, context: StepsContext): Promise<OutsideOutcome> {
  const { world } = context;
  const began_ms = world.clock.monotonic_ms();
  const tally = new Tally();
  const { migration, direction, expect_last } = step.planned;
  if (direction === "verify") {
    const verifying = { ...step, verifications: [{ migration, script: step.script }] };
    const verified = await verify(verifying, expect_last, context);
    return outcome(verified.error, verified, false);
  }
  const ran = await runUnits(step, context, tally);
  if (ran.kind === "failed") return stopped(ran);
  const finished = await finish(step, tally, elapsed_ms(), context);
  if (finished.kind === "failed") {
    const doubt = finished.lost ? doubtOfRecord(finished.fault) : null;
    return { ...stopped(finished), doubt };
  }
  if (step.verifications.length === 0) return outcome(null, null, true);
  const verified = await verify(step, finished.value, context);
  return outcome(verified.error, verified, true);

  function elapsed_ms(): number {
    return world.clock.monotonic_ms() - began_ms;
  }

  function stopped({ fault: found, lost }: { fault: Fault; lost: boolean }): OutsideOutcome {
    const error = withSessionRemedy(found, step, context.bundle);
    const event = stepEvent(step, tally, elapsed_ms(), error, context);
    return { ...outcome(error, null, false), failed_events: [event], lost };
  }

  /** A step that is recorded is done, but for its verification. */
  function doubtOfRecord(undone: Fault): Doubt {
    const left = step.verifications.length === 0 ? null : unverified(step);
    return { action: ACTION[direction], done: outcome(left, null, true).report, undone };
  }

  function outcome(error: Fault | null, verified: Verified | null, recorded: boolean): OutsideOutcome {
    const tried = verified?.tried;
    const verdict = tried === undefined || tried.kind === "lost" ? null : tried.verdict;
    const report: StepReport = {
      ...notRun(step.planned, step),
      status: error === null ? "done" : "failed",
      duration_ms: milliseconds(elapsed_ms()),
      lock_wait_ms: milliseconds(tally.lock_wait_ms + (tried?.measure.lock_wait_ms ?? 0)),
      lock_held_ms: tally.lock_held_ms,
      tries: Math.max(tally.tries, tried?.measure.tries ?? 1),
      checks: verdict?.checks ?? [],
      results: verdict?.shown ?? [],
      blockers: [...tally.blockers.all(), ...(tried?.blockers ?? [])],
      error,
    };
    const failed_events = verified === null || error === null ? [] : [verified.event];
    const doubt: Doubt | null =
      verified?.committing === true
        ? { action: "verify", done: { ...report, status: "done", error: null }, undone: error }
        : null;
    return { report, error, failed_events, lost: verified?.lost ?? false, doubt, recorded };
  }
}

/**
 * Everything is done: the history says so, and what was begun is forgotten. Returns the version that is the last
 * applied from now on.
 */
async function finish(
  step: OutsideStep,
  tally: Tally,
  duration_ms: number,
  context: StepsContext,
): Promise<CameTo<bigint | null>> {
  const { tables } = context;
  const { migration, direction } = step.planned;
  const event = stepEvent(step, tally, duration_ms, null, context);
  const state = step.verifications.length > 0 ? "applied_unverified" : "applied";
  const change =
    direction === "down"
      ? recordRolledBack(tables, migration.version, event)
      : recordApplied(tables, { ...historyRow(migration, duration_ms, context), state }, event);
  const messages = [change, forgetStatements(tables, migration.version), endOfHistoryQuery(tables)];
  const cut = (stopped: Stop) => stopBehind(step.script, stopped);
  const written = await writeOurs(step, messages, "Recording the migration", cut, context);
  if (written.kind === "failed") return written;
  const last = written.value.results.at(-1)?.[0]?.rows[0]?.[1] ?? null;
  return done(last === null ? null : BigInt(last));
}

const stepEvent = (
  step: OutsideStep,
  tally: Tally,
  duration_ms: number,
  error: Fault | null,
  context: StepsContext,
): EventRow =>
  eventFrom(step, ACTION[step.planned.direction], error, context, {
    started_epoch: tally.started_epoch,
    duration_ms,
    lock_wait_ms: tally.lock_wait_ms,
    lock_held_ms: tally.lock_held_ms,
    tries: tally.tries,
    statements: step.script.statements.length,
    rows: tally.rows,
    checks: [],
    timings: tally.timings,
    blockers: tally.blockers.all(),
  });
