import { fault, MigrationFault } from "../errors.ts";
import { otherBundle } from "../history.ts";
import { underwayFaults } from "../outside/underway.ts";
import { plan } from "../plan.ts";
import { planDigest } from "../plan_digest.ts";
import { lackingFaults } from "../registry/privileges.ts";
import type { ChangeReport } from "../report.ts";
import type { ChangeRequest, RunOptions } from "../request.ts";
import type { BundleSource, World } from "../seam.ts";
import { notRun } from "../step/report.ts";
import { withSender } from "../step/sender.ts";
import { knownDurations } from "./durations.ts";
import { currentAfter, historyFault } from "./end_look.ts";
import { beginFrame, deadlineOf, type Learnt, learnBundle, learnHistory, nothingLearnt } from "./frame.ts";
import { makeLine } from "./line.ts";
import { lockAndLook } from "./lock.ts";
import { type Change, runPlanned } from "./planned_steps.ts";
import { prepare, scriptOptions } from "./prepare.ts";
import { purposesOf } from "./purposes.ts";
import { type Claim, claimRun, closeRunRecord, recordFinished } from "./record.ts";
import { changeReport } from "./run_report.ts";
import type { Target } from "./target.ts";
import { withTarget } from "./with_target.ts";

/**
 * One run that changes a database: connect, lock, look, plan, claim, steps, close. Returns the report however
 * it ends; it throws only for a fault of its own.
 */
export async function runChange(
  request: ChangeRequest,
  source: BundleSource,
  options: RunOptions,
  world: World,
): Promise<ChangeReport> {
  const frame = beginFrame(world, options.run_id);
  const learnt = nothingLearnt();
  await withTarget({ frame, options, world, writes: true }, learnt, async (target) => {
    const bundle = await learnBundle(learnt, source);
    await change({ request, bundle, options, world, frame, target }, learnt);
  });
  return changeReport(request, frame, learnt, world);
}

async function change(run: Change, learnt: Learnt): Promise<void> {
  const { request, bundle, options, world, frame, target } = run;
  const { shape, history } = await lockAndLook(target, options, world, deadlineOf(frame, options));
  learnHistory(learnt, history);
  const other = otherBundle(history, bundle);
  if (other !== null) throw new MigrationFault(other);

  const planned = plan(bundle, history, request);
  const prepared = await prepare(bundle, planned, scriptOptions(bundle, options, target.facts));
  learnt.warnings = [...learnt.warnings, ...prepared.warnings];
  learnt.steps = planned.steps.map((step) => notRun(step, null));
  const claim: Claim = { request, bundle, options, world, frame, target, shape, planned };
  learnt.faults = [
    ...planned.refusals,
    ...prepared.faults,
    ...lackingFaults(target.lacking, purposesOf(shape, prepared)),
    ...underwayFaults(prepared.steps, history.statements),
  ];
  if (options.expected_plan !== null && options.expected_plan !== planDigest(planned)) {
    learnt.faults = [fault("plan-changed", "The plan is not the one that was agreed to."), ...learnt.faults];
  }
  if (learnt.faults.length > 0 || planned.steps.length === 0) {
    await recordFinished(claim, learnt);
    return;
  }

  learnt.steps = prepared.steps.map((step) => notRun(step.planned, step));
  const timed = options.timeout_ms === null ? [] : planned.steps;
  const known = await knownDurations(timed, target, shape);
  world.emit({ type: "planned", run_id: frame.run_id, steps: learnt.steps });
  const baseline = await withSender(target.session, world, deadlineOf(frame, options), (sender) =>
    claimRun(claim, sender),
  );
  learnt.recorded = true;
  learnt.attempt = 1;
  const { target: left, outcome } = await runPlanned(run, { prepared, history, known, baseline });
  learnt.steps = outcome.steps;
  learnt.warnings = [...learnt.warnings, ...outcome.warnings];
  learnt.current_version = currentAfter(history.rows, outcome);
  const until_ms = world.clock.monotonic_ms() + LAST_WORDS_MS;
  const line = makeLine(left, outcome.lost === null ? 0 : 1, { frame, options, world, until_ms });
  try {
    // Whatever the look comes to, the run's record is closed behind it.
    const ended = { world, run_id: frame.run_id, before: history, planned };
    const look = (at: Target) => historyFault(at, { ...ended, unlocked: line.times_lost() > 0 });
    const looked = outcome.error ?? (await line.persist(look));
    learnt.faults = looked === null || looked === "gone" ? [] : [looked];
    await closeRunRecord(claim, learnt, outcome.failed_events, line);
  } finally {
    await line.close();
  }
}

/** How long a lost connection is looked for where all that is left is to look at the history and close the record. */
const LAST_WORDS_MS = 10_000;
