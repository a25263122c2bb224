import type { Span, Spans } from "./spans.ts";

export interface Comment extends Span {
  readonly kind: "line" | "block";
}

/** A psql command: from its backslash to the end of the line. */
export interface MetaCommand extends Span {
  /** It stands within a statement, whose text cannot be sent as it is. */
  readonly inside: boolean;
}

/**
 * What was opened at `offset` and not closed; `closing` is a `)` that closes nothing; `rows`: of this COPY ... FROM stdin
 * nothing ends the rows; `before-rows`: what stands between its `;` and the rows.
 */
export interface LexFault {
  readonly kind:
    | "quote"
    | "identifier"
    | "dollar-quote"
    | "comment"
    | "parenthesis"
    | "closing"
    | "body"
    | "rows"
    | "before-rows";
  readonly offset: number;
}

export interface Lexed {
  /** From the first token to the end of the last one, without the `;`. Statements with a fault are left out. */
  readonly statements: Spans;
  readonly comments: readonly Comment[];
  readonly metas: readonly MetaCommand[];
  readonly faults: readonly LexFault[];
  /** Names longer than the 63 bytes that the server keeps. */
  readonly long_names: readonly Span[];
  /** What stands behind each COPY ... FROM stdin; it was passed over. */
  readonly copy_rows: readonly CopyRows[];
  /** Strings, quoted names and dollar quotes; empty unless they were asked for. */
  readonly quoted: readonly Quoted[];
}

/** The lines between a COPY ... FROM stdin and its `\\.`, with their ends; `of` is where its statement starts. */
export interface CopyRows extends Span {
  readonly of: number;
}

/** Quoted text with its quotes. `escape-quote`: a backslash takes the next character. */
export interface Quoted extends Span {
  readonly kind: "quote" | "escape-quote" | "identifier" | "dollar-quote";
}
