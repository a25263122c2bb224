import { dateOf, momentOf } from "../bundle/moment.ts";
import { wordsOf } from "./name_dates.ts";

/** How versions are spelled: STORY-007's `20250102_120000`, or 14 digits. */
export type Convention = "story" | "plain";

const SECOND = 1000;
const MAX_NAME_CHARACTERS = 100;

/**
 * A moment for each migration, in their order: its own where it has one that is above those before, else the second
 * after the one before. Those before the first that has one end the second before it; `base` is the first where none has any.
 */
export function proposedMoments(known: readonly (string | null)[], base: string): readonly string[] {
  const times = known.map((moment) => (moment === null ? null : (dateOf(moment)?.getTime() ?? null)));
  const first = times.findIndex((time) => time !== null);
  const start = first < 0 ? timeOf(base) : (times[first] ?? 0) - first * SECOND;
  let last = start - SECOND;
  return times.map((time) => {
    last = time !== null && time > last ? time : last + SECOND;
    return momentOf(new Date(last));
  });
}

const timeOf = (moment: string): number => dateOf(moment)?.getTime() ?? 0;

/** A moment as a version is spelled. */
export const versionLabel = (moment: string, convention: Convention): string =>
  convention === "plain" ? moment : `${moment.slice(0, 8)}_${moment.slice(8)}`;

/** What a name says without its version, in lower case, with `_` for all that is no letter and no digit. */
export function slugOf(name: string): string {
  const words = wordsOf(name)
    .normalize("NFC")
    .replace(/(\p{Ll}|\p{N})(?=\p{Lu})/gu, "$1_")
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, "_");
  const short = [...words].slice(0, MAX_NAME_CHARACTERS).join("");
  return short.replace(/^_+|_+$/g, "") || "migration";
}

const SHAPES: Readonly<Record<Convention, RegExp>> = {
  story: /^(\d{8})_(\d{6})_(.+)$/,
  plain: /^(\d{8})(\d{6})_(.+)$/,
};

/** Whether a file's name without its ending is as the convention has it, with a real date. */
export function keepsConvention(stem: string, convention: Convention): boolean {
  const [, day = "", time = "", name = ""] = SHAPES[convention].exec(stem) ?? [];
  return dateOf(day + time) !== null && /^(?:19|20)/.test(day) && /^[\p{Ll}\p{Lo}\p{M}\p{N}_]+$/u.test(name);
}
