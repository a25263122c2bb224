import type { Bundle } from "../bundle/bundle.ts";
import { type Fault, fault, MigrationFault } from "../errors.ts";
import { byApplication, type History, otherBundle } from "../history.ts";
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
import { runSteps } from "../step/steps.ts";
import { beginFrame, type Frame, headOf, type Learnt, learnHistory, nothingLearnt } from "./frame.ts";
import { lockAndLook } from "./lock.ts";
import { stepLockKey } from "./lock_keys.ts";
import { prepare, scriptOptions } from "./prepare.ts";
import { type Claim, claimRun, closeRunRecord, recordFinished } from "./record.ts";
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
  ];
  if (options.expected_plan !== null && options.expected_plan !== planDigest(planned)) {
    learnt.faults = [fault("plan-changed", "The plan is not the one that was agreed to."), ...learnt.faults];
  }
  if (learnt.faults.length > 0 || planned.steps.length === 0) {
    await recordFinished(claim, learnt);
    return;
  }

  learnt.steps = prepared.steps.map((step) => notRun(step.planned, step));
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
  const outcome = await withSender(target.session, world, deadline, (sender) =>
    runSteps(prepared.steps, {
      sender,
      world,
      settings,
      retry_for_ms: options.retry_for_ms,
      tables: target.tables,
      run_id: frame.run_id,
      bundle,
    }),
  );
  learnt.steps = outcome.steps;
  learnt.warnings = [...learnt.warnings, ...outcome.warnings];
  learnt.current_version = currentAfter(history.rows, outcome.steps);
  // Whatever the look comes to, the run's record is closed behind it.
  const error = outcome.error ?? (await historyFault(run, history, planned));
  learnt.faults = error === null ? [] : [error];
  await closeRunRecord(claim, learnt, outcome);
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
  { target, world }: Change,
  before: History,
  planned: Plan,
): Promise<Fault | null> {
  const rows = planned.steps.reduce((sum, { direction }) => sum + ROWS_ADDED[direction], before.rows.length);
  const last = lastAfter(before, planned);
  const [answer] = await sendLast(target.session, world, [endOfHistoryQuery(target.tables)]);
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

/** The highest version after what was done. */
function currentAfter(
  before: readonly { readonly version: bigint }[],
  steps: Learnt["steps"],
): string | null {
  const applied = new Set(before.map((row) => row.version));
  for (const step of steps.filter(({ status }) => status === "done")) {
    if (step.direction === "up") applied.add(BigInt(step.version));
    if (step.direction === "down") applied.delete(BigInt(step.version));
  }
  const highest = [...applied].reduce((most, version) => (version > most ? version : most), 0n);
  return applied.size === 0 ? null : String(highest);
}
