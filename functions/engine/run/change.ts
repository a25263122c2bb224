import { MigrationFault } from "../errors.ts";
import { otherBundle } from "../history.ts";
import { plan } from "../plan.ts";
import type { ChangeReport } from "../report.ts";
import { type ChangeRequest, type RunOptions, requestHash } from "../request.ts";
import type { BundleSource, World } from "../seam.ts";
import { runAttempt } from "./attempt.ts";
import { type Entered, enter } from "./enter.ts";
import { beginFrame, type Frame, headOf, type Learnt, learnHistory, nothingLearnt } from "./frame.ts";
import { scriptOptions } from "./prepare.ts";
import { settleUnfinished } from "./record.ts";
import { assertAgreed, replay } from "./replay.ts";
import { changeReport } from "./run_report.ts";
import { takeOver } from "./take_over.ts";
import type { Target } from "./target.ts";
import { withTarget } from "./with_target.ts";

/**
 * One run that changes a database: connect, look up its id, read the bundle, lock, look, plan, claim, steps, close.
 * What is recorded under the id goes before: a run that has ended is told again, and one that was left unfinished is
 * gone on with. Returns the report however it ends; it throws only for a fault of its own.
 */
export async function runChange(
  request: ChangeRequest,
  source: BundleSource,
  options: RunOptions,
  world: World,
): Promise<ChangeReport> {
  const frame = beginFrame(world, options.run_id);
  const learnt = nothingLearnt();
  const replayed = await withTarget({ frame, options, world, writes: true }, learnt, async (target) => {
    const coming = { request, reference: source.reference, options, world, frame, target };
    const request_hash = requestHash(coming);
    const entered = await enter({ ...coming, source, request_hash }, learnt);
    if (entered.kind === "ended") return replay(entered.recalled, headOf(frame, learnt, world), options);
    await change({ ...coming, ...entered }, learnt);
    return null;
  });
  return { ...changeReport(request, frame, learnt, world), ...replayed };
}

/** A run that holds the lock. */
interface Locked extends Omit<Extract<Entered, { kind: "locked" }>, "kind"> {
  readonly request: ChangeRequest;
  readonly reference: unknown;
  readonly options: RunOptions;
  readonly world: World;
  readonly frame: Frame;
  readonly target: Target;
}

async function change(locked: Locked, learnt: Learnt): Promise<void> {
  const { request, bundle, history, options, unfinished, target } = locked;
  learnHistory(learnt, history);
  if (unfinished !== null) return goOn({ ...locked, unfinished }, learnt);
  const other = otherBundle(history, bundle);
  if (other !== null) throw new MigrationFault(other);
  const planned = plan(bundle, history, request);
  const prepare = scriptOptions(bundle, options, target.facts, locked.shape);
  await runAttempt({ ...locked, planned, before: [] }, prepare, learnt);
}

/** What an earlier attempt left unfinished. */
async function goOn(
  locked: Locked & { readonly unfinished: NonNullable<Locked["unfinished"]> },
  learnt: Learnt,
): Promise<void> {
  const { bundle, options, unfinished, target } = locked;
  assertAgreed(unfinished, options.expected_plan);
  const prepare = scriptOptions(bundle, options, target.facts, locked.shape);
  const taken = await takeOver({ ...locked, recalled: unfinished });
  if (taken.kind === "go-on") {
    await runAttempt({ ...locked, ...taken }, prepare, learnt);
    return;
  }
  learnt.steps = taken.steps;
  learnt.warnings = [...learnt.warnings, ...taken.warnings];
  learnt.faults = taken.error === null ? [] : [taken.error];
  await settleUnfinished(locked, unfinished, learnt);
}
