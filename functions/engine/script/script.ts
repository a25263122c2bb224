import type { Fault } from "../errors.ts";
import { fillPlaceholders } from "../placeholders/fill.ts";
import type { Filled } from "../placeholders/filled.ts";
import type { Filling } from "../placeholders/values.ts";
import type { Lexed } from "../sql/lexed.ts";
import type { Span } from "../sql/spans.ts";
import { NO_TRANSACTION, readDirectives } from "./directives.ts";
import { FaultList } from "./fault_list.ts";
import { refuseUncommentedDown } from "./inline_down.ts";
import { lexScript } from "./lexical_faults.ts";
import { takeOffPair } from "./pair.ts";
import { adjustPrologue } from "./prologue.ts";
import { ownLimits, type SettingStatement, settingsLeft } from "./settings.ts";
import { StatementTable, type Traits } from "./statement_table.ts";
import { addRefusal, type ReadStatement, readStatements } from "./statements.ts";
import { divide, type Unit } from "./units.ts";
import { scriptWarnings } from "./warnings.ts";

export { readHeader } from "../bundle/header.ts";
export { loadParser } from "../sql/parse.ts";
export { readDirectives } from "./directives.ts";
export { inlineRollback } from "./inline_down.ts";
export type { Unit, WorkUnit } from "./units.ts";

/** The three scripts a migration may have. */
export type ScriptRole = "up" | "rollback" | "verify";

/**
 * A script's text as read, not yet parsed. Offsets into `text` are offsets into the user's file, unless its placeholders
 * were filled in: `placeIn` knows both.
 */
export interface ScriptFile {
  /** Path from the bundle's root, with `/`. */
  readonly path: string;
  /** The file as UTF-8 text without a leading BOM. Of an inline rollback: the whole file, blank outside the block. */
  readonly text: string;
  /** sha256 (hex) of the text with line ends normalised: what decides whether a file was changed. */
  readonly checksum: string;
  /** sha256 (hex) of the bytes. */
  readonly checksum_raw: string;
  /** The text before its placeholders were filled in: the checksums are of that. */
  readonly filled?: Filled;
}

/**
 * What a statement may wait for and hold. `ddl`: DDL and LOCK (short lock timeout). `dml`: INSERT, UPDATE,
 * DELETE, MERGE, SELECT, DO, CALL, COPY (long lock timeout while nothing strong is held). `session`: SET,
 * RESET, SAVEPOINT and the like, which wait for nothing.
 */
export type StatementClass = "ddl" | "dml" | "session";

/** One statement of a script. `start` and `end` are UTF-16 offsets into the script's text, without the `;`. */
export interface Statement {
  readonly start: number;
  readonly end: number;
  readonly class: StatementClass;
  /**
   * It takes a lock stronger than a reader's on something that this script did not make itself, so others
   * may wait for it until the commit. Conservative: true where in doubt.
   */
  readonly strong: boolean;
  /** The rows behind a COPY ... FROM stdin, which travel with it: UTF-16 offsets; null for any other statement. */
  readonly rows: Span | null;
  /** What to send instead of the text (`SET x` as `SET LOCAL x` from a pg_dump prologue), or null. */
  readonly replacement: string | null;
}

/** Statements in order, as an array has them; of a large script each is made when it is asked for. */
export interface Statements extends Iterable<Statement> {
  readonly length: number;
  at(index: number): Statement | undefined;
}

export interface Directives {
  readonly no_transaction: boolean;
  /** The reason given, or null where the migration can be rolled back. */
  readonly irreversible: string | null;
  readonly lock_timeout_ms: number | null;
  readonly statement_timeout_ms: number | null;
}

/** A script that was parsed and holds nothing that is refused. */
export interface Script {
  readonly file: ScriptFile;
  readonly role: ScriptRole;
  readonly directives: Directives;
  /** Without an outer BEGIN and COMMIT, which are taken off. May be empty. */
  readonly statements: Statements;
  /** Names of settings that a plain SET leaves behind. */
  readonly settings_left: readonly string[];
  /** The parser cannot know what it sets: it has a DO, a CALL, or calls a function. */
  readonly opaque: boolean;
  /** It can return a `status` column or raise: only then a verification checks something. */
  readonly can_fail: boolean;
  /** Of a script that runs outside of a transaction, what is done one after the other; else empty. */
  readonly units: readonly Unit[];
  readonly warnings: readonly Fault[];
}

/** What the reading of scripts must know of the bundle and the job. */
export interface ScriptOptions {
  /** From bundle.json: statements that are refused unless allowed. */
  readonly allow: readonly ("dblink" | "copy-program")[];
  /** Unquoted schema name that holds our own tables. */
  readonly history_schema: string;
  /** Names of functions in it that are ours; none where no database was looked at. */
  readonly own_functions?: readonly string[];
  /** The job runs under `--role`: then a script's own SET ROLE is refused. */
  readonly under_role: boolean;
  /** The bundle's placeholders and their values; null where `${name}` is text. */
  readonly placeholders: Filling | null;
}

/**
 * Parses and judges a script; `loadParser()` must have been awaited. All faults are gathered, in order of place
 * and at most fifty; `script` is null where there is any. Nothing is sent anywhere.
 */
export function readScript(
  source: ScriptFile,
  role: ScriptRole,
  options: ScriptOptions,
): { readonly script: Script | null; readonly faults: readonly Fault[] } {
  const { file, faults: unfilled } = fillPlaceholders(source, options.placeholders);
  if (unfilled.length > 0) return { script: null, faults: unfilled };
  const { text } = file;
  const { directives, faults: wrong } = readDirectives(file);
  const faults = new FaultList(file);
  if (role === "verify") refuseNoTransaction(text, directives, faults);
  const lexed = lexScript(text, faults);
  const context = { role, options, no_transaction: directives.no_transaction };
  const read = readStatements(text, lexed.statements, context, faults);
  const rows = rowsByStatement(lexed);
  const whole = lexed.faults.length === 0 && read.statements.length === lexed.statements.length;
  const outside = directives.no_transaction && role !== "verify";
  const pair = takeOffPair(outside ? [] : read.statements, role, whole);
  const placed = outside ? read.statements.map((one, i) => placedAt(one, read.spans.at(i), rows)) : [];
  const divided = divide(file, placed, role, whole);
  for (const refusal of [...pair.refusals, ...divided.refusals]) {
    addRefusal(refusal, text, read.spans.at(refusal.index), faults);
  }
  if (role === "up") refuseUncommentedDown(text, lexed, faults);

  // Outside of a transaction its settings are units, and SET LOCAL would do nothing.
  const adjusted = adjustPrologue(outside ? [] : read.statements);
  const dropped = new Set(pair.taken_off);
  const kept: Traits[] = [];
  const setting: SettingStatement[] = [];
  let [opaque, can_fail] = [false, false];
  const traits = traitsOf();
  read.statements.forEach((statement, index) => {
    const replacement = adjusted.get(index);
    // A group's BEGIN and COMMIT are the job's.
    if (replacement === null || (outside && statement.transaction !== null)) dropped.add(index);
    if (dropped.has(index)) return;
    kept.push(traits(statement, replacement ?? null));
    opaque ||= statement.opaque;
    can_fail ||= statement.can_fail;
    const { settings } = statement;
    const span = settings.length === 0 ? null : read.spans.at(index);
    if (span !== null) setting.push({ settings, span, replacement: replacement ?? null });
  });
  const limits = ownLimits(setting, text, faults);
  const all = [...wrong, ...faults.sorted()];
  if (all.length > 0) return { script: null, faults: all };

  const [prologue = null] = adjusted.keys();
  const script: Script = {
    file,
    role,
    directives: {
      ...directives,
      lock_timeout_ms: directives.lock_timeout_ms ?? limits.lock_timeout_ms,
      statement_timeout_ms: directives.statement_timeout_ms ?? limits.statement_timeout_ms,
    },
    statements: new StatementTable(read.spans.without(dropped), kept, rows),
    settings_left: outside ? [] : settingsLeft(setting),
    opaque,
    can_fail,
    units: divided.units,
    warnings: scriptWarnings(file, role, lexed, kept, prologue === null ? null : read.spans.at(prologue)),
  };
  return { script, faults: [] };
}

/** The rows of each COPY ... FROM stdin by where its statement starts; null where the script has none. */
function rowsByStatement({ copy_rows }: Lexed): ReadonlyMap<number, Span> | null {
  return copy_rows.length === 0 ? null : new Map(copy_rows.map(({ of, start, end }) => [of, { start, end }]));
}

const placedAt = (read: ReadStatement, span: Span, rows: ReadonlyMap<number, Span> | null) => ({
  ...read,
  span,
  rows: rows?.get(span.start) ?? null,
});

/** Gives statements that are alike the same traits. */
function traitsOf(): (statement: ReadStatement, replacement: string | null) => Traits {
  const known = new Map<ReadStatement, Traits>();
  return (statement, replacement) => {
    const made = { class: statement.class, strong: statement.strong, replacement };
    if (replacement !== null) return made;
    const same = known.get(statement) ?? made;
    known.set(statement, same);
    return same;
  };
}

function refuseNoTransaction(text: string, directives: Directives, faults: FaultList): void {
  if (!directives.no_transaction) return;
  const at = Math.max(0, text.search(NO_TRANSACTION));
  const message = "A verification runs in a transaction.";
  faults.add("directive-invalid", message, at, "Remove the directive.");
}
