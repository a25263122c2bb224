import type { Bundle } from "../bundle/bundle.ts";
import { type Fault, fault, MigrationFault } from "../errors.ts";
import { recordedPlaceholders } from "../placeholders/values.ts";
import type { Plan } from "../plan.ts";
import { planDigest } from "../plan_digest.ts";
import { recordBundle } from "../registry/bundles.ts";
import { baselineQuery, installMessage, toBaseline } from "../registry/install.ts";
import type { Recalled } from "../registry/recall.ts";
import { assertCommitted, notRecorded, transaction, transactionFault } from "../registry/record.ts";
import { beginAttempt, closeRun, type RunEnd, type RunRow, recordRun } from "../registry/runs.ts";
import { UP_TO_DATE } from "../registry/schema.ts";
import type { Shape } from "../registry/shape.ts";
import { type EventRow, recordEvents, restoreNumbers } from "../registry/write.ts";
import type { ReportHead } from "../report.ts";
import {
  type Asked,
  type ChangeRequest,
  canonicalRequest,
  type RunOptions,
  requestHash,
} from "../request.ts";
import type { Answer, Message, World } from "../seam.ts";
import type { Status } from "../status.ts";
import type { GuardBaseline } from "../step/guards.ts";
import { cleanSession } from "../step/messages.ts";
import { type Sender, type Stop, sendLast } from "../step/sender.ts";
import { storedPlan } from "../stored_plan.ts";
import type { Frame, Learnt } from "./frame.ts";
import type { Line } from "./line.ts";
import { asRecorded, changeReport } from "./run_report.ts";
import { resultsOf, type Target } from "./target.ts";

/** What a run's row is made of. */
export interface RunFacts extends Asked {
  readonly bundle: Bundle;
  readonly options: RunOptions;
  readonly frame: Frame;
  readonly target: Target;
}

export interface Claim extends RunFacts {
  readonly request: ChangeRequest;
  readonly world: World;
  readonly shape: Shape;
  readonly planned: Plan;
  /** What an earlier attempt left; null for a new run. */
  readonly unfinished: Recalled | null;
}

/** What a run's row says of its plan. */
export type RowPlan = Pick<RunRow, "plan" | "plan_digest">;

const rowPlan = (planned: Plan): RowPlan => ({ plan: storedPlan(planned), plan_digest: planDigest(planned) });

export function runRow(facts: RunFacts, status: "running" | Status, plan: RowPlan): RunRow {
  const { bundle, options, frame, target } = facts;
  return {
    run_id: frame.run_id,
    command: facts.request.command,
    status,
    requested_by: options.requested_by,
    reason: options.reason,
    request_hash: requestHash(facts),
    request: canonicalRequest(facts),
    ...plan,
    bundle: bundle.options.name,
    bundle_version: bundle.options.version,
    bundle_digest: bundle.digest,
    bundle_source: bundle.source,
    request_id: options.request_id,
    credential_version: target.session.credential_version,
    placeholders: recordedPlaceholders(bundle.options.placeholders, options.placeholders),
  };
}

/** How a run ended, as its row says it; `report` is what its caller is told. */
export const runEnd = (
  { status, error, duration_ms }: ReportHead,
  report: unknown,
): { readonly status: Status; readonly end: RunEnd } => ({ status, end: { duration_ms, error, report } });

/**
 * Makes or upgrades our tables where needed and writes the run's row, in one transaction: from here on the
 * run is known. The row of a run that is gone on with is there, and begins its next attempt. Returns what the guards
 * hold each step against. Throws where the run is to end meanwhile.
 */
export async function claimRun(claim: Claim, sender: Sender): Promise<GuardBaseline> {
  const { target, shape, planned, options, unfinished } = claim;
  const install = installMessage(target.tables, shape, claim.bundle.options.name);
  const begun = runRow(claim, "running", rowPlan(planned));
  const row =
    unfinished === null
      ? recordRun(target.tables, begun, null, { holds_lock: true, shape: UP_TO_DATE })
      : beginAttempt(target.tables, unfinished, begun);
  const seen = recordBundle(target.tables, claim.bundle, begun.run_id);
  const messages = transaction(install === null ? [row, seen] : [install, row, seen]);
  const answers = await sender.send([...messages, baselineQuery(options.history_schema)]);
  const stopped = sender.stopped();
  const claiming = answers.slice(0, messages.length);
  if (stopped !== null && claiming.some(isCancelled)) throw new MigrationFault(stoppedBefore(stopped));
  if (unfinished !== null) assertAsSeen(unfinished, answers);
  assertCommitted(
    claiming,
    install === null ? "Recording the run" : "Making or upgrading the history's tables",
  );
  // What is claimed is begun and closed, also where a CancelRequest came that moment later, and one more behind it.
  let look = answers.at(-1);
  for (
    let more = LATE_CANCELS;
    stopped !== null && look !== undefined && isCancelled(look) && more > 0;
    more -= 1
  ) {
    [look] = await sendLast(target.session, claim.world, [baselineQuery(options.history_schema)]);
  }
  return toBaseline(resultsOf(look, "Looking at the history's tables")[0], options.history_schema);
}

/** How many of the run's own CancelRequests may arrive late; more is the work of somebody else. */
const LATE_CANCELS = 3;

/** query_canceled: the run's own CancelRequest. */
const isCancelled = (answer: Answer): boolean => answer.kind === "error" && answer.error.sqlstate === "57014";

/** The attempt that was lost may have come back without the lock, and closed its row. */
function assertAsSeen({ run_id }: Recalled, answers: readonly Answer[]): void {
  if (!answers.some((one) => one.kind === "error" && isClosedAlready(one.error.sqlstate))) return;
  throw new MigrationFault(
    fault("run-in-progress", `The record of run ${run_id} changed at this very moment.`),
  );
}

const stoppedBefore = (stopped: Stop): Fault =>
  stopped === "deadline"
    ? fault("deadline", "The run's time was over before its first step; nothing was begun.")
    : fault("interrupted", "The run was interrupted before its first step; nothing was begun.");

/**
 * Records a run that ended before its first step, where our tables are there to take it: a refused run makes
 * none and upgrades none. One with nothing to do upgrades what the seed's runner or an older release made.
 */
export async function recordFinished(claim: Claim, learnt: Learnt): Promise<void> {
  const { request, target, shape, frame, world, planned } = claim;
  const refused = learnt.faults.length > 0;
  // What an earlier attempt began stays as it left it, for the next.
  if (claim.unfinished !== null) return;
  const recorded = asRecorded(learnt, 1, frame, world);
  const report = changeReport(request, frame, recorded, world);
  const { status, end } = runEnd(report, report);
  // Bad input does not use a run id up. Who had nothing to do must have nothing to do when the same id comes again.
  const kept = shape.kind === "ours" || (!refused && (shape.kind !== "none" || frame.given));
  if (status === "bad_input" || !kept) return;
  const install = refused ? null : installMessage(target.tables, shape, claim.bundle.options.name);
  const row = recordRun(target.tables, runRow(claim, status, rowPlan(planned)), end, {
    holds_lock: true,
    shape: refused ? shape : UP_TO_DATE,
  });
  const written = refused ? [row] : [row, recordBundle(target.tables, claim.bundle, frame.run_id)];
  const recording = transaction(install === null ? written : [install, ...written]);
  const answers = await sendLast(target.session, world, [...recording, releaseRunLock(target)]);
  const failed = transactionFault(answers.slice(0, recording.length), "Recording the run");
  if (failed === null) Object.assign(learnt, recorded);
  else if (!refused) learnt.faults = [failed];
  else learnt.warnings = [...learnt.warnings, notRecorded(failed)];
}

/** What an attempt leaves behind it. */
export interface Leaving {
  readonly failed_events: readonly EventRow[];
  /** It ran out of time and came no further. */
  readonly stalled: boolean;
}

/**
 * Closes the row of a run that an earlier attempt left unfinished, where nothing is left to do of it, or nothing may
 * be done.
 */
export async function settleUnfinished(
  claim: Omit<Claim, "planned">,
  unfinished: Recalled,
  learnt: Learnt,
): Promise<void> {
  const { request, target, shape, frame, world } = claim;
  const { run_id, attempt } = unfinished;
  const recovered = learnt.faults.length === 0;
  const recorded = { ...asRecorded(learnt, attempt, frame, world), recovered };
  const report = changeReport(request, frame, recorded, world);
  const { status, end } = runEnd(report, report);
  const install = installMessage(target.tables, shape, claim.bundle.options.name);
  const closing = closeRun(target.tables, { run_id, attempt, status, stalled: false, settles: true }, end);
  const recording = transaction(install === null ? [closing] : [install, closing]);
  const answers = await sendLast(target.session, world, [...recording, releaseRunLock(target)]);
  assertAsSeen(unfinished, answers);
  assertCommitted(answers.slice(0, recording.length), "Closing the run's record");
  Object.assign(learnt, recorded);
}

/** Closes the run's row, and records what its failed step did: that step's own transaction is gone. */
export async function closeRunRecord(
  claim: Claim,
  learnt: Learnt,
  { failed_events, stalled }: Leaving,
  line: Line,
): Promise<void> {
  const { request, frame, world, options } = claim;
  const attempt = learnt.attempt ?? 1;
  Object.assign(learnt, asRecorded(learnt, attempt, frame, world));
  const report = changeReport(request, frame, learnt, world);
  const { status, end } = runEnd(report, report);
  const closing = { run_id: frame.run_id, attempt, status, stalled, settles: false };
  const tampered = learnt.faults.some(({ code }) => code === "own-tables-touched");
  const closed = await line.persist(async ({ session, tables }) => {
    const recording = transaction([
      closeRun(tables, closing, end),
      ...(tampered ? restoreNumbers(tables) : []),
      ...recordEvents(tables, failed_events),
    ]);
    const unlocking = line.times_lost() === 0 ? [releaseRunLock(claim.target)] : [];
    const close = async (before: readonly Message[]): Promise<readonly Answer[]> => {
      const messages = [...before, cleanSession(options.role), ...recording, ...unlocking];
      const answers = await sendLast(session, world, messages);
      return answers.slice(before.length + 1, before.length + 1 + recording.length);
    };
    let answers = await close([]);
    // A CancelRequest that was meant for the step may arrive as late as here; it cancels one statement. Where that
    // is the session's cleaning, the record was written.
    if (answers.some(isCancelled)) {
      answers = await close([{ text: "ROLLBACK" }]);
    }
    return transactionFault(answers, "Closing the run's record");
  });
  const warn = (message: string, remedy: string): void => {
    learnt.warnings = [...learnt.warnings, fault("not-recorded", message, { remedy })];
  };
  if (closed === "gone") {
    warn("The connection is gone: the run's row stays open until the next run closes it.", "Run again.");
  } else if (closed !== null && !(line.times_lost() > 0 && isClosedAlready(closed.sqlstate))) {
    warn(closed.message, closed.remedy);
  }
}

/**
 * Nothing more is done under the run lock. Given up in words, it is free at once where the goodbye behind it is lost:
 * the backend would keep it until it noticed.
 */
const releaseRunLock = ({ run_lock_key }: Target): Message => ({
  text: `SELECT pg_catalog.pg_advisory_unlock('${run_lock_key}'::pg_catalog.int8)`,
});

/** division_by_zero: how `closeRun` says that the row is closed. */
const isClosedAlready = (sqlstate: string | null): boolean => sqlstate === "22012";
