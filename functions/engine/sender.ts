import type { Answer, Message, Session, World } from "./seam.ts";

export type Stop = "deadline" | "interrupt";

/** Sends batches, and cancels what runs when the deadline passes or the caller interrupts. */
export interface Sender {
  send(messages: readonly Message[]): Promise<readonly Answer[]>;
  /** Why nothing more should be begun; null to go on. */
  stopped(): Stop | null;
  /** Until the deadline; Infinity for none. */
  remaining_ms(): number;
}

/** A cancelled statement that has not answered by then is given up with its connection. */
const ANSWER_AFTER_CANCEL_MS = 10_000;

/** `deadline_ms` on the monotonic clock; Infinity for none. */
export function makeSender(session: Session, world: World, deadline_ms: number): Sender {
  const remaining_ms = () => deadline_ms - world.clock.monotonic_ms();
  const stopped = (): Stop | null =>
    world.interrupt.aborted ? "interrupt" : remaining_ms() <= 0 ? "deadline" : null;
  return {
    stopped,
    remaining_ms,
    async send(messages) {
      const answered = new AbortController();
      const answers = session.send(messages).finally(() => answered.abort());
      void watch(answered.signal);
      return answers;
    },
  };

  async function watch(answered: AbortSignal): Promise<void> {
    const either = AbortSignal.any([answered, world.interrupt]);
    await world.sleep(Math.min(Math.max(remaining_ms(), 0), 2 ** 31 - 1), either);
    if (answered.aborted) return;
    // A request that comes between two statements is lost, so it is repeated until there is an answer.
    const until = world.clock.monotonic_ms() + ANSWER_AFTER_CANCEL_MS;
    while (!answered.aborted && world.clock.monotonic_ms() < until) {
      await session.cancel().catch(() => session.destroy());
      await world.sleep(500, answered);
    }
    if (!answered.aborted) session.destroy();
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
