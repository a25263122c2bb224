import type { Message, World } from "#engine/seam.ts";
import { jumpingClock } from "./jumping_clock.ts";
import { sendingThrough } from "./sending_through.ts";
import { AGES_MS } from "./time_over.ts";

const CANCELLED: Message = { text: "SELECT pg_cancel_backend(pg_backend_pid()), pg_sleep(10)" };

/** A world whose time is over at the first message that matches, which the run's CancelRequest hits. */
export function cancelledAt<Of extends World>(world: Of, text: RegExp): Of {
  const { world: jumping, jump } = jumpingClock(world);
  let cancelled = false;
  return sendingThrough(jumping, (session) => async (messages, answered) => {
    const at = cancelled ? -1 : messages.findIndex((message) => text.test(message.text));
    if (at < 0) return session.send(messages, answered);
    cancelled = true;
    jump(AGES_MS);
    return session.send(messages.with(at, CANCELLED), answered);
  });
}
