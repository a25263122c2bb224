import type { Blocker, World } from "../seam.ts";
import { blockersQuery, toBlockers } from "./blockers.ts";
import type { Observer } from "./observer.ts";

/** A try waits 200 ms for a lock: this sees it several times. */
const POLL_MS = 40;
/** For the last look, while locks may be held. */
const LAST_LOOK_MS = 200;
/** A crowd is told by some. */
const BLOCKERS_KEPT = 20;

/** Who was seen in the way, by pid; what was seen last counts. */
export interface Blockers {
  add(found: readonly Blocker[]): void;
  /** The oldest transaction first. */
  all(): readonly Blocker[];
}

export function collectBlockers(): Blockers {
  const seen = new Map<number, Blocker>();
  const age = ({ transaction_age_ms, snapshot_age }: Blocker) => transaction_age_ms ?? snapshot_age ?? 0;
  return {
    add(found) {
      for (const blocker of found) {
        if (seen.has(blocker.pid) || seen.size < BLOCKERS_KEPT) seen.set(blocker.pid, blocker);
      }
    },
    all: () => [...seen.values()].sort((a, b) => age(b) - age(a)),
  };
}

/** One look at who blocks the run's backend; false where that cannot be seen. */
export async function lookForBlockers(observer: Observer, into: Blockers): Promise<boolean> {
  const result = await observer.ask(blockersQuery(observer.backend_pid));
  if (result !== null) into.add(toBlockers(result));
  return result !== null;
}

/** Waits for `work`, and looks meanwhile for who blocks it. */
export async function seeBlockers<Outcome>(
  work: Promise<Outcome>,
  into: Blockers,
  { observer, world }: { readonly observer: Observer; readonly world: World },
): Promise<Outcome> {
  const over = new AbortController();
  const watching = watch();
  try {
    return await work;
  } finally {
    over.abort();
    await Promise.race([watching, world.sleep(LAST_LOOK_MS)]);
  }

  async function watch(): Promise<void> {
    while (!over.signal.aborted && (await lookForBlockers(observer, into))) {
      await world.sleep(POLL_MS, over.signal);
    }
  }
}
