import { type Fault, fault } from "../errors.ts";
import type { Blocker } from "../seam.ts";
import { blockersText } from "../watch/blockers.ts";
import type { PreparedStep } from "./messages.ts";
import { isTriedAgain } from "./retry.ts";
import type { Stop } from "./sender.ts";
import type { Verdict } from "./verdict.ts";

/** query_canceled */
export const CANCELLED = "57014";

/** Why a step failed for good, after so many tries and with what was seen in its way. */
export function finalFault(
  verdict: Extract<Verdict, { kind: "bad" }>,
  stopped: Stop | null,
  tried: FailedTries,
  blockers: readonly Blocker[],
): Fault {
  const state = verdict.sqlstate ?? "";
  if (stopped !== null && (state === CANCELLED || isTriedAgain(state))) return stopFault(stopped);
  return triedFault(verdict.fault, tried, blockers);
}

/** `late`: the run's time did not suffice for one try more. */
export interface FailedTries {
  readonly tries: number;
  readonly late: boolean;
}

/** What a statement failed with that could be tried again: a lock with who was seen in the way, or the deadline. */
export function triedFault(found: Fault, { tries, late }: FailedTries, blockers: readonly Blocker[]): Fault {
  if (!late && found.sqlstate !== "55P03") return found;
  const { message, code: _, ...place } = found;
  const times = tries === 1 ? "tried once" : `tried ${tries} times`;
  const by = blockers.length === 0 ? "" : `; in the way: ${blockersText(blockers)}`;
  const code = late ? "deadline" : "lock-timeout";
  const over = late ? "; the run's time does not suffice to try again" : "";
  return fault(code, `${message} (${times})${by}${over}`, { ...place, remedy: fault(code, "").remedy });
}

/** Why a run ends by itself: the code, and the words that a message begins with. */
export const endOfRun = (stopped: Stop) =>
  stopped === "deadline"
    ? (["deadline", "The run's time is over"] as const)
    : (["interrupted", "The run was interrupted"] as const);

/** Why a run ends before its steps do. */
export function stopFault(stopped: Stop): Fault {
  const [code, why] = endOfRun(stopped);
  return fault(code, `${why}; the step in flight was rolled back.`);
}

/** `held_ms`: until the rollback was answered. */
export function heldTooLong(step: PreparedStep, held_ms: number, limit_ms: number): Fault {
  const file = step.script.file.path;
  const message = `${file} and its verification held strong locks for ${Math.round(held_ms)} ms; at most ${limit_ms} ms are allowed.`;
  return fault("lock-held-too-long", message, { file });
}

/** Why a step ends whose connection was lost before its COMMIT; a stop that was not answered ends by that too. */
export function lostFault(reason: string, stopped: Stop | null): Fault {
  if (stopped === null) return fault("connection-lost", `The connection was lost: ${reason}.`);
  const [code, why] = endOfRun(stopped);
  return fault(
    code,
    `${why}, and the connection was lost (${reason}); nothing of the step in flight is kept.`,
  );
}
