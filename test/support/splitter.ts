import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseSync } from "libpg-query";
import { lex } from "#engine/sql/lex.ts";
import { parseStatement } from "#engine/sql/parse.ts";
import { advanceBytes } from "#engine/sql/position.ts";

/** A file of the corpus, and the statements that a person reads in it. */
export interface CorpusFile {
  readonly name: string;
  readonly text: string;
  readonly expected: readonly string[];
}

const CORPUS = join(import.meta.dirname, "..", "engine", "sql", "corpus");

/** `NAME.sql` with `NAME.expected`, whose statements stand between lines of five dashes. */
export function readCorpus(): readonly CorpusFile[] {
  return readdirSync(CORPUS)
    .filter((name) => name.endsWith(".sql"))
    .map((name) => {
      const read = (file: string) => readFileSync(join(CORPUS, file), "utf8");
      const expected = read(name.replace(/sql$/, "expected")).replace(/\n$/, "").split("\n-----\n");
      return { name, text: read(name), expected };
    });
}

/** `17-25`: where the statements of a text begin and end; null where it is refused. */
export type Boundaries = readonly string[] | null;

/** As the job splits and parses it, one by one. */
export function ours(text: string): Boundaries {
  const { statements, faults, metas, copy_rows } = lex(text);
  if (faults.length + metas.length + copy_rows.length > 0 || text.includes("\0")) return null;
  const spans = [...statements];
  const parsed = spans.every(({ start, end }) => parseStatement(text.slice(start, end)).kind === "statement");
  return parsed ? spans.map(({ start, end }) => `${start}-${end}`) : null;
}

/** As PostgreSQL's own parser reads the text as a whole. */
export function parsers(text: string): Boundaries {
  // It takes no empty text, which any splitter splits into nothing.
  if (text === "") return [];
  try {
    return (parseSync(text).stmts ?? []).map(({ stmt_location = 0, stmt_len }) => {
      const start = advanceBytes(text, 0, stmt_location);
      const end = stmt_len === undefined ? text.length : advanceBytes(text, start, stmt_len);
      return `${start}-${start + withoutTail(text.slice(start, end))}`;
    });
  } catch {
    return null;
  }
}

/** The parser counts what stands before the `;` as part of a statement: blanks and comments at its end. */
function withoutTail(statement: string): number {
  const [span] = lex(statement).statements;
  return span?.end ?? statement.length;
}
