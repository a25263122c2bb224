import type { PileScript } from "./pile.ts";

/** A line of a text; `start` and `end` are UTF-16 offsets, `end` before its line end. */
export interface Line {
  /** From 1. */
  readonly number: number;
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The lines of a text, ended by \n, \r\n or \r. */
export function linesOf(text: string): readonly Line[] {
  const lines: Line[] = [];
  const ends = /\r\n?|\n/g;
  let start = 0;
  for (let found = ends.exec(text); found !== null; found = ends.exec(text)) {
    lines.push({ number: lines.length + 1, start, end: found.index, text: text.slice(start, found.index) });
    start = ends.lastIndex;
  }
  if (start < text.length)
    lines.push({ number: lines.length + 1, start, end: text.length, text: text.slice(start) });
  return lines;
}

/**
 * Takes spans off a text and leaves their line ends, so that what stands behind them keeps its line.
 * The spans are in order and do not overlap.
 */
export function takeOff(
  text: string,
  spans: readonly { readonly start: number; readonly end: number }[],
): string {
  let out = "";
  let at = 0;
  for (const { start, end } of spans) {
    out += text.slice(at, start) + text.slice(start, end).replace(/[^\r\n]+/g, "");
    at = end;
  }
  return out + text.slice(at);
}

/**
 * The lines `first` to `last` as a script, without the text of those in `marks`: their line ends stay, so that what
 * stands behind them keeps its line.
 */
export function cutLines(
  path: string,
  text: string,
  lines: readonly Line[],
  first: number,
  last: number,
  marks: ReadonlySet<number>,
): PileScript {
  const kept = lines.slice(first - 1, Math.max(first - 1, last));
  return {
    path,
    line: first,
    text: kept
      .map(({ number, start, end }) =>
        text.slice(marks.has(number) ? end : start, lines[number]?.start ?? text.length),
      )
      .join(""),
  };
}

/** Where a part begins that the line `mark` opens: behind it, unless comments stand before it, which are kept. */
export const beginsBehind = (lines: readonly Line[], mark: number, marks: ReadonlySet<number>): number =>
  lines.slice(0, mark - 1).some(({ text, number }) => text.trim() !== "" && !marks.has(number))
    ? 1
    : mark + 1;
