/** How much a finding weighs: it does not run as it stands, it runs and does harm or lacks something, or it is good to know. */
export type Weight = "error" | "warning" | "info";

interface Kind {
  readonly weight: Weight;
  /** What was found, in the plural, as a summary counts it. */
  readonly what: string;
  /** What to do; `DIR` stands for the folder that was audited. */
  readonly remedy: string;
}

const kind = (weight: Weight, what: string, remedy: string): Kind => ({ weight, what, remedy });

const IMPORT = "`paws-migrate import DIR --to BUNDLE`";

/** Every kind of finding, in the order in which a summary lists them. */
export const FINDINGS = {
  // cannot be read
  "unreadable-file": kind(
    "error",
    "files that cannot be read",
    "Put the file itself in the place of a link; else give this user the right to read it.",
  ),
  "not-text": kind("error", "files that are not UTF-8 text", "Save them as UTF-8 without NUL bytes."),
  unparsable: kind(
    "error",
    "statements that cannot be parsed",
    "Correct the SQL at the places shown; `paws-migrate audit DIR` looks again.",
  ),
  // cannot run as they stand
  "psql-command": kind(
    "error",
    "commands of psql",
    `Write them in SQL; ${IMPORT} carries the rest over and lists what is left.`,
  ),
  "psql-variable": kind("error", "variables of psql", "Write the value itself into the SQL."),
  "template-variable": kind("error", "variables of a template", "Write the value itself into the SQL."),
  untranslated: kind(
    "error",
    "places that SQL alone does not say",
    `Write them in SQL; ${IMPORT} carries the rest over and lists what is left.`,
  ),
  "copy-rows": kind(
    "error",
    "COPY whose rows cannot be read",
    "Put the rows, as text or CSV, in the lines behind the COPY, and end them with a line `\\.`.",
  ),
  "transaction-control": kind(
    "error",
    "transactions that a script ends or nests by itself",
    "Keep one BEGIN and one COMMIT around all of it, or split it: `paws-migrate create NAME`.",
  ),
  "non-transactional": kind(
    "error",
    "statements that cannot run in a transaction",
    "Put them into a migration of their own (`paws-migrate create NAME`), with `-- migrate: no-transaction` at its head.",
  ),
  "enum-value-used": kind(
    "error",
    "new values of a type, used in the transaction that adds them",
    "Add the value in a migration before: `paws-migrate create NAME`.",
  ),
  "down-runs": kind(
    "error",
    "rollbacks that would run with the migration",
    "Put the rollback into a file below rollback/, or into a comment (/* ... */).",
  ),
  refused: kind("error", "statements that a run refuses", "Do what is said of each."),
  "layout-broken": kind(
    "error",
    "contradictions among the files",
    "Correct the names; `paws-migrate audit DIR` looks again.",
  ),
  // names
  "same-version": kind(
    "error",
    "versions that two files have",
    `Rename one of each to the name shown; or ${IMPORT} numbers all in their order.`,
  ),
  "name-unusable": kind(
    "error",
    "names without a version that can be used",
    `Rename them to the names shown; or ${IMPORT} numbers all in their order and keeps a map to the old names.`,
  ),
  "name-convention": kind(
    "warning",
    "names against the convention",
    `Rename what no database has applied yet to the names shown; ${IMPORT} keeps a map to the old names of the rest.`,
  ),
  "name-numbered": kind(
    "info",
    "names with a number for a version",
    "Nothing to do: one way of naming is kept. The names shown are those of the convention.",
  ),
  "name-other-tool": kind(
    "info",
    "names after another tool's rule",
    `Nothing to do there; ${IMPORT} carries them over. The names shown are those of the convention.`,
  ),
  // what is missing
  "no-rollback": kind(
    "warning",
    "migrations without a rollback",
    "Write rollback/NAME_rollback.sql for each, or `-- migrate: irreversible REASON`; `paws-migrate create NAME` shows the form.",
  ),
  "empty-rollback": kind("warning", "rollbacks without a statement", "Write what undoes the migration."),
  "no-verification": kind(
    "warning",
    "migrations without a verification",
    "Write verify/NAME_verify.sql for each; `paws-migrate create NAME` shows the form.",
  ),
  "lone-script": kind(
    "warning",
    "rollbacks and verifications without their migration",
    "Rename each after its migration, or remove it.",
  ),
  empty: kind("warning", "files without a statement", "Remove them, or leave them as markers."),
  // what does harm
  "seed-in-schema": kind(
    "warning",
    "seed rows among schema changes",
    "Move the rows into a migration of their own (`paws-migrate create NAME`), or below seed/.",
  ),
  "drops-data": kind(
    "warning",
    "statements that drop what holds data",
    "Make sure that the data is kept or not wanted, and say so in the header: `Breaking Changes: Yes`.",
  ),
  "every-row": kind(
    "warning",
    "DELETE and UPDATE of every row",
    "Add a WHERE, or make sure that every row is meant.",
  ),
  cascade: kind(
    "warning",
    "statements with CASCADE",
    "Name what goes: CASCADE takes along what others have built on it.",
  ),
  "column-type": kind(
    "warning",
    "columns that get another type",
    "Expect the table to be rewritten and locked; on a large one add a column and copy in steps.",
  ),
  "long-name": kind("warning", "names that the server cuts to 63 bytes", "Use shorter names."),
  // what is there twice, or scattered
  "duplicate-file": kind("warning", "files that say the same", "Keep one of them."),
  "duplicate-statement": kind(
    "info",
    "files with statements of another file",
    "Keep the statement in one of them.",
  ),
  consolidate: kind(
    "info",
    "groups of files that belong together",
    "In a bundle, make one of each group: `paws-migrate consolidate DIR --versions LIST --name NAME`.",
  ),
  "changed-again": kind(
    "info",
    "objects that several files change",
    "Read these files together before you change one of them.",
  ),
  // good to know
  "own-transaction": kind(
    "info",
    "files with their own BEGIN and COMMIT",
    "Nothing to do: the pair is taken off.",
  ),
  "outside-transaction": kind(
    "info",
    "statements that run outside of a transaction, as their file says",
    "Nothing to do.",
  ),
  "setting-left": kind(
    "info",
    "files that leave a setting behind",
    'Use SET LOCAL; where later files need it, put `"session": "shared"` into bundle.json.',
  ),
  "left-out": kind("info", "files that are no migration", "Make sure that this is so."),
} as const satisfies Readonly<Record<string, Kind>>;

export type FindingCode = keyof typeof FINDINGS;

/** One thing that was found. Lines and columns count from 1, columns in code points. */
export interface Finding {
  readonly code: FindingCode;
  readonly weight: Weight;
  readonly message: string;
  readonly remedy: string;
  readonly file: string | null;
  readonly line: number | null;
  readonly column: number | null;
  /** The line of the file, and below it a caret. */
  readonly excerpt: string | null;
  /** The other files that it is about. */
  readonly related: readonly string[];
}

/** A finding with its kind's weight and remedy, and everything not said null. */
export function finding(
  code: FindingCode,
  message: string,
  more: Partial<Omit<Finding, "code" | "weight" | "message">> = {},
): Finding {
  const { weight, remedy } = FINDINGS[code];
  const nothing = { file: null, line: null, column: null, excerpt: null, related: [] };
  return { code, weight, message, remedy, ...nothing, ...more };
}
