import { begins, continues_name } from "./characters.ts";
import { END_OF_ROWS, rowsEnd } from "./copy_rows.ts";
import type { Comment, CopyRows, Lexed, LexFault, MetaCommand, Quoted } from "./lexed.ts";
import {
  blockCommentEnd,
  dollarTag,
  escapeStringEnd,
  lineEnd,
  parameterEnd,
  quotedEnd,
} from "./quoted_text.ts";
import { type Span, Spans } from "./spans.ts";
import { StatementHead } from "./statement_head.ts";

const MAX_NAME_BYTES = 63;
const encoder = new TextEncoder();
const SENDS_STATEMENT = /^\\(g|watch|crosstab|bind|;)/;
/** What may stand behind the `;` of a COPY, in its line: psql would take SQL there up behind the rows. */
const NOTHING_MORE = /^\s*(?:--[^\r]*)?\r?$/;

/**
 * Splits a script as psql does (psqlscan.l, standard_conforming_strings on): a `;` ends a statement outside of
 * quotes, dollar quotes, comments, parentheses and the BEGIN ATOMIC ... END of a routine.
 */
export function lex(text: string, quotes: "with-quotes" | "without-quotes" = "without-quotes"): Lexed {
  return new Lexer(text, quotes === "with-quotes").run();
}

const DOUBLE_QUOTE = 34;
const DOLLAR = 36;
const QUOTE = 39;
const OPEN = 40;
const CLOSE = 41;
const STAR = 42;
const DASH = 45;
const DOT = 46;
const SLASH = 47;
const SEMICOLON = 59;
const BACKSLASH = 92;
const LETTER_E = 101;

class Lexer {
  private readonly statements = new Spans();
  private readonly comments: Comment[] = [];
  private readonly metas: MetaCommand[] = [];
  private readonly faults: LexFault[] = [];
  private readonly long_names: Span[] = [];
  private readonly copy_rows: CopyRows[] = [];
  private readonly quotes: Quoted[] = [];
  private readonly keeps_quotes: boolean;

  private readonly text: string;
  private at = 0;
  private start = -1;
  private last = 0;
  private readonly head = new StatementHead();
  private broken = false;
  /** Where each open parenthesis stands. */
  private open: number[] = [];

  constructor(text: string, keeps_quotes: boolean) {
    this.text = text;
    this.keeps_quotes = keeps_quotes;
  }

  run(): Lexed {
    const { text } = this;
    const length = text.length;
    while (this.at < length) {
      const code = text.charCodeAt(this.at);
      const kind = code < 128 ? begins[code] : 1;
      // Spaces and words first: they are most of any script.
      if (kind === 0) this.at++;
      else if (kind === 1) this.word();
      else if (kind === 2) this.number();
      else this.special(code);
    }
    this.finish();
    const { statements, comments, metas, faults, long_names, copy_rows, quotes: quoted } = this;
    return { statements, comments, metas, faults, long_names, copy_rows, quoted };
  }

  private special(code: number): void {
    const { text, at } = this;
    if (code === QUOTE) this.quoted("quote", quotedEnd(text, at, "'"));
    else if (code === DOUBLE_QUOTE) this.quotedName();
    else if (code === SEMICOLON) this.semicolon();
    else if (code === DOLLAR) this.dollar();
    else if (code === BACKSLASH) this.meta();
    else if (code === DASH && text.charCodeAt(at + 1) === DASH) this.lineComment();
    else if (code === SLASH && text.charCodeAt(at + 1) === STAR) this.blockComment();
    else {
      if (code === OPEN) this.open.push(at);
      else if (code === CLOSE && this.open.pop() === undefined) this.fail("closing", at);
      this.token(at + 1);
    }
  }

  /** Takes everything up to `end` as part of the statement. */
  private token(end: number): void {
    if (this.start < 0) this.start = this.at;
    this.head.other();
    this.at = end;
    this.last = end;
  }

  private quoted(kind: LexFault["kind"], end: number): void {
    if (end < 0) this.fail(kind, this.at);
    const close = end < 0 ? this.text.length : end;
    if (this.keeps_quotes) this.keepQuote(kind, close);
    this.token(close);
  }

  private keepQuote(kind: LexFault["kind"], end: number): void {
    const start = this.at;
    const escapes = this.text[start] !== "'" || /U&$/i.test(this.text.slice(Math.max(0, start - 2), start));
    if (kind === "identifier" || kind === "dollar-quote") this.quotes.push({ kind, start, end });
    else this.quotes.push({ kind: escapes ? "escape-quote" : "quote", start, end });
  }

  private quotedName(): void {
    const start = this.at;
    this.quoted("identifier", quotedEnd(this.text, start, '"'));
    this.noteName(start + 1, this.at - 1);
  }

  private dollar(): void {
    const { text, at } = this;
    const tag = dollarTag(text, at);
    if (tag === null) {
      this.token(parameterEnd(text, at));
      return;
    }
    const close = text.indexOf(tag, at + tag.length);
    this.quoted("dollar-quote", close < 0 ? -1 : close + tag.length);
  }

  private lineComment(): void {
    const start = this.at;
    this.at = lineEnd(this.text, start);
    this.comments.push({ kind: "line", start, end: this.at });
  }

  private blockComment(): void {
    const start = this.at;
    const end = blockCommentEnd(this.text, start);
    if (end < 0) this.fail("comment", start);
    this.at = end < 0 ? this.text.length : end;
    this.comments.push({ kind: "block", start, end: this.at });
  }

  private number(): void {
    const { text } = this;
    let end = this.at + 1;
    // Letters too: 0x1F, 1e5, 1_000. A `$` may begin a dollar quote here, unlike in a name.
    for (; end < text.length; end++) {
      const code = text.charCodeAt(end);
      if (code >= 128 || code === DOLLAR || continues_name[code] === 0) break;
    }
    this.token(end);
  }

  private word(): void {
    const { text, at } = this;
    let end = at;
    let bits = 0;
    for (; end < text.length; end++) {
      const code = text.charCodeAt(end);
      if (code < 128 && continues_name[code] === 0) break;
      bits |= code;
    }
    const length = end - at;
    if (length === 1 && (bits | 32) === LETTER_E && text.charCodeAt(end) === QUOTE) {
      this.quoted("quote", escapeStringEnd(text, end));
      return;
    }
    if (length > MAX_NAME_BYTES || (bits > 127 && length * 3 > MAX_NAME_BYTES)) this.noteName(at, end);
    if (!this.head.settled) {
      const nested = this.open.length > 0 || text.charCodeAt(this.last - 1) === DOT;
      this.head.word(text.slice(at, end), at, nested);
    }
    if (this.start < 0) this.start = at;
    this.at = end;
    this.last = end;
  }

  private semicolon(): void {
    if (this.open.length > 0 || this.head.in_body) {
      this.token(this.at + 1);
      return;
    }
    const copy = this.head.takes_rows ? this.start : -1;
    this.at++;
    this.endStatement();
    if (copy >= 0) this.copyRows(copy);
  }

  /** As psql reads them: from the next line on, up to a line that is `\\.` and nothing else. */
  private copyRows(of: number): void {
    const { text, at } = this;
    const line = text.indexOf("\n", at);
    const rest = text.slice(at, line < 0 ? text.length : line);
    const comment = rest.indexOf("--");
    if (!NOTHING_MORE.test(rest)) this.faults.push({ kind: "before-rows", offset: at + rest.search(/\S/) });
    else if (comment >= 0) {
      this.comments.push({ kind: "line", start: at + comment, end: lineEnd(text, at + comment) });
    }
    const start = line < 0 ? text.length : line + 1;
    const end = rowsEnd(text, start);
    if (end < 0) this.faults.push({ kind: "rows", offset: of });
    else this.copy_rows.push({ of, start, end });
    this.at = end < 0 ? text.length : end + END_OF_ROWS.length;
  }

  private meta(): void {
    const start = this.at;
    const end = lineEnd(this.text, start);
    const inside = this.start >= 0;
    this.metas.push({ start, end, inside });
    this.at = end;
    if (!inside) return;
    this.broken = true;
    if (SENDS_STATEMENT.test(this.text.slice(start, start + 9))) this.endStatement();
  }

  private endStatement(): void {
    if (this.start >= 0 && !this.broken) this.statements.add(this.start, this.last);
    this.start = -1;
    this.head.reset();
    this.broken = false;
    this.open.length = 0;
  }

  private finish(): void {
    const [paren] = this.open;
    // Within an unterminated quote the other openings mean nothing.
    if (!this.faults.some((fault) => fault.kind !== "closing")) {
      if (paren !== undefined) this.fail("parenthesis", paren);
      else if (this.head.in_body) this.fail("body", this.head.body_start);
      else if (this.start >= 0 && this.head.takes_rows)
        this.faults.push({ kind: "rows", offset: this.start });
    }
    this.endStatement();
  }

  private fail(kind: LexFault["kind"], offset: number): void {
    this.faults.push({ kind, offset });
    this.broken = true;
  }

  private noteName(start: number, end: number): void {
    if ((end - start) * 3 <= MAX_NAME_BYTES) return;
    const name = this.text.slice(start, end);
    if (encoder.encode(name).length > MAX_NAME_BYTES) this.long_names.push({ start, end });
  }
}
