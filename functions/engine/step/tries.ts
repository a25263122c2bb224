import { type Fault, fault } from "../errors.ts";
import type { Answer, Blocker, Message } from "../seam.ts";
import { givesWay } from "../watch/blockers.ts";
import { collectBlockers, seeBlockers } from "../watch/blocking.ts";
import { deadlockTimeout } from "../watch/deadlock_timeout.ts";
import type { Observer } from "../watch/observer.ts";
import { CANCELLED, finalFault, heldTooLong, stopFault } from "./final_fault.ts";
import { sessionLockQueries } from "./guards.ts";
import { AFTER_DEADLOCK_CHECK_MS, LOCK_TIMEOUT_DDL_MS } from "./limits.ts";
import { held, measureScript, type Opened, type StepMeasure } from "./measure.ts";
import { type PreparedStep, type StepSettings, stepSegments } from "./messages.ts";
import { beginTry, type OneTry, type OneTryContext } from "./one_try.ts";
import { isLockWait, tryAgain } from "./retry.ts";
import type { Sender } from "./sender.ts";
import { judge, type Verdict } from "./verdict.ts";
import { packed } from "./wire.ts";

/** What a step came to before it is finished: verified and ready to commit, failed, or lost. */
export type Tried =
  | {
      readonly kind: "ready";
      readonly verdict: Extract<Verdict, { kind: "good" }>;
      readonly measure: StepMeasure;
      readonly blockers: readonly Blocker[];
    }
  | {
      readonly kind: "failed";
      readonly fault: Fault;
      readonly verdict: Extract<Verdict, { kind: "bad" }>;
      readonly measure: StepMeasure;
      readonly blockers: readonly Blocker[];
    }
  | {
      readonly kind: "lost";
      readonly reason: string;
      readonly measure: StepMeasure;
      readonly blockers: readonly Blocker[];
    };

/**
 * Sends what is left of a try (`first`: the answers of its first flush, if that was sent already): nothing more
 * after the first answer that is not good.
 */
export async function sendRest(one: OneTry, first: readonly Answer[], began_ms: number): Promise<OpenedTry> {
  const answers = [...(first.length > 0 ? first : await one.send(one.packed.first))];
  const good = (): boolean => answers.every(({ kind }) => kind === "done");
  if (good()) {
    for (const batch of one.packed.rest) {
      answers.push(...(await one.send(batch)));
      if (!good()) break;
    }
  }
  return { one, messages: one.messages(), answers, began_ms };
}

/** A try whose answers are in. */
export interface OpenedTry extends Opened {
  readonly one: OneTry;
}

export interface TryContext extends OneTryContext {
  readonly settings: StepSettings;
  readonly retry_for_ms: number;
}

const ROLLBACK: Message = { text: "ROLLBACK" };

/** Judges a try that is on its way, and tries again where that is right, until the step is ready or failed. */
export async function tryStep(step: PreparedStep, first: OpenedTry, context: TryContext): Promise<Tried> {
  const { sender, world, observer } = context;
  const everSeen = collectBlockers();
  let longTryLeft = true;
  let opened = first;
  let lock_wait_ms = 0;
  for (let tries = 1; ; tries++) {
    const verdict = await verdictOf(step, opened, context);
    const over = await opened.one.hold.wasOver();
    const blockers = opened.one.seen.blockers.all();
    everSeen.add(blockers);
    const measure = { ...measureTry(opened, verdict), tries, lock_wait_ms };
    if (verdict.kind === "lost") {
      return { kind: "lost", reason: verdict.reason, measure, blockers: everSeen.all() };
    }
    if (verdict.kind === "good" && !over) {
      return { kind: "ready", verdict, measure, blockers: everSeen.all() };
    }
    const released_ms = await rollBack(sender);
    const fail = (found: Fault, waited_ms: number): Tried => ({
      kind: "failed",
      fault: found,
      verdict: verdict.kind === "bad" ? verdict : { ...verdict, kind: "bad", fault: found, sqlstate: null },
      measure: { ...measure, released_ms, lock_wait_ms: waited_ms },
      blockers: everSeen.all(),
    });
    const sqlstate = verdict.kind === "bad" ? (verdict.sqlstate ?? "") : CANCELLED;
    if (verdict.kind === "good" || (over && sqlstate === CANCELLED && sender.stopped() === null)) {
      const held_ms = held({ ...measure, released_ms }, released_ms) ?? 0;
      return fail(heldTooLong(step, held_ms, context.max_lock_hold_ms ?? 0), lock_wait_ms);
    }
    const again = tryAgain({
      sqlstate,
      tries,
      ran_ms: measure.duration_ms,
      since_first_ms: world.clock.monotonic_ms() - first.began_ms,
      remaining_ms: sender.stopped() === null ? sender.remaining_ms() : 0,
      retry_for_ms: context.retry_for_ms,
      random: world.random(),
    });
    const waits = isLockWait(sqlstate);
    const waited = (): number => (waits ? world.clock.monotonic_ms() - opened.began_ms : 0);
    if (!again.again) {
      return fail(
        finalFault(verdict, sender.stopped(), { tries, late: again.late }, everSeen.all()),
        lock_wait_ms + waited(),
      );
    }
    // The next try is to be watched from its beginning.
    if (waits) observer.prepare();
    const { label, name } = step.planned.migration;
    world.emit({ type: "step-retried", label, name, sqlstate, tries, again_in_ms: again.in_ms, blockers });
    await world.sleep(again.in_ms, world.interrupt);
    lock_wait_ms += waited();
    const stopped = sender.stopped();
    if (stopped !== null) return fail(stopFault(stopped), lock_wait_ms);
    const long = longTryLeft && blockers.length > 0 && blockers.every(givesWay);
    if (long) longTryLeft = false;
    const limit_ms = long ? await pastDeadlockCheck(observer) : LOCK_TIMEOUT_DDL_MS;
    opened = await openAgain(step, limit_ms, waits, context);
  }
}

/** The whole step once more; `watched`: for who blocks it. */
async function openAgain(
  step: PreparedStep,
  limit_ms: number,
  watched: boolean,
  context: TryContext,
): Promise<OpenedTry> {
  const one = beginTry(step, packed(stepSegments(step, context.settings, limit_ms)), 0, context);
  const rest = sendRest(one, [], context.world.clock.monotonic_ms());
  return watched ? seeBlockers(rest, one.seen.blockers, context) : rest;
}

/** How long a try waits that is to displace an autovacuum: that takes the deadlock check of who waits for it. */
async function pastDeadlockCheck(observer: Observer): Promise<number> {
  const check_ms = await deadlockTimeout(observer);
  return check_ms === null ? LOCK_TIMEOUT_DDL_MS : check_ms + AFTER_DEADLOCK_CHECK_MS;
}

/** Rolls back, and tells when that was answered. A late cancel may hit the ROLLBACK itself, which then did nothing. */
async function rollBack(sender: Sender): Promise<number> {
  for (;;) {
    const [answer] = await sender.send([ROLLBACK]);
    const cancelled = answer?.kind === "error" && answer.error.sqlstate === CANCELLED;
    if (answer !== undefined && !cancelled) return answer.at_ms;
  }
}

function measureTry(opened: OpenedTry, verdict: Verdict): Omit<StepMeasure, "tries" | "lock_wait_ms"> {
  const ended_ms = opened.answers.at(-1)?.at_ms ?? opened.began_ms;
  const server_ms = verdict.kind === "lost" ? null : verdict.server_ms;
  return {
    duration_ms: server_ms ?? ended_ms - opened.began_ms,
    released_ms: null,
    ...measureScript(opened, server_ms, opened.one.seen.progress),
  };
}

/** The verdict; where the script took advisory locks, after asking the server whose they are. */
async function verdictOf(step: PreparedStep, opened: Opened, context: TryContext): Promise<Verdict> {
  const verdict = judge(step, opened.messages, opened.answers, context.settings);
  if (verdict.kind !== "good" || verdict.foreign_locks.length === 0) return verdict;
  const answers = await context.sender.send(sessionLockQueries(verdict.foreign_locks));
  const lost = answers.find((answer) => answer.kind === "lost");
  if (lost?.kind === "lost") return { kind: "lost", reason: lost.reason };
  const ends = answers.every((answer) => answer.kind === "done" && answer.results[0]?.rows[0]?.[0] === "f");
  if (ends) return verdict;
  const { path } = step.script.file;
  const found = fault("advisory-lock-left", `${path} took session-level advisory locks.`, { file: path });
  return { ...verdict, kind: "bad", fault: found, sqlstate: null };
}
