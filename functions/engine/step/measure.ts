import { milliseconds } from "../report.ts";
import type { Answer, Progress } from "../seam.ts";
import { isStrong, type StepMessage, statementsOf } from "./wire.ts";

/** One try of a step on the wire: what was sent, what came back, and when. */
export interface Opened {
  readonly messages: readonly StepMessage[];
  readonly answers: readonly Answer[];
  readonly began_ms: number;
}

/** Times and counts of a step over all its tries. */
export interface StepMeasure {
  readonly tries: number;
  readonly duration_ms: number;
  readonly lock_wait_ms: number;
  /** On the monotonic clock, when the last try may have taken its first strong lock; null for none. */
  readonly strong_since_ms: number | null;
  /** When the last try's rollback was answered, which released them; null for a try that was not rolled back. */
  readonly released_ms: number | null;
  readonly timings: readonly Timing[];
}

/** How long one statement, or one group of them, took. */
export interface Timing {
  /** Index of the first statement, from 1. */
  readonly first: number;
  readonly last: number;
  readonly ms: number;
  /** Of a statement that did not end well, how far it was when last seen; else null. */
  readonly progress: Progress | null;
}

/** `server_ms` is how long the whole step took, which is what a step in one message can be told by. */
export function measureScript(
  opened: Opened,
  server_ms: number | null,
  progress: Progress | null,
): Pick<StepMeasure, "strong_since_ms" | "timings"> {
  const timings: Timing[] = [];
  let strong_since_ms: number | null = null;
  let previous_ms = opened.began_ms;
  let statement = 1;
  for (const [i, message] of opened.messages.entries()) {
    const answer = opened.answers[i];
    if (answer === undefined) break;
    const count = statementsOf(message);
    // Of what was stopped, later messages were answered too, but did not run.
    const ended = opened.answers.findIndex(({ kind }) => kind !== "done") === i;
    if (count > 0) {
      const whole = opened.messages.length === STEP_IN_ONE ? server_ms : null;
      const ms = milliseconds(whole ?? answer.at_ms - previous_ms);
      timings.push({ first: statement, last: statement + count - 1, ms, progress: ended ? progress : null });
      statement += count;
    }
    if (isStrong(message)) strong_since_ms ??= previous_ms;
    if (ended) break;
    previous_ms = answer.at_ms;
  }
  return { strong_since_ms, timings: timings.slice(0, TIMINGS_KEPT) };
}

/** What cleans the session, and the step. */
const STEP_IN_ONE = 2;
/** A script of many groups must not make its event a large row. */
const TIMINGS_KEPT = 200;

/** How long strong locks were held, at most until `until_ms` on the monotonic clock; null where none was taken. */
export const held = ({ strong_since_ms, released_ms }: StepMeasure, until_ms: number): number | null =>
  strong_since_ms === null ? null : milliseconds((released_ms ?? until_ms) - strong_since_ms);
