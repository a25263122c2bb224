import type { Bundle } from "../bundle/bundle.ts";
import { type Fault, fault, MigrationFault } from "../errors.ts";
import type { History } from "../history.ts";
import { type Recalled, recallQuery, toRecalled } from "../registry/recall.ts";
import type { Shape } from "../registry/shape.ts";
import type { RunOptions } from "../request.ts";
import type { BundleSource, World } from "../seam.ts";
import { deadlineOf, type Frame, type Learnt, learnBundle } from "./frame.ts";
import { lockAndLook } from "./lock.ts";
import { type Met, metOf } from "./met.ts";
import { resultsOf, type Target } from "./target.ts";

/** A run that comes with an id, and what it asks for. */
export interface Entering {
  readonly frame: Frame;
  readonly options: RunOptions;
  readonly world: World;
  readonly target: Target;
  readonly source: BundleSource;
  readonly request_hash: string;
}

/** What a run enters upon: its own end, as it was told before, or the lock. */
export type Entered =
  | { readonly kind: "ended"; readonly recalled: Recalled }
  | {
      readonly kind: "locked";
      readonly shape: Shape;
      readonly history: History;
      readonly bundle: Bundle;
      /** What an earlier attempt left; null for a new run. */
      readonly unfinished: Recalled | null;
    };

const FIRST_POLL_MS = 50;
const LONGEST_POLL_MS = 1_000;

/**
 * Comes to the run lock, or to what is recorded under the run's id: that is looked up before the bundle is read, while
 * the lock is waited for, and once more under the lock. Of an id that the run made itself nothing is asked. Throws
 * `run-in-progress` where an attempt of the same id is at work for longer than `run_wait_ms`.
 */
export async function enter(entering: Entering, learnt: Learnt): Promise<Entered> {
  const { frame, options, world, target, source } = entering;
  const deadline_ms = deadlineOf(frame, options);
  const running_until_ms = Math.min(world.clock.monotonic_ms() + options.run_wait_ms, deadline_ms);
  let shape = target.shape;
  let pause_ms = FIRST_POLL_MS;
  for (;;) {
    const met = await meet(entering, shape);
    if (met.kind === "ended") return met;
    if (met.kind === "running") {
      await awaitAttempt(met.recalled, entering, { until_ms: running_until_ms, pause_ms });
      pause_ms = Math.min(LONGEST_POLL_MS, pause_ms * 2);
      continue;
    }
    if (world.clock.monotonic_ms() >= deadline_ms) throw new MigrationFault(tooLate());
    await learnBundle(learnt, source, met.kind === "unfinished" ? met.recalled.bundle_source : null);
    const metMeanwhile = async (now: Shape): Promise<boolean> => {
      shape = now;
      const { kind } = await meet(entering, now);
      return kind === "ended" || kind === "running";
    };
    const locked = await lockAndLook(target, options, world, {
      deadline_ms,
      run_id: frame.run_id,
      leave: frame.given ? metMeanwhile : null,
    });
    if (locked === null) continue;
    const under = await meet(entering, locked.shape);
    if (under.kind === "ended") return under;
    const unfinished = under.kind === "new" ? null : under.recalled;
    // Who came between may have resolved `latest` otherwise.
    const bundle =
      unfinished !== null && learnt.bundle?.source !== unfinished.bundle_source
        ? await learnBundle(learnt, source, unfinished.bundle_source)
        : learnt.bundle;
    if (bundle === null) throw new Error("the bundle was not read");
    return { kind: "locked", ...locked, bundle, unfinished };
  }
}

const tooLate = (): Fault =>
  fault("deadline", "The run's time was over before its bundle was read; nothing was begun.");

/** What is recorded under the run's id. */
export async function meet(
  { frame, target, request_hash }: Pick<Entering, "frame" | "target" | "request_hash">,
  shape: Shape,
): Promise<Met> {
  if (!frame.given || shape.kind !== "ours") return { kind: "new" };
  const { session, tables, run_lock_key } = target;
  const [answer] = await session.send([recallQuery(tables, shape, run_lock_key, frame.run_id)]);
  return metOf(toRecalled(resultsOf(answer, "Looking up the run")[0]), request_hash);
}

/** Lets an attempt that is at work go on for a moment; throws when the time for that is over. */
async function awaitAttempt(
  { run_id, attempt, started_at, holder_pid }: Recalled,
  { frame, world }: Entering,
  { until_ms, pause_ms }: { readonly until_ms: number; readonly pause_ms: number },
): Promise<void> {
  const who = `Run ${run_id} is at work: attempt ${attempt}, since ${started_at}, its backend ${holder_pid} lives`;
  if (world.interrupt.aborted) {
    throw new MigrationFault(fault("interrupted", "Interrupted while waiting for the same run's attempt."));
  }
  const now_ms = world.clock.monotonic_ms();
  if (now_ms >= until_ms) throw new MigrationFault(fault("run-in-progress", `${who}.`));
  world.emit({
    type: "waiting-for-lock",
    holder: `attempt ${attempt} of this very run`,
    waited_ms: now_ms - frame.began_ms,
  });
  await world.sleep(Math.min(pause_ms * (0.5 + world.random() / 2), until_ms - now_ms), world.interrupt);
}
