import { type Fault, fault } from "../errors.ts";
import { cut } from "../limits.ts";

/** So much of an id is said, and so many of them. */
const LONGEST_ID = 120;
const MOST_IDS = 60;

/** Another tool's word as a message may hold it. */
export const said = (word: string): string =>
  /^[\x21-\x7e\u00a1-\uffff]+$/u.test(word) ? cut(word, LONGEST_ID) : JSON.stringify(cut(word, LONGEST_ID));

export function saidList(words: readonly string[]): string {
  const more = words.length > MOST_IDS ? ` and ${words.length - MOST_IDS} more` : "";
  return `${words.slice(0, MOST_IDS).map(said).join(", ")}${more}`;
}

/** A state that another tool must be brought out of first; `remedy` says how. */
export const dirty = (message: string, remedy: string): Fault => fault("adopt-dirty", message, { remedy });
