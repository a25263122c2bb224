import type { Bundle } from "../bundle/bundle.ts";
import { type Fault, fault, MigrationFault } from "../errors.ts";
import { byApplication, type History, otherBundle } from "../history.ts";
import { underwayFaults } from "../outside/underway.ts";
import { type Plan, plan } from "../plan.ts";
import { planDigest } from "../plan_digest.ts";
import { lackingFaults, type Purpose } from "../registry/privileges.ts";
import { endOfHistoryQuery } from "../registry/read.ts";
import { REGISTRY_VERSION } from "../registry/schema.ts";
import type { Shape } from "../registry/shape.ts";
import type { ChangeReport } from "../report.ts";
import type { ChangeRequest, RunOptions } from "../request.ts";
import type { World } from "../seam.ts";
import type { PreparedStep } from "../step/messages.ts";
import { notRun } from "../step/report.ts";
import { sendLast, withSender } from "../step/sender.ts";
import { runSteps, type StepsOutcome } from "../step/steps.ts";
import { withLongAnswers } from "../watch/long_answers.ts";
import { withObserver } from "../watch/observer.ts";
import { knownDurations } from "./durations.ts";
import { beginFrame, type Frame, headOf, type Learnt, learnHistory, nothingLearnt } from "./frame.ts";
import { makeLine } from "./line.ts";
import { lockAndLook } from "./lock.ts";
import { stepLockKey } from "./lock_keys.ts";
import { prepare, scriptOptions } from "./prepare.ts";
import { type Claim, claimRun, closeRunRecord, recordFinished } from "./record.ts";
import { type Settled, settle } from "./settle.ts";
import { answerFault, type Target } from "./target.ts";
import { withTarget } from "./with_target.ts";

/**
 * One run that changes a database: connect, lock, look, plan, claim, steps, close. Returns the report however
 * it ends; it throws only for a fault of its own.
 */
export async function runChange(
  request: ChangeRequest,
  bundle: Bundle,
  options: RunOptions,
  world: World,
): Promise<ChangeReport> {
  const frame = beginFrame(world, options.run_id);
  const learnt = nothingLearnt();
  await withTarget({ frame, options, world, writes: true }, learnt, async (target) => {
    await change({ request, bundle, options, world, frame, target }, learnt);
  });
  return { command: request.command, ...headOf(frame, learnt, bundle, world) };
}

interface Change {
  readonly request: ChangeRequest;
  readonly bundle: Bundle;
  readonly options: RunOptions;
  readonly world: World;
  readonly frame: Frame;
  readonly target: Target;
}

async function change(run: Change, learnt: Learnt): Promise<void> {
  const { request, bundle, options, world, frame, target } = run;
  const { shape, history } = await lockAndLook(target, options, world);
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
  const baseline = await claimRun(claim);
  learnt.recorded = true;
  const deadline =
    options.timeout_ms === null ? Number.POSITIVE_INFINITY : frame.began_ms + options.timeout_ms;
  const settings = {
    history: target.tables.history,
    step_lock_key: stepLockKey(options.history_schema),
    run_lock_key: target.run_lock_key,
    baseline,
    role: options.role,
    lazy_commit: target.facts.lazy_commit,
    savepoint: `paws_${world.nonce()}`,
  };
  const { run_id } = frame;
  const outcome = await withObserver(
    { world, run_id, backend_pid: target.facts.backend_pid },
    async (observer) => {
      const ran = await withSender(target.session, world, deadline, (sender) =>
        withLongAnswers({ observer, world }, (long_answers) =>
          runSteps(prepared.steps, {
            sender,
            observer,
            long_answers,
            world,
            settings,
            retry_for_ms: options.retry_for_ms,
            max_lock_hold_ms: options.max_lock_hold_ms,
            tables: target.tables,
            run_id,
            bundle,
            statements: history.statements,
            known,
          }),
        ),
      );
      return { ...ran, warnings: [...ran.warnings, ...observer.warnings()] };
    },
  );
  const { target: left, outcome: settled } = await afterLoss(run, outcome, deadline);
  learnt.steps = settled.steps;
  learnt.warnings = [...learnt.warnings, ...settled.warnings];
  learnt.current_version = currentAfter(history.rows, settled);
  const until_ms = world.clock.monotonic_ms() + LAST_WORDS_MS;
  const line = makeLine(left, outcome.lost === null ? 0 : 1, { frame, options, world, until_ms });
  try {
    // Whatever the look comes to, the run's record is closed behind it.
    const looked = settled.error ?? (await line.persist((at) => historyFault(at, world, history, planned)));
    learnt.faults = looked === null || looked === "gone" ? [] : [looked];
    await closeRunRecord(claim, learnt, settled.failed_events, line);
  } finally {
    await line.close();
  }
}

/** How long a lost connection is looked for where all that is left is to look at the history and close the record. */
const LAST_WORDS_MS = 10_000;

/** Where the connection was lost: what can be learnt of the step in flight. */
async function afterLoss(run: Change, outcome: StepsOutcome, deadline_ms: number): Promise<Settled> {
  const { target, frame, options, world } = run;
  const { lost } = outcome;
  return lost === null
    ? { outcome, target }
    : settle(target, { ...outcome, lost }, { frame, options, world, deadline_ms });
}

/** What the run's role must be able to do with our tables. */
function purposesOf(
  shape: Shape,
  { steps }: { readonly steps: readonly PreparedStep[] },
): readonly Purpose[] {
  if (steps.length === 0) return ["recording"];
  const removes = steps.some(({ planned }) => planned.direction === "down");
  const outside = steps.some(
    ({ planned, script }) => planned.direction === "verify" || script.directives.no_transaction,
  );
  const older = shape.kind === "seed" || (shape.kind === "ours" && shape.format < REGISTRY_VERSION);
  return [
    "making",
    "recording",
    "applying",
    ...(older ? (["upgrading"] as const) : []),
    ...(removes ? (["removing"] as const) : []),
    ...(outside ? (["outside"] as const) : []),
  ];
}

const ROWS_ADDED = { up: 1, down: -1, verify: 0 } as const;

/**
 * Whether the history is what the run has written. A deferred trigger may put itself off as often as it likes and
 * act within the COMMIT, where no guard of the step can look; a success must not be told on top of that.
 */
async function historyFault(
  { session, tables }: Target,
  world: World,
  before: History,
  planned: Plan,
): Promise<Fault | null> {
  const rows = planned.steps.reduce((sum, { direction }) => sum + ROWS_ADDED[direction], before.rows.length);
  const last = lastAfter(before, planned);
  const [answer] = await sendLast(session, world, [endOfHistoryQuery(tables)]);
  if (answer?.kind !== "done") return answerFault(answer, "Looking at the history");
  const [count, version] = answer.results[0]?.rows[0] ?? [];
  if (count === String(rows) && (version ?? null) === (last === null ? null : String(last))) return null;
  const message = `The history has ${count} rows, the last being ${version ?? "none"}; this run left ${rows}, the last being ${last ?? "none"}.`;
  return fault("history-moved", message, {
    remedy:
      "Something changed it within or beside a commit of this run: see the triggers that the migrations made, then `paws-migrate status`.",
  });
}

/** The version that is the last applied when every step is done. */
function lastAfter(before: History, planned: Plan): bigint | null {
  const removed = new Set(
    planned.steps.filter(({ direction }) => direction === "down").map(({ migration }) => migration.version),
  );
  const added = planned.steps.findLast(({ direction }) => direction === "up")?.migration.version;
  return added ?? byApplication(before).findLast(({ version }) => !removed.has(version))?.version ?? null;
}

/** The highest version after what was recorded. */
function currentAfter(
  before: readonly { readonly version: bigint }[],
  { steps, recorded }: StepsOutcome,
): string | null {
  const applied = new Set(before.map((row) => row.version));
  for (const [i, step] of steps.entries()) {
    if (!recorded.has(i)) continue;
    if (step.direction === "up") applied.add(BigInt(step.version));
    if (step.direction === "down") applied.delete(BigInt(step.version));
  }
  const highest = [...applied].reduce((most, version) => (version > most ? version : most), 0n);
  return applied.size === 0 ? null : String(highest);
}
