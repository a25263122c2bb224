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

/** Where a line begins; behind the last one the text's end. */
export const startOfLine = (lines: readonly Line[], number: number, text: string): number =>
  lines[number - 1]?.start ?? text.length;

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
