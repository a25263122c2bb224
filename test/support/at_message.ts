import type { World } from "#engine/seam.ts";
import { sendingThrough } from "./sending_through.ts";

/** A world in which `act` is done right before the first message that matches is sent. */
export function beforeMessage<Of extends World>(world: Of, text: RegExp, act: () => Promise<unknown>): Of {
  let acted = false;
  return sendingThrough(world, (session) => async (messages, answered) => {
    if (!acted && messages.some((message) => text.test(message.text))) {
      acted = true;
      await act();
    }
    return session.send(messages, answered);
  });
}
