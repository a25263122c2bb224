import type { Span } from "./spans.ts";

/** Alone in a line it ends the rows of a COPY ... FROM stdin, also within a quoted field: so psql reads them. */
export const END_OF_ROWS = "\\.";

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

/** Where the line stands that ends the rows which begin at `start`; -1 where there is none. */
export function rowsEnd(text: string, start: number): number {
  for (let at = text.indexOf(END_OF_ROWS, start); at >= 0; at = text.indexOf(END_OF_ROWS, at + 1)) {
    const begins = at === start || text.charCodeAt(at - 1) === LINE_FEED;
    if (begins && endsLine(text, at + END_OF_ROWS.length)) return at;
  }
  return -1;
}

function endsLine(text: string, at: number): boolean {
  if (at === text.length) return true;
  const code = text.charCodeAt(at);
  return code === LINE_FEED || (code === CARRIAGE_RETURN && text.charCodeAt(at + 1) === LINE_FEED);
}

/** UTF-16 units of one piece of rows. */
const PIECE = 64 * 1024;

/** A file's rows in pieces, each cut out when it is due: a large file must not be in memory once more. */
export class RowPieces implements Iterable<string> {
  private readonly text: string;
  private readonly span: Span;

  constructor(text: string, span: Span) {
    this.text = text;
    this.span = span;
  }

  *[Symbol.iterator](): Generator<string> {
    const { text, span } = this;
    for (let at = span.start; at < span.end; ) {
      const end = Math.min(at + PIECE, span.end);
      // Half of a surrogate pair is no character.
      const split = end < span.end && isHighSurrogate(text.charCodeAt(end - 1)) ? end - 1 : end;
      yield text.slice(at, split);
      at = split;
    }
  }
}

const isHighSurrogate = (code: number): boolean => code >= 0xd800 && code <= 0xdbff;
