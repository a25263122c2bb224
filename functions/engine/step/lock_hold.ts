import type { World } from "../seam.ts";
import type { Observer } from "../watch/observer.ts";
import { holdsStrongLock } from "../watch/strong_locks.ts";
import type { Sender } from "./sender.ts";
import { isStrong, type StepMessage } from "./wire.ts";

/** Bounds how long one try of a step holds strong locks: what runs past that is cancelled. */
export interface LockHold {
  /** All before it is answered, and the server is at this message; nothing where no more was sent. */
  reached(message: StepMessage | undefined): void;
  /** Ends the watch, before the commit or the rollback. True: the time was over, and the cancel has been taken. */
  wasOver(): Promise<boolean>;
}

export interface LockHoldContext {
  readonly sender: Sender;
  readonly world: World;
  readonly observer: Observer;
  /** null for no bound. */
  readonly max_lock_hold_ms: number | null;
}

/** A cancel that comes between two statements is lost. */
const CANCEL_EVERY_MS = 100;
/** How often a statement that waits for its first lock is looked at. */
const LOOK_MS = 40;

const NO_BOUND: LockHold = { reached: () => {}, wasOver: async () => false };

/** The clock begins when the answer before the first strong statement is in: that may take its lock at once. */
export function watchLockHold(context: LockHoldContext): LockHold {
  const { world, sender, observer, max_lock_hold_ms } = context;
  if (max_lock_hold_ms === null) return NO_BOUND;
  const done = new AbortController();
  let begun = false;
  /** The first strong statement is answered: it had what it waited for. */
  let taken = false;
  let over = false;
  let watching = Promise.resolve();
  return {
    reached(message) {
      taken ||= begun;
      if (begun || message === undefined || !isStrong(message)) return;
      begun = true;
      watching = watch(max_lock_hold_ms);
    },
    async wasOver() {
      done.abort();
      if (over) await watching;
      return over;
    },
  };

  async function watch(limit_ms: number): Promise<void> {
    await untilOver(limit_ms);
    if (done.signal.aborted) return;
    over = true;
    while (!done.signal.aborted) {
      // Where it cannot be sent, the server's own limits are left.
      await sender.cancel().catch(() => {});
      await world.sleep(CANCEL_EVERY_MS, done.signal);
    }
  }

  /** A statement that still waits for its first lock holds none: its time has not begun. */
  async function untilOver(limit_ms: number): Promise<void> {
    let since_ms = world.clock.monotonic_ms();
    let waits = false;
    while (!done.signal.aborted) {
      const now_ms = world.clock.monotonic_ms();
      const left_ms = since_ms + limit_ms - now_ms;
      waits &&= !taken;
      if (left_ms > 0) await world.sleep(waits ? Math.min(left_ms, LOOK_MS) : left_ms, done.signal);
      else if (taken) return;
      if (taken || (left_ms > 0 && !waits)) continue;
      waits = (await holdsStrongLock(observer)) === false;
      if (waits) since_ms = now_ms;
      else if (left_ms <= 0) return;
    }
  }
}
