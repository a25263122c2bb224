import type { ServerError } from "../seam.ts";
import { locate, type Place } from "../sql/position.ts";
import type { Verification } from "../step/checks.ts";
import { veil } from "./veil.ts";

/** Where a value stands in a script's text, and where its placeholder stands in the user's file. UTF-16 units. */
export interface FilledPlace {
  readonly at: number;
  readonly length: number;
  readonly from: number;
  readonly spelled: number;
  readonly secret: boolean;
}

/** What a script's text was before its placeholders were filled in. */
export interface Filled {
  readonly text: string;
  /** In order. */
  readonly places: readonly FilledPlace[];
  /** What is shown nowhere, whether this script holds it or another one that wrote it into the database. */
  readonly secrets: readonly string[];
}

/** A script's text, and what it was before. */
export interface FilledText {
  readonly text: string;
  readonly filled?: Filled;
}

/** The place in the user's file of an offset into a script's text. The line is shown as the file has it. */
export const placeIn = ({ text, filled }: FilledText, offset: number): Place =>
  filled === undefined ? locate(text, offset) : locate(filled.text, offsetBefore(filled, offset));

/** Of an offset within a value, where its placeholder begins. */
function offsetBefore({ places }: Filled, offset: number): number {
  const place = places.findLast(({ at }) => at <= offset);
  if (place === undefined) return offset;
  const behind = offset - place.at - place.length;
  return behind < 0 ? place.from : place.from + place.spelled + behind;
}

/** A part of a script's text, with the placeholders in the place of values that are shown nowhere. */
export function recordedText({ text, filled }: FilledText, start: number, end: number): string {
  const secret = (filled?.places ?? []).filter((one) => one.secret && one.at >= start && one.at < end);
  const parts: string[] = [];
  let copied = start;
  for (const { at, length, from, spelled } of secret) {
    parts.push(text.slice(copied, at), filled?.text.slice(from, from + spelled) ?? "");
    copied = at + length;
  }
  return parts.join("") + text.slice(copied, end);
}

/** A text of the server's without the values that are shown nowhere. */
export const veiledText = ({ filled }: FilledText, text: string): string =>
  filled === undefined ? text : veil(text, filled.secrets);

/** What a verification came to, without them. It is judged before: a secret may read like a status. */
export function veiledVerification(file: FilledText, { checks, shown }: Verification): Verification {
  if ((file.filled?.secrets.length ?? 0) === 0) return { checks, shown };
  const text = (one: string): string => veiledText(file, one);
  const field = (one: string | null): string | null => (one === null ? null : text(one));
  return {
    checks: checks.map((one) => ({ ...one, name: text(one.name), details: field(one.details) })),
    shown: shown.map((one) => ({
      ...one,
      columns: one.columns.map(text),
      rows: one.rows.map((row) => row.map(field)),
    })),
  };
}

/** An error of the server's without them; its positions are as they were. */
export function veiled(file: FilledText, error: ServerError): ServerError {
  if ((file.filled?.secrets.length ?? 0) === 0) return error;
  const shown = (text: string | null): string | null => (text === null ? null : veiledText(file, text));
  return {
    ...error,
    message: veiledText(file, error.message),
    detail: shown(error.detail),
    hint: shown(error.hint),
    where: shown(error.where),
  };
}
