import { LONGEST_REPEATED_TRY_MS } from "./limits.ts";

/** lock_not_available, deadlock_detected, serialization_failure: the server rolled back; trying again is right. */
const AGAIN = new Set(["55P03", "40P01", "40001"]);

export const isTriedAgain = (sqlstate: string): boolean => AGAIN.has(sqlstate);

export const isLockWait = (sqlstate: string): boolean => sqlstate === "55P03" || sqlstate === "40P01";

export interface FailedTry {
  readonly sqlstate: string;
  /** How often the step was tried, this one included. */
  readonly tries: number;
  /** How long this try ran. */
  readonly ran_ms: number;
  /** Since the step's first try began. */
  readonly since_first_ms: number;
  /** Until the run's deadline; Infinity for none. */
  readonly remaining_ms: number;
  readonly retry_for_ms: number;
  /** In [0, 1). */
  readonly random: number;
}

/** `late`: it would be tried again, and the run's time does not suffice. */
export type Again =
  | { readonly again: true; readonly in_ms: number }
  | { readonly again: false; readonly late: boolean };

/** First pause; doubles up to the longest. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

/**
 * Whether a step is tried again, and after what pause (jittered, so that two jobs do not meet again).
 * Every try keeps its lock timeout: there is no last try without one.
 */
export function tryAgain(failed: FailedTry): Again {
  if (!isTriedAgain(failed.sqlstate) || failed.ran_ms > LONGEST_REPEATED_TRY_MS) {
    return { again: false, late: false };
  }
  const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failed.tries - 1, 10));
  const in_ms = pause * (0.5 + failed.random / 2);
  if (in_ms >= failed.retry_for_ms - failed.since_first_ms) return { again: false, late: false };
  return in_ms < failed.remaining_ms ? { again: true, in_ms } : { again: false, late: true };
}
