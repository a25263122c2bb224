import { type Fault, fault } from "../errors.ts";
import { milliseconds } from "../report.ts";
import type { Answer, Message, World } from "../seam.ts";
import { sessionLockQueries } from "./guards.ts";
import { type PreparedStep, type StepSettings, stepSegments } from "./messages.ts";
import { isLockWait, isTriedAgain, tryAgain } from "./retry.ts";
import type { Sender, Stop } from "./sender.ts";
import { judge, type Verdict } from "./verdict.ts";
import { type Packed, packed, type StepMessage, spent } from "./wire.ts";

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
  /** On the monotonic clock, when the first strong lock may have been taken; null for none. */
  readonly strong_since_ms: number | null;
  readonly timings: readonly Timing[];
}

/** How long one statement, or one group of them, took. */
export interface Timing {
  /** Index of the first statement, from 1. */
  readonly first: number;
  readonly last: number;
  readonly ms: number;
}

/** What a step came to before it is finished: verified and ready to commit, failed, or lost. */
export type Tried =
  | {
      readonly kind: "ready";
      readonly verdict: Extract<Verdict, { kind: "good" }>;
      readonly measure: StepMeasure;
    }
  | {
      readonly kind: "failed";
      readonly fault: Fault;
      readonly verdict: Extract<Verdict, { kind: "bad" }>;
      readonly measure: StepMeasure;
    }
  | { readonly kind: "lost"; readonly reason: string; readonly measure: StepMeasure };

/** Sends what is left of a try (`first`: the answers of its first flush, if that was sent already): nothing
 *  more after the first answer that is not good. */
export async function sendRest(
  { first: begun, rest }: Packed,
  first: readonly Answer[],
  began_ms: number,
  sender: Sender,
): Promise<Opened> {
  const messages: StepMessage[] = [];
  const answers: Answer[] = [];
  /** Whether to go on. */
  const take = (batch: readonly StepMessage[], answered: readonly Answer[]): boolean => {
    answers.push(...answered);
    messages.push(...batch.map((one, i) => (answered[i]?.kind === "done" ? spent(one) : one)));
    return answered.every(({ kind }) => kind === "done");
  };
  let good = take(begun, first.length > 0 ? first : await send(sender, begun));
  if (!good) return { messages, answers, began_ms };
  for (const batch of rest) {
    good = take(batch, await send(sender, batch));
    if (!good) break;
  }
  return { messages, answers, began_ms };
}

const send = (sender: Sender, batch: readonly StepMessage[]): Promise<readonly Answer[]> =>
  sender.send(batch.map(({ message }) => message));

export interface TryContext {
  readonly sender: Sender;
  readonly world: World;
  readonly settings: StepSettings;
  readonly retry_for_ms: number;
}

const ROLLBACK: Message = { text: "ROLLBACK" };

/** Judges a try that is on its way, and tries again where that is right, until the step is ready or failed. */
export async function tryStep(step: PreparedStep, first: Opened, context: TryContext): Promise<Tried> {
  const { sender, world, settings } = context;
  let opened = first;
  let lock_wait_ms = 0;
  for (let tries = 1; ; tries++) {
    const verdict = await verdictOf(step, opened, context);
    const ended_ms = opened.answers.at(-1)?.at_ms ?? opened.began_ms;
    const measure: StepMeasure = {
      tries,
      duration_ms: (verdict.kind === "lost" ? null : verdict.server_ms) ?? ended_ms - opened.began_ms,
      lock_wait_ms,
      ...measureScript(opened, verdict.kind === "lost" ? null : verdict.server_ms),
    };
    if (verdict.kind === "good") return { kind: "ready", verdict, measure };
    if (verdict.kind === "lost") return { kind: "lost", reason: verdict.reason, measure };
    await sender.send([ROLLBACK]);
    const again = tryAgain({
      sqlstate: verdict.sqlstate ?? "",
      tries,
      ran_ms: measure.duration_ms,
      since_first_ms: world.clock.monotonic_ms() - first.began_ms,
      remaining_ms: sender.stopped() === null ? sender.remaining_ms() : 0,
      retry_for_ms: context.retry_for_ms,
      random: world.random(),
    });
    const waits = isLockWait(verdict.sqlstate ?? "");
    const waited = (): number => (waits ? world.clock.monotonic_ms() - opened.began_ms : 0);
    if (!again.again) {
      const found = finalFault(verdict, sender.stopped(), tries);
      return {
        kind: "failed",
        fault: found,
        verdict,
        measure: { ...measure, lock_wait_ms: lock_wait_ms + waited() },
      };
    }
    const { label } = step.planned.migration;
    world.emit({
      type: "step-retried",
      label,
      sqlstate: verdict.sqlstate ?? "",
      tries,
      again_in_ms: again.in_ms,
    });
    await world.sleep(again.in_ms, world.interrupt);
    lock_wait_ms += waited();
    const stopped = sender.stopped();
    if (stopped !== null) {
      return { kind: "failed", fault: stopFault(stopped), verdict, measure: { ...measure, lock_wait_ms } };
    }
    opened = await sendRest(packed(stepSegments(step, settings)), [], world.clock.monotonic_ms(), sender);
  }
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

/** query_canceled */
const CANCELLED = "57014";

function finalFault(verdict: Extract<Verdict, { kind: "bad" }>, stopped: Stop | null, tries: number): Fault {
  const state = verdict.sqlstate ?? "";
  if (stopped !== null && (state === CANCELLED || isTriedAgain(state))) return stopFault(stopped);
  if (verdict.sqlstate !== "55P03") return verdict.fault;
  const { message, code: _, ...place } = verdict.fault;
  return fault("lock-timeout", `${message} (tried ${tries} times)`, {
    ...place,
    remedy: fault("lock-timeout", "").remedy,
  });
}

/** Why a run ends before its steps do. */
export const stopFault = (stopped: Stop): Fault =>
  stopped === "deadline"
    ? fault("deadline", "The run's time is over; the step in flight was rolled back.")
    : fault("interrupted", "The run was interrupted; the step in flight was rolled back.");

/** `server_ms` is how long the whole step took, which is what a step in one message can be told by. */
function measureScript(
  opened: Opened,
  server_ms: number | null,
): Pick<StepMeasure, "strong_since_ms" | "timings"> {
  const timings: Timing[] = [];
  let strong_since_ms: number | null = null;
  let previous_ms = opened.began_ms;
  let statement = 1;
  for (const [i, { placed }] of opened.messages.entries()) {
    const answer = opened.answers[i];
    if (answer === undefined) break;
    const groups = placed.flatMap(({ segment }) => (segment.kind === "script" ? [segment.group] : []));
    const count = groups.reduce((sum, { statements }) => sum + statements, 0);
    if (count > 0) {
      const whole = opened.messages.length === STEP_IN_ONE ? server_ms : null;
      const ms = milliseconds(whole ?? answer.at_ms - previous_ms);
      timings.push({ first: statement, last: statement + count - 1, ms });
      statement += count;
    }
    if (groups.some((group) => group.strong)) strong_since_ms ??= previous_ms;
    previous_ms = answer.at_ms;
  }
  return { strong_since_ms, timings: timings.slice(0, TIMINGS_KEPT) };
}

/** What cleans the session, and the step. */
const STEP_IN_ONE = 2;
/** A script of many groups must not make its event a large row. */
const TIMINGS_KEPT = 200;

/** How long strong locks were held by `until_ms` on the monotonic clock; null where none was taken. */
export const held = (measure: StepMeasure, until_ms: number): number | null =>
  measure.strong_since_ms === null ? null : milliseconds(until_ms - measure.strong_since_ms);
