import type { Answer, World } from "../seam.ts";
import { type Blockers, collectBlockers } from "../watch/blocking.ts";
import type { Awaited, LongAnswers } from "../watch/long_answers.ts";
import type { Observer } from "../watch/observer.ts";
import { type LockHold, watchLockHold } from "./lock_hold.ts";
import type { PreparedStep } from "./messages.ts";
import type { Sender } from "./sender.ts";
import { type Packed, type StepMessage, spent, statementsOf } from "./wire.ts";

/** One try of a step: what it sends, and what is seen of it meanwhile. */
export interface OneTry {
  readonly packed: Packed;
  /** What was sent so far, in order; of what is done without its text. */
  messages(): readonly StepMessage[];
  readonly hold: LockHold;
  /** Who blocks it, and how far its statement was when last seen. */
  readonly seen: Pick<Awaited, "progress" | "blockers">;
  /** The next of its messages, in one flush. */
  send(batch: readonly StepMessage[]): Promise<readonly Answer[]>;
}

export interface OneTryContext {
  readonly sender: Sender;
  readonly observer: Observer;
  readonly long_answers: LongAnswers;
  readonly world: World;
  readonly max_lock_hold_ms: number | null;
}

/** `sent`: how many of its first messages travel before, with the commit of the step before it. */
export function beginTry(step: PreparedStep, packed: Packed, sent: number, context: OneTryContext): OneTry {
  const { sender, long_answers, world } = context;
  const { migration, direction } = step.planned;
  const hold = watchLockHold(context);
  const blockers: Blockers = collectBlockers();
  // A large script must not be kept once more: what is done is kept without its text.
  const messages: StepMessage[] = packed.first.slice(0, sent).map(spent);
  let answered = sent;
  const work: Awaited = {
    label: migration.label,
    name: migration.name,
    direction,
    statement: () => onlyStatement(messages, answered),
    since_ms: 0,
    progress: null,
    blockers,
  };
  return {
    packed,
    messages: () => messages,
    hold,
    seen: work,
    async send(batch) {
      messages.push(...batch);
      work.since_ms = world.clock.monotonic_ms();
      hold.reached(messages[answered]);
      long_answers.awaits(work);
      const sending = batch.map(({ message }) => message);
      const answers = await sender.send(sending, ({ kind, at_ms }) => {
        // Of a statement that failed, how far it was is worth keeping.
        if (kind !== "done") return;
        const done = messages[answered];
        if (done !== undefined) messages[answered] = spent(done);
        answered += 1;
        work.since_ms = at_ms;
        work.progress = null;
        hold.reached(messages[answered]);
      });
      long_answers.awaits(null);
      return answers;
    },
  };
}

/** The number within the step, from 1, of the only statement of a message; null where there are several or none. */
function onlyStatement(messages: readonly StepMessage[], index: number): number | null {
  const here = messages[index];
  if (here === undefined || statementsOf(here) !== 1) return null;
  return messages.slice(0, index).reduce((sum, message) => sum + statementsOf(message), 1);
}
