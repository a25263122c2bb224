import type { World } from "#engine/seam.ts";
import { sendingThrough } from "./sending_through.ts";

export interface Cut {
  /** Of the message that the connection is lost at. */
  readonly text: RegExp;
  /** The server does not get it, or it does and its answer is lost. */
  readonly when: "before" | "after";
  /** Which of the messages that match, from 1; the first unless it is said. */
  readonly nth?: number;
}

/**
 * A world whose connection is lost at the message that matches, as if the process had died there. `happens` is told
 * just before.
 */
export function cutWorld<Of extends World>(world: Of, cut: Cut, happens: () => void = () => {}): Of {
  let left = cut.nth ?? 1;
  return sendingThrough(world, (session) => async (messages) => {
    const at = messages.findIndex(({ text }) => cut.text.test(text) && --left === 0);
    if (at < 0) return session.send(messages);
    const sent = messages.slice(0, cut.when === "before" ? at : at + 1);
    const answers = sent.length === 0 ? [] : await session.send(sent);
    happens();
    session.destroy();
    const lost = { kind: "lost", reason: "cut by the test", at_ms: 0 } as const;
    const kept = cut.when === "before" ? answers : answers.slice(0, at);
    return [...kept, ...messages.slice(kept.length).map(() => lost)];
  });
}
