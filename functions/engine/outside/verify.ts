import { type Fault, fault } from "../errors.ts";
import { type EventRow, recordEvents, settleVerified } from "../registry/write.ts";
import { writeFault } from "../registry/write_fault.ts";
import type { Message } from "../seam.ts";
import { CANCELLED, stopFault } from "../step/final_fault.ts";
import { stepSegments } from "../step/messages.ts";
import { beginTry } from "../step/one_try.ts";
import type { StepsContext } from "../step/record.ts";
import { sendRest, type Tried, tryStep } from "../step/tries.ts";
import { packed } from "../step/wire.ts";
import type { OutsideStep } from "./context.ts";
import { eventFrom } from "./event.ts";

/** What a verification behind a step's effect came to. */
export interface Verified {
  readonly tried: Tried;
  /** null where it passed. */
  readonly error: Fault | null;
  readonly lost: boolean;
  /** It passed, and was lost when that was committed. */
  readonly committing: boolean;
  /** Its event, which is not recorded yet where it failed. */
  readonly event: EventRow;
}

const UNVERIFIED =
  "What the migration did is there and stays; the next `up` verifies it before anything else. Mend what the check " +
  "says, or the check; or settle it: `paws-migrate mark V applied --reason TEXT`.";

/** What is there whatever a verification says. */
const STAYS = {
  up: UNVERIFIED,
  verify: UNVERIFIED,
  down: "The rollback is done, and its history row is gone: mend what the check says with a new migration.",
} as const;

const ROLLED_BACK = "The rollback is done: `paws-migrate verify` looks at what is left.";

/**
 * Runs verifications in a transaction that is read-only but for its end: where they pass, it settles the history's
 * row (of a rollback: writes the event) and commits. `expect_last` as in a planned step.
 */
export async function verify(
  step: OutsideStep,
  expect_last: bigint | null,
  context: StepsContext,
): Promise<Verified> {
  const { sender, world, settings, tables } = context;
  const { migration, direction } = step.planned;
  const down = direction === "down";
  const part: OutsideStep = {
    ...step,
    // The history must look as after the rollback: as before an `up`.
    planned: { ...step.planned, direction: down ? "up" : "verify", expect_last },
    script: { ...step.script, statements: [], opaque: false, units: [] },
    settings: [],
  };
  const one = beginTry(part, packed(stepSegments(part, settings)), 0, context);
  const tried = await tryStep(part, await sendRest(one, [], world.clock.monotonic_ms()), context);
  const event = (error: Fault | null) => eventOfVerification(step, tried, error, context);
  const ended = (error: Fault | null, lost: boolean, committing = false): Verified => ({
    tried,
    error,
    lost,
    committing,
    event: event(error),
  });
  if (tried.kind === "lost") {
    return ended(lostWhileVerifying(tried.reason), true);
  }
  if (tried.kind === "failed") {
    const stopped = stoppedWhileVerifying(tried.fault, direction);
    return ended(stopped ?? { ...tried.fault, remedy: STAYS[direction] }, false);
  }
  const settle: readonly Message[] = down
    ? recordEvents(tables, [event(null)])
    : [settleVerified(tables, migration.version, event(null))];
  const answers = await sender.send([...settle, { text: "COMMIT" }]);
  const lost = answers.find((answer) => answer.kind === "lost");
  if (lost?.kind === "lost") return ended(lostWhileVerifying(lost.reason), true, true);
  const bad = answers.find((answer) => answer.kind === "error");
  const last = answers.at(-1);
  if (bad?.kind !== "error" && last?.kind === "done" && last.results[0]?.tag === "COMMIT") {
    return ended(null, false);
  }
  await sender.send([{ text: "ROLLBACK" }]);
  if (bad?.kind !== "error") return ended(fault("commit-refused", "COMMIT did not commit."), false);
  const stopped = sender.stopped();
  if (bad.error.sqlstate === CANCELLED && stopped !== null) {
    return ended(stoppedWhileVerifying(stopFault(stopped), direction), false);
  }
  return ended(writeFault(bad.error), false);
}

/** Of a step that was recorded when the connection was lost. */
export function unverified({ planned: { direction, migration } }: OutsideStep): Fault {
  const message = `The connection was lost when ${migration.label}_${migration.name} was recorded, before it was verified.`;
  const remedy = direction === "down" ? ROLLED_BACK : STAYS.up;
  return fault("connection-lost", message, { remedy });
}

/** Only the verification was rolled back. */
function stoppedWhileVerifying({ code }: Fault, direction: keyof typeof STAYS): Fault | null {
  if (code !== "deadline" && code !== "interrupted") return null;
  const what = code === "deadline" ? "The run's time was over" : "The run was interrupted";
  return fault(code, `${what} before the verification was at its end.`, {
    remedy: direction === "down" ? ROLLED_BACK : STAYS[direction],
  });
}

const lostWhileVerifying = (reason: string): Fault =>
  fault("connection-lost", `The connection was lost while verifying: ${reason}.`, {
    remedy: "Run again: what was done stays, and is verified first.",
  });

function eventOfVerification(
  step: OutsideStep,
  tried: Tried,
  error: Fault | null,
  context: StepsContext,
): EventRow {
  const verdict = tried.kind === "lost" ? null : tried.verdict;
  return eventFrom(step, "verify", error, context, {
    started_epoch: verdict?.started_epoch ?? null,
    duration_ms: tried.measure.duration_ms,
    lock_wait_ms: tried.measure.lock_wait_ms,
    lock_held_ms: null,
    tries: tried.measure.tries,
    statements: step.verifications.reduce((sum, { script }) => sum + script.statements.length, 0),
    rows: 0,
    checks: verdict?.checks ?? [],
    timings: [],
    blockers: tried.blockers,
  });
}
