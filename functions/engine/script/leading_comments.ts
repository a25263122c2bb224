import { blockCommentEnd, lineEnd } from "../sql/quoted_text.ts";

export interface LineComment {
  /** Without the dashes. */
  readonly text: string;
  /** UTF-16 offset of its first dash. */
  readonly start: number;
}

/**
 * The `--` comments before a script's first statement, and where that statement begins. Block comments and
 * lines that are psql commands are passed over. Cheap: it reads no further than the first statement.
 */
export function leadingComments(text: string): {
  readonly comments: readonly LineComment[];
  readonly end: number;
} {
  const comments: LineComment[] = [];
  let at = 0;
  while (at < text.length) {
    const two = text.slice(at, at + 2);
    if (two === "--" || two[0] === "\\") {
      const end = lineEnd(text, at);
      if (two === "--") comments.push({ text: text.slice(at + 2, end), start: at });
      at = end;
    } else if (two === "/*") {
      const end = blockCommentEnd(text, at);
      if (end < 0) break;
      at = end;
    } else if (/^[ \t\n\r\f\v]/.test(two)) at++;
    else break;
  }
  return { comments, end: at };
}
