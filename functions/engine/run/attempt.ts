import { fault } from "../errors.ts";
import type { History } from "../history.ts";
import { underwayFaults } from "../outside/underway.ts";
import { planDigest } from "../plan_digest.ts";
import { keptWarnings } from "../registry/helper_functions.ts";
import { lackingFaults } from "../registry/privileges.ts";
import { isOlder } from "../registry/schema.ts";
import type { StepReport } from "../report.ts";
import type { CountedTables } from "../request.ts";
import { notRun } from "../step/report.ts";
import { withSender } from "../step/sender.ts";
import { knownDurations } from "./durations.ts";
import { currentAfter, historyFault } from "./end_look.ts";
import { deadlineOf, type Learnt } from "./frame.ts";
import { makeLine } from "./line.ts";
import { runPlanned } from "./planned_steps.ts";
import { type Prepared, type PrepareOptions, prepare } from "./prepare.ts";
import { noProgress, stalledAt } from "./progress.ts";
import { purposesOf } from "./purposes.ts";
import { type Claim, claimRun, closeRunRecord, recordFinished } from "./record.ts";
import { type CountedRows, comparedCounts, countRows, NOT_COUNTED, unknownTables } from "./row_counts.ts";
import type { Target } from "./target.ts";

/** A run under the lock, with what is to be done of it. */
export interface Attempting extends Claim {
  readonly history: History;
  /** Steps that earlier attempts have done: of the report, and not of this attempt's plan. */
  readonly before: readonly StepReport[];
}

/** How long a lost connection is looked for where all that is left is to look at the history and close the record. */
const LAST_WORDS_MS = 10_000;

/** One attempt: reads the scripts, claims the run, runs the steps and closes its record; or records why it may not. */
export async function runAttempt(
  attempt: Attempting,
  scripts: PrepareOptions,
  learnt: Learnt,
): Promise<void> {
  const { bundle, planned, history, options, before, unfinished, target, shape } = attempt;
  const prepared = await prepare(bundle, planned, scripts);
  learnt.warnings = [
    ...learnt.warnings,
    ...prepared.warnings,
    ...(isOlder(shape) ? keptWarnings(shape, options.history_schema) : []),
  ];
  learnt.steps = [...before, ...planned.steps.map((step) => notRun(step, null))];
  learnt.faults = [
    ...planned.refusals,
    ...prepared.faults,
    ...lackingFaults(target.lacking, purposesOf(shape, prepared)),
    ...underwayFaults(prepared.steps, history.statements),
  ];
  const { expected_plan } = options;
  // Of a run that is gone on with, the recorded plan was held against it.
  if (unfinished === null && expected_plan !== null && expected_plan !== planDigest(planned)) {
    learnt.faults = [fault("plan-changed", "The plan is not the one that was agreed to."), ...learnt.faults];
  }
  if (learnt.faults.length > 0 || planned.steps.length === 0) await recordFinished(attempt, learnt);
  else await runClaimed(attempt, prepared, learnt);
}

/** Counts the rows again, where there is a connection left to count them by. */
async function learnCounts(
  learnt: Learnt,
  wanted: CountedTables,
  { counted, left }: { readonly counted: CountedRows; readonly left: Target | null },
  { frame, options, world }: Attempting,
): Promise<void> {
  const known = counted.tables.map(({ relation }) => relation);
  const again =
    left === null
      ? NOT_COUNTED
      : await withSender(left.session, world, deadlineOf(frame, options), (sender) =>
          countRows(wanted, known, sender),
        );
  learnt.row_counts = comparedCounts(counted, again);
  const unknown = unknownTables(wanted, [counted, again]);
  learnt.warnings = [...learnt.warnings, ...counted.warnings, ...again.warnings, ...unknown];
}

async function runClaimed(attempt: Attempting, prepared: Prepared, learnt: Learnt): Promise<void> {
  const { planned, history, options, world, frame, before, unfinished, target, shape } = attempt;
  learnt.steps = [...before, ...prepared.steps.map((step) => notRun(step.planned, step))];
  const timed = options.timeout_ms === null ? [] : planned.steps;
  const known = await knownDurations(timed, target, shape);
  world.emit({ type: "planned", run_id: frame.run_id, steps: learnt.steps.slice(before.length) });
  const { counted: wanted } = options;
  const deadline_ms = deadlineOf(frame, options);
  const { baseline, counted } = await withSender(target.session, world, deadline_ms, async (sender) => ({
    counted: wanted === null ? NOT_COUNTED : await countRows(wanted, [], sender),
    baseline: await claimRun(attempt, sender),
  }));
  learnt.recorded = true;
  learnt.attempt = (unfinished?.attempt ?? 0) + 1;
  const { target: left, outcome } = await runPlanned(attempt, { prepared, history, known, baseline });
  learnt.steps = [...before, ...outcome.steps];
  learnt.warnings = [...learnt.warnings, ...outcome.warnings];
  learnt.current_version = currentAfter(history.rows, outcome);
  const until_ms = world.clock.monotonic_ms() + LAST_WORDS_MS;
  if (wanted !== null) await learnCounts(learnt, wanted, { counted, left }, attempt);
  const line = makeLine(left, outcome.lost === null ? 0 : 1, { frame, options, world, until_ms });
  try {
    const stalled = await stalledAt(left, outcome, attempt);
    // Whatever the look comes to, the run's record is closed behind it.
    const ended = { world, run_id: frame.run_id, before: history, planned, done_before: before };
    const look = (at: Target) => historyFault(at, { ...ended, unlocked: line.times_lost() > 0 });
    const looked = outcome.error ?? (await line.persist(look));
    const again = stalled && unfinished?.stalled === true && looked !== null && looked !== "gone";
    const error = again ? noProgress(looked, attempt) : looked;
    learnt.faults = error === null || error === "gone" ? [] : [error];
    await closeRunRecord(attempt, learnt, { failed_events: outcome.failed_events, stalled }, line);
  } finally {
    await line.close();
  }
}
