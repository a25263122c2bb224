import type { Script, Statement } from "../script/script.ts";
import { RowPieces } from "../sql/copy_rows.ts";
import { GROUP_LENGTH, LOCK_TIMEOUT_DDL_MS, LOCK_TIMEOUT_DML_MS } from "./limits.ts";

/** One statement within a group: the user's, or one of ours before it. */
export interface Part {
  /** null for a statement of ours. */
  readonly statement: Statement | null;
  /** UTF-16 offset of the part within the group's text. */
  readonly offset: number;
}

/** Statements of a script that travel together, and where each of them came from. */
export interface ScriptGroup {
  readonly text: string;
  readonly script: Script;
  readonly parts: readonly Part[];
  /** How many of the parts are the user's. */
  readonly statements: number;
  /** It holds a statement that takes a strong lock; such a statement travels alone and is timed singly. */
  readonly strong: boolean;
  /** Of a COPY ... FROM stdin, which travels alone too: its rows, in pieces; else null. */
  readonly rows: Iterable<string> | null;
}

/**
 * A script as groups of at most 64 kB, in order. One statement that takes a strong lock is a group of its own, and
 * so is a COPY with its rows.
 * The lock timeout follows the class of the statement, unless the file says its own; `lock_timeout_ddl_ms` is
 * that of DDL, and of everything behind it.
 */
export const scriptGroups = (
  script: Script,
  lock_timeout_ddl_ms: number = LOCK_TIMEOUT_DDL_MS,
): readonly ScriptGroup[] => [...eachGroup(script, lock_timeout_ddl_ms)];

/** The same groups, each made when it is due: of a large script no more than a few are needed at a time. */
export function* eachGroup(
  script: Script,
  lock_timeout_ddl_ms: number = LOCK_TIMEOUT_DDL_MS,
): Generator<ScriptGroup> {
  const limits = limitsOf(script, lock_timeout_ddl_ms);
  let open = newGroup();
  for (const statement of script.statements) {
    const text = statement.replacement ?? script.file.text.slice(statement.start, statement.end);
    const alone = statement.strong || statement.rows !== null;
    const full = alone || open.length + text.length > GROUP_LENGTH;
    if (full && open.parts.length > 0) {
      yield closed(open, script);
      open = newGroup();
    }
    for (const limit of limits(statement)) append(open, limit, null);
    append(open, text, statement);
    if (alone) {
      yield closed(open, script);
      open = newGroup();
    }
  }
  if (open.parts.length > 0) yield closed(open, script);
}

/** Between the statements of a message. */
export const SEPARATOR = ";\n";

interface OpenGroup {
  readonly texts: string[];
  readonly parts: Part[];
  length: number;
}

const newGroup = (): OpenGroup => ({ texts: [], parts: [], length: 0 });

function append(open: OpenGroup, text: string, statement: Statement | null): void {
  open.parts.push({ statement, offset: open.length });
  open.texts.push(text);
  open.length += text.length + SEPARATOR.length;
}

function closed(open: OpenGroup, script: Script): ScriptGroup {
  const rows = open.parts.at(-1)?.statement?.rows ?? null;
  return {
    text: open.texts.join(SEPARATOR),
    script,
    parts: open.parts,
    statements: open.parts.filter(({ statement }) => statement !== null).length,
    strong: open.parts.some((part) => part.statement?.strong === true),
    rows: rows === null ? null : new RowPieces(script.file.text, rows),
  };
}

/** Remembers the limits in force and tells which SET LOCALs a statement needs before it. */
function limitsOf(script: Script, ddl_ms: number): (statement: Statement) => readonly string[] {
  const { lock_timeout_ms, statement_timeout_ms } = script.directives;
  const first: string[] = [];
  if (lock_timeout_ms !== null) first.push(`SET LOCAL lock_timeout TO ${lock_timeout_ms}`);
  if (statement_timeout_ms !== null) first.push(`SET LOCAL statement_timeout TO ${statement_timeout_ms}`);
  let inForce: number | null = LOCK_TIMEOUT_DDL_MS;
  let strongHeld = false;
  let begun = false;
  return (statement) => {
    const sets = begun ? [] : [...first];
    begun = true;
    if (lock_timeout_ms === null && statement.class !== "session" && script.role !== "verify") {
      const alone = statement.class === "dml" && !strongHeld;
      const wanted = alone ? Math.max(LOCK_TIMEOUT_DML_MS, ddl_ms) : ddl_ms;
      if (wanted !== inForce) sets.push(`SET LOCAL lock_timeout TO ${wanted}`);
      inForce = wanted;
    }
    // RESET ALL and ROLLBACK TO take ours back.
    if (statement.class === "session") inForce = null;
    strongHeld ||= statement.strong;
    return sets;
  };
}
