import { type Fault, fault } from "../errors.ts";
import { isDirective } from "../script/directives.ts";
import { leadingComments } from "../script/leading_comments.ts";
import {
  type Directives,
  readScript,
  type Script,
  type ScriptFile,
  type ScriptOptions,
  type ScriptRole,
  type Statement,
} from "../script/script.ts";
import { END_OF_ROWS } from "../sql/copy_rows.ts";
import { lex } from "../sql/lex.ts";
import type { Lexed } from "../sql/lexed.ts";
import { blockCommentEnd, lineEnd } from "../sql/quoted_text.ts";
import { changedSettings, resetStatement } from "./changed_settings.ts";
import { asSpelled, placeholderFaults } from "./placeholder_places.ts";

/** A script as it can stand between others in one file. */
export interface Part {
  readonly file: ScriptFile;
  /** With the placeholders as the user's file has them; without its own BEGIN and COMMIT, without directives; behind its last statement what it set is put back. */
  readonly text: string;
  readonly statements: number;
  readonly directives: Directives;
}

/** What a text loses, or has in the place of it. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * Reads a script as a part; `loadParser()` must have been awaited. What stands behind its last statement (notes, a
 * rollback in a comment) is left out. `shared`: what it sets is meant for the files behind it, and stays.
 */
export function readPart(
  file: ScriptFile,
  role: ScriptRole,
  options: ScriptOptions,
  shared: boolean,
): { readonly part: Part | null; readonly faults: readonly Fault[] } {
  const { script, faults } = readScript(file, role, options);
  if (script === null) return { part: null, faults };
  if (script.directives.no_transaction) {
    const message = `${file.path} runs outside of a transaction, and a consolidated migration is one transaction.`;
    return { part: null, faults: [fault("cannot-consolidate", message, { file: file.path })] };
  }
  const { text } = script.file;
  const lexed = lex(text);
  const misplaced = placeholderFaults(script);
  if (misplaced.length > 0) return { part: null, faults: misplaced };
  const last = [...script.statements].at(-1);
  if (last === undefined) return { part: partOf(file, script, ""), faults: [] };
  const end = endOf(text, last, lexed);
  const edits = [...directiveLines(text), ...statementEdits(text, script, lexed), ...asSpelled(script.file)];
  const kept = applied(text.slice(0, end), edits);
  const closed = end > last.end ? kept : `${kept};`;
  const reset = shared ? [] : changedSettings(text, script.statements).map(resetStatement);
  const lines = [closed.trim(), ...reset];
  return { part: partOf(file, script, lines.join("\n")), faults: [] };
}

/** The file is the one that was given: its placeholders are not filled in. */
const partOf = (file: ScriptFile, { directives, statements }: Script, text: string): Part => ({
  file,
  text,
  statements: statements.length,
  directives,
});

/** Behind the statement's `;`, and behind the line that ends the rows of a COPY. */
function endOf(text: string, { start, end }: Statement, { copy_rows }: Lexed): number {
  const rows = copy_rows.find(({ of }) => of === start);
  return rows === undefined ? closing(text, end) : rows.end + END_OF_ROWS.length;
}

/** Behind the `;` that ends the statement whose last token ends at `end`; `end` itself where the text ends first. */
function closing(text: string, end: number): number {
  for (let at = end; at < text.length; ) {
    const two = text.slice(at, at + 2);
    if (two[0] === ";") return at + 1;
    if (two === "--") at = lineEnd(text, at);
    else if (two === "/*") at = Math.max(blockCommentEnd(text, at), at + 1);
    else at += 1;
  }
  return end;
}

const directiveLines = (text: string): readonly Edit[] =>
  leadingComments(text)
    .comments.filter(({ text: comment }) => isDirective(comment))
    .map(({ start }) => wholeLine(text, start, lineEnd(text, start)));

/** What the reader of scripts takes off goes, what it sends in another form is written in it. */
function statementEdits(text: string, script: Script, { statements }: Lexed): readonly Edit[] {
  const sent = new Map([...script.statements].map(({ start, replacement }) => [start, replacement]));
  return [...statements].flatMap(({ start, end }): readonly Edit[] => {
    const replacement = sent.get(start);
    if (replacement === undefined) return [wholeLine(text, start, closing(text, end))];
    return replacement === null ? [] : [{ start, end, text: replacement }];
  });
}

/** The line too where nothing else stands on it. */
function wholeLine(text: string, start: number, end: number): Edit {
  const before = /[^\S\n]*$/.exec(text.slice(text.lastIndexOf("\n", start - 1) + 1, start))?.[0].length ?? 0;
  const bare = start - before === 0 || text[start - before - 1] === "\n";
  const after = /^[^\S\n]*(?:\n|$)/.exec(text.slice(end))?.[0].length;
  return bare && after !== undefined
    ? { start: start - before, end: end + after, text: "" }
    : { start, end, text: "" };
}

function applied(text: string, edits: readonly Edit[]): string {
  let at = 0;
  const pieces: string[] = [];
  for (const edit of edits.toSorted((a, b) => a.start - b.start)) {
    if (edit.start >= text.length) break;
    pieces.push(text.slice(at, edit.start), edit.text);
    at = edit.end;
  }
  return [...pieces, text.slice(at)].join("");
}
