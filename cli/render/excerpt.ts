import { displayWidth } from "./display_width.ts";
import { printable, printableLines } from "./printable.ts";

const TAB = 4;

/**
 * A fault's excerpt, made printable: the line, and a caret under the failing token. The caret is set anew, for
 * a control character that is spelled out, a tab and a wide character do not fill one column.
 */
export function excerptLines(excerpt: string, width: number): readonly string[] {
  const [line = "", under, ...more] = excerpt.split("\n");
  if (under === undefined || more.length > 0 || !/^\s*\^$/.test(under)) return printableLines(excerpt);
  const parts: string[] = [];
  let column = 0;
  let caret = 0;
  for (const [i, character] of Array.from(line).entries()) {
    if (i === under.length - 1) caret = column;
    const part = character === "\t" ? " ".repeat(TAB - (column % TAB)) : printable(character);
    parts.push(part);
    column += displayWidth(part);
    if (i < under.length - 1) caret = column;
  }
  return windowOf(parts, caret, width);
}

const DOTS = "...";

/** What of a line stands around the caret, where the whole is wider than the terminal. */
function windowOf(parts: readonly string[], caret: number, width: number): readonly string[] {
  const room = Math.max(width, 20);
  if (displayWidth(parts.join("")) <= room) return [parts.join(""), `${" ".repeat(caret)}^`];
  let first = 0;
  let dropped = 0;
  while (caret - dropped > (room * 2) / 3) dropped += displayWidth(parts[first++] ?? " ");
  const head = first === 0 ? "" : DOTS;
  let line = head;
  for (const part of parts.slice(first)) {
    if (displayWidth(line) + displayWidth(part) > room - DOTS.length)
      return [line + DOTS, under(caret, dropped, head)];
    line += part;
  }
  return [line, under(caret, dropped, head)];
}

const under = (caret: number, dropped: number, head: string): string =>
  `${" ".repeat(caret - dropped + head.length)}^`;
