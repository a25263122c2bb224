import type { Bundle } from "../bundle/bundle.ts";
import { fault, statusOf } from "../errors.ts";
import type { Plan } from "../plan.ts";
import { planSummary } from "../plan_digest.ts";
import { baselineQuery, installMessage, toBaseline } from "../registry/install.ts";
import { assertCommitted, transaction, transactionFault } from "../registry/record.ts";
import type { Shape } from "../registry/shape.ts";
import {
  closeRun,
  type EventRow,
  type RunEnd,
  type RunRow,
  recordEvents,
  recordRun,
} from "../registry/write.ts";
import { milliseconds } from "../report.ts";
import {
  type ChangeRequest,
  canonicalRequest,
  type MarkRequest,
  type RunOptions,
  requestHash,
  type VerifyRequest,
} from "../request.ts";
import type { Answer, Message, World } from "../seam.ts";
import type { Status } from "../status.ts";
import type { GuardBaseline } from "../step/guards.ts";
import { cleanSession } from "../step/messages.ts";
import { sendLast } from "../step/sender.ts";
import type { StepsOutcome } from "../step/steps.ts";
import type { Frame, Learnt } from "./frame.ts";
import { resultsOf, type Target } from "./target.ts";

/** What a run's row is made of. */
export interface RunFacts {
  readonly request: ChangeRequest | VerifyRequest | MarkRequest;
  readonly bundle: Bundle;
  readonly options: RunOptions;
  readonly frame: Frame;
}

export interface Claim extends RunFacts {
  readonly world: World;
  readonly target: Target;
  readonly shape: Shape;
  readonly planned: Plan;
}

export function runRow(facts: RunFacts, status: "running" | Status, plan: unknown): RunRow {
  const { request, bundle, options, frame } = facts;
  return {
    run_id: frame.run_id,
    command: request.command,
    status,
    requested_by: options.requested_by,
    reason: options.reason,
    request_hash: requestHash(request),
    request: canonicalRequest(request),
    plan,
    bundle: bundle.options.name,
    bundle_version: bundle.options.version,
    bundle_digest: bundle.digest,
    bundle_source: bundle.source,
    request_id: options.request_id,
  };
}

/** How a run ended, as its row says it. */
export function runEnd(
  frame: Frame,
  learnt: Learnt,
  world: World,
): { readonly status: Status; readonly end: RunEnd } {
  const [error = null] = learnt.faults;
  const duration_ms = milliseconds(world.clock.monotonic_ms() - frame.began_ms);
  return { status: error === null ? "ok" : statusOf(error), end: { duration_ms, error } };
}

/**
 * Makes or upgrades our tables where needed and writes the run's row, in one transaction: from here on the
 * run is known. Returns what the guards hold each step against.
 */
export async function claimRun(claim: Claim): Promise<GuardBaseline> {
  const { target, shape, planned, options } = claim;
  const install = installMessage(target.tables, shape, claim.bundle.options.name);
  const row = recordRun(target.tables, runRow(claim, "running", planSummary(planned)), null, true);
  const messages = transaction(install === null ? [row] : [install, row]);
  const answers = await target.session.send([...messages, baselineQuery(options.history_schema)]);
  assertCommitted(
    answers.slice(0, messages.length),
    install === null ? "Recording the run" : "Making or upgrading the history's tables",
  );
  return toBaseline(resultsOf(answers.at(-1), "Looking at the history's tables")[0], options.history_schema);
}

/**
 * Records a run that ended before its first step, where our tables are there to take it: a refused run makes
 * none and upgrades none. One with nothing to do upgrades what the seed's runner or an older release made.
 */
export async function recordFinished(claim: Claim, learnt: Learnt): Promise<void> {
  const { target, shape, frame, world, planned } = claim;
  const refused = learnt.faults.length > 0;
  const { status, end } = runEnd(frame, learnt, world);
  // Bad input does not use a run id up.
  if (status === "bad_input" || shape.kind === "none" || (refused && shape.kind !== "ours")) return;
  const install = refused ? null : installMessage(target.tables, shape, claim.bundle.options.name);
  const row = recordRun(target.tables, runRow(claim, status, planSummary(planned)), end, true);
  const answers = await sendLast(
    target.session,
    world,
    transaction(install === null ? [row] : [install, row]),
  );
  const failed = transactionFault(answers, "Recording the run");
  if (failed === null) learnt.recorded = true;
  else if (!refused) learnt.faults = [failed];
  else learnt.warnings = [...learnt.warnings, fault("not-recorded", failed.message)];
}

/** Closes the run's row, and records what its failed step did: that step's own transaction is gone. */
export async function closeRunRecord(claim: Claim, learnt: Learnt, outcome: StepsOutcome): Promise<void> {
  const { target, frame, world, options } = claim;
  if (outcome.lost) {
    const message = "The connection is gone: the run's row stays open until the next run closes it.";
    learnt.warnings = [...learnt.warnings, fault("not-recorded", message, { remedy: "Run again." })];
    return;
  }
  const { status, end } = runEnd(frame, learnt, world);
  const events: readonly EventRow[] = outcome.failed_events;
  const own: readonly Message[] = recordEvents(target.tables, events);
  const messages = [
    cleanSession(options.role),
    ...transaction([...own, closeRun(target.tables, frame.run_id, status, end)]),
  ];
  const close = async (before: readonly Message[]): Promise<readonly Answer[]> =>
    (await sendLast(target.session, world, [...before, ...messages])).slice(before.length + 1);
  let answers = await close([]);
  // A CancelRequest that was meant for the step may arrive as late as here; it cancels one statement. Where that
  // is the session's cleaning, the record was written.
  if (answers.some((answer) => answer.kind === "error" && answer.error.sqlstate === "57014")) {
    answers = await close([{ text: "ROLLBACK" }]);
  }
  const failed = transactionFault(answers, "Closing the run's record");
  if (failed !== null) {
    learnt.warnings = [...learnt.warnings, fault("not-recorded", failed.message, { remedy: failed.remedy })];
  }
}
