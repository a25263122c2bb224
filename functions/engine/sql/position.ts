/**
 * Four units meet here. JavaScript counts UTF-16 units; the parse tree counts UTF-8 bytes; the parser's errors
 * count code points from 0, the server's from 1. Everything else in the engine holds UTF-16 offsets.
 */

/** A place in a file: line and column from 1, the column in code points. */
export interface Place {
  readonly line: number;
  readonly column: number;
  /** The line, and below it a caret under the column. */
  readonly excerpt: string;
}

/** The UTF-16 offset that lies `count` code points behind `from`. */
export function advanceCodePoints(text: string, from: number, count: number): number {
  let at = from;
  for (let left = count; left > 0 && at < text.length; left--) at += isPair(text, at) ? 2 : 1;
  return at;
}

/** The UTF-16 offset that lies `bytes` UTF-8 bytes behind `from`. */
export function advanceBytes(text: string, from: number, bytes: number): number {
  let at = from;
  let left = bytes;
  while (left > 0 && at < text.length) {
    const code = text.charCodeAt(at);
    if (code < 0x80) left -= 1;
    else if (code < 0x800) left -= 2;
    else if (isPair(text, at)) {
      left -= 4;
      at++;
    } else left -= 3;
    at++;
  }
  return at;
}

/** Line, column and excerpt of a UTF-16 offset. Lines end with \n, \r\n or \r. */
export function locate(text: string, offset: number): Place {
  let line = 1;
  let start = 0;
  for (let at = 0; at < offset; at++) {
    const code = text.charCodeAt(at);
    if (code !== 10 && code !== 13) continue;
    if (code === 13 && text.charCodeAt(at + 1) === 10) {
      // An offset between \r and \n still belongs to the line they end.
      if (at + 1 >= offset) break;
      at++;
    }
    line++;
    start = at + 1;
  }
  let end = offset;
  // Two units are at most one code point, and no more than so many are shown.
  const most = Math.min(text.length, offset + 2 * LONGEST_LINE);
  while (end < most && text[end] !== "\n" && text[end] !== "\r") end++;
  const seen = text.slice(Math.max(start, offset - 2 * (LONGEST_BEFORE + 1)), offset);
  const column = countCodePoints(text, start, offset) + 1;
  return { line, column, excerpt: excerpt(Array.from(seen), text.slice(offset, end)) };
}

function countCodePoints(text: string, start: number, end: number): number {
  let count = 0;
  for (let at = start; at < end; at++) {
    if (isPair(text, at) && at + 1 < end) at++;
    count++;
  }
  return count;
}

const LONGEST_BEFORE = 70;
const LONGEST_LINE = 110;
/** What a terminal would obey is not passed on to it. */
const CONTROL = /(?!\t)\p{Cc}/gu;

/** Lines too long to be read are cut around the column. */
function excerpt(before: readonly string[], rest: string): string {
  const cut_before = before.length > LONGEST_BEFORE;
  const shown = cut_before ? ["...", ...before.slice(-LONGEST_BEFORE + 3)] : before;
  const after = Array.from(rest);
  const room = LONGEST_LINE - Math.min(before.length, LONGEST_BEFORE);
  const cut_after = after.length > room;
  const line = shown.join("") + (cut_after ? `${after.slice(0, room - 3).join("")}...` : rest);
  // Tabs stay tabs, so that the caret stands where the reader's tabs put the token.
  const padding = shown.map((part) => (part === "\t" ? part : " ".repeat(part.length > 2 ? part.length : 1)));
  return `${line.replace(CONTROL, "\uFFFD")}\n${padding.join("")}^`;
}

function isPair(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  if (code < 0xd800 || code > 0xdbff) return false;
  const next = text.charCodeAt(at + 1);
  return next >= 0xdc00 && next <= 0xdfff;
}
