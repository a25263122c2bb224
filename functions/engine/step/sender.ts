import type { Answer, Message, Session, World } from "../seam.ts";

export type Stop = "deadline" | "interrupt";

/** Sends batches, and cancels what runs when the deadline passes or the caller interrupts. */
export interface Sender {
  /** `answered` is called with each answer as it comes. */
  send(messages: readonly Message[], answered?: (answer: Answer) => void): Promise<readonly Answer[]>;
  /** Cancels what runs; rejects where the request cannot be sent. */
  cancel(): Promise<void>;
  /** Why nothing more should be begun; null to go on. */
  stopped(): Stop | null;
  /** Until the deadline; Infinity for none. */
  remaining_ms(): number;
}

/** A cancelled statement that has not answered by then is given up with its connection. */
const ANSWER_AFTER_CANCEL_MS = 10_000;

/** How often a cancel is repeated: one that comes between two statements is lost. */
const CANCEL_EVERY_MS = 500;

/** Lends a sender for as long as `work` takes. `deadline_ms` on the monotonic clock; Infinity for none. */
export async function withSender<Outcome>(
  session: Session,
  world: World,
  deadline_ms: number,
  work: (sender: Sender) => Promise<Outcome>,
): Promise<Outcome> {
  const done = new AbortController();
  try {
    return await work(makeSender(session, world, deadline_ms, done.signal));
  } finally {
    done.abort();
  }
}

/** One watcher serves all sends until `done`: a timer for each would cost more than the send. */
function makeSender(session: Session, world: World, deadline_ms: number, done: AbortSignal): Sender {
  const remaining_ms = () => deadline_ms - world.clock.monotonic_ms();
  let unanswered = 0;
  void watch();
  return {
    stopped: () => (world.interrupt.aborted ? "interrupt" : remaining_ms() <= 0 ? "deadline" : null),
    remaining_ms,
    cancel: () => session.cancel(),
    async send(messages, answered) {
      unanswered += 1;
      const answers = await session.send(messages, answered);
      unanswered -= 1;
      return answers;
    },
  };

  async function watch(): Promise<void> {
    const until = AbortSignal.any([done, world.interrupt]);
    while (remaining_ms() > 0 && !until.aborted) {
      // A timer holds 31 bits.
      await world.sleep(Math.min(remaining_ms(), 2 ** 31 - 1), until);
    }
    let in_flight_ms = 0;
    while (!done.aborted) {
      if (unanswered > 0) await session.cancel().catch(() => session.destroy());
      in_flight_ms = unanswered > 0 ? in_flight_ms + CANCEL_EVERY_MS : 0;
      if (in_flight_ms > ANSWER_AFTER_CANCEL_MS) session.destroy();
      await world.sleep(CANCEL_EVERY_MS, done);
    }
  }
}

/** Sends what must be said even after a stop, but not for ever: a server that is gone answers `lost`. */
export async function sendLast(
  session: Session,
  world: World,
  messages: readonly Message[],
): Promise<readonly Answer[]> {
  const answered = new AbortController();
  const answers = session.send(messages).finally(() => answered.abort());
  void world.sleep(ANSWER_AFTER_CANCEL_MS, answered.signal).then(() => {
    if (!answered.signal.aborted) session.destroy();
  });
  return answers;
}
