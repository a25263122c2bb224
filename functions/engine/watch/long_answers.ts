import type { Progress, World } from "../seam.ts";
import { type Blockers, lookForBlockers } from "./blocking.ts";
import type { Observer } from "./observer.ts";
import { monotonic, progressQuery, toProgress } from "./progress.ts";

/** An answer that is waited for, and what was seen meanwhile. */
export interface Awaited {
  readonly label: string;
  readonly name: string;
  readonly direction: string;
  /** Which statement of the step the server is at, from 1; null where several travel together. */
  statement(): number | null;
  /** On the monotonic clock, when the answer before it came. */
  since_ms: number;
  /** How far the statement was when last seen. */
  progress: Progress | null;
  readonly blockers: Blockers;
}

/** Watches what takes long. */
export interface LongAnswers {
  /** What the server is at from now on; null for nothing. */
  awaits(work: Awaited | null): void;
}

/** Shorter answers, and shorter tries, need no watching. */
const LONG_MS = 2_000;
const GLANCE_MS = 500;
/** Half of how long a statement waits for a lock. */
const LOCK_LOOK_MS = 100;
const PROGRESS_MS = 1_000;

/**
 * Lends a watch for as long as `work` takes. One loop serves all answers: a timer for each would cost more than
 * the answer, and nothing is asked before one is late.
 */
export async function withLongAnswers<Outcome>(
  context: { readonly observer: Observer; readonly world: World },
  work: (watch: LongAnswers) => Promise<Outcome>,
): Promise<Outcome> {
  const done = new AbortController();
  let awaited: Awaited | null = null;
  let last: Awaited | null = null;
  let began_ms = 0;
  void watchLong(context, () => (awaited === null ? null : { work: awaited, began_ms }), done.signal);
  try {
    return await work({
      awaits(next) {
        // A try may have many flushes.
        if (next !== null && next !== last) began_ms = context.world.clock.monotonic_ms();
        last = next ?? last;
        awaited = next;
      },
    });
  } finally {
    done.abort();
  }
}

/** What the server is at, and on the monotonic clock when that try began. */
interface Current {
  readonly work: Awaited;
  readonly began_ms: number;
}

async function watchLong(
  { observer, world }: { readonly observer: Observer; readonly world: World },
  current: () => Current | null,
  done: AbortSignal,
): Promise<void> {
  let looked_ms = Number.NEGATIVE_INFINITY;
  let of: Awaited | null = null;
  let steady = monotonic();
  while (!done.aborted) {
    const at = current();
    const now_ms = world.clock.monotonic_ms();
    if (at === null || now_ms - at.began_ms < LONG_MS) {
      await world.sleep(GLANCE_MS, done);
      continue;
    }
    const { work } = at;
    // A long try is not repeated: whatever of it meets a lock, now is the time to see who holds that.
    await lookForBlockers(observer, work.blockers);
    if (now_ms - work.since_ms >= LONG_MS && now_ms - looked_ms >= PROGRESS_MS) {
      looked_ms = now_ms;
      if (work !== of) steady = monotonic();
      of = work;
      await tell(work);
    }
    await world.sleep(LOCK_LOOK_MS, done);
  }

  async function tell(work: Awaited): Promise<void> {
    const { since_ms, label, name, direction } = work;
    const result = await observer.ask(progressQuery(observer.backend_pid));
    const look = result === null ? null : toProgress(result);
    // It may have been answered meanwhile.
    if (look === null || done.aborted || work !== current()?.work || work.since_ms !== since_ms) return;
    work.progress = steady(look);
    world.emit({ type: "progress", label, name, direction, statement: work.statement(), ...work.progress });
  }
}
