import { milliseconds } from "#engine/report.ts";
import type { World } from "#engine/seam.ts";
import { sendingThrough } from "./sending_through.ts";

/** A message that was answered, and when that was read. */
export interface Heard {
  readonly text: string;
  readonly at_ms: number;
}

/** A world that keeps when each of its messages was answered, in order. */
export function heardIn<Of extends World>(
  world: Of,
): { readonly world: Of; readonly heard: readonly Heard[] } {
  const heard: Heard[] = [];
  const hearing = sendingThrough(world, (session) => (messages, answered) => {
    let next = 0;
    return session.send(messages, (answer) => {
      heard.push({ text: messages[next++]?.text ?? "", at_ms: answer.at_ms });
      answered?.(answer);
    });
  });
  return { world: hearing, heard };
}

/** From the answer before the first message that `first` matches to that of the next that `last` matches. */
export function between(heard: readonly Heard[], first: RegExp, last: RegExp): number {
  const at = heard.findIndex(({ text }) => first.test(text));
  const until = heard.findIndex(({ text }, i) => i > at && last.test(text));
  return milliseconds((heard[until]?.at_ms ?? Number.NaN) - (heard[at - 1]?.at_ms ?? Number.NaN));
}
