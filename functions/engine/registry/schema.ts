import { quoteIdentifier, quoteLiteral } from "../sql/quote.ts";
import {
  BUNDLES,
  CHECKLISTS,
  type Columns,
  EVENTS,
  EVENTS_ADDED_4,
  HISTORY_ADDED,
  HISTORY_ADDED_4,
  HISTORY_SEED,
  PERFORMANCE,
  REPEATABLES,
  RUNS,
  RUNS_ADDED,
  RUNS_ADDED_4,
  STATEMENTS,
  STATEMENTS_KEY,
} from "./columns.ts";
import { helpersUnknown } from "./helper_names.ts";
import type { Shape } from "./shape.ts";
import { type QualifiedTables, SEED_PERFORMANCE_KEPT_AS, TABLES } from "./tables.ts";

/** The format of our tables that this release writes. */
export const REGISTRY_VERSION = 4;

/** What the tables are once a run has made or upgraded them. */
export const UP_TO_DATE: Shape = { kind: "ours", format: REGISTRY_VERSION, helpers: helpersUnknown };

/** Tables that stand and are to be made into those of this release. */
export const isUpgradable = (shape: Shape): boolean =>
  shape.kind === "seed" || (shape.kind === "ours" && shape.format < REGISTRY_VERSION);

/** What a run makes into tables of this release's format, or makes them of nothing. */
export const isOlder = (shape: Shape): boolean => shape.kind !== "ours" || shape.format < REGISTRY_VERSION;

const columnList = (columns: Columns): string =>
  Object.entries(columns)
    .map(([name, [type]]) => `${name} ${type}`)
    .join(", ");

const comments = (
  kind: "TABLE" | "VIEW",
  relation: string,
  about: string,
  columns: Columns,
): readonly string[] => [
  `COMMENT ON ${kind} ${relation} IS ${quoteLiteral(about)}`,
  ...Object.entries(columns).map(
    ([name, [, comment]]) => `COMMENT ON COLUMN ${relation}.${name} IS ${quoteLiteral(comment)}`,
  ),
];

/** The table of what was begun outside a transaction, where the format before had none. */
const statementsTable = (t: QualifiedTables): string =>
  `CREATE TABLE ${t.statements} (${columnList(STATEMENTS)}, ${STATEMENTS_KEY})`;

/** The tables that format 3 had not. */
const tablesOfFour = (t: QualifiedTables): readonly string[] => [
  `CREATE TABLE ${t.repeatables} (${columnList(REPEATABLES)})`,
  `CREATE TABLE ${t.bundles} (${columnList(BUNDLES)})`,
  `CREATE TABLE ${t.checklists} (${columnList(CHECKLISTS)})`,
];

/** What both a new history and an upgraded one get: runs, events, the view, and a comment on everything. */
function aroundHistory(t: QualifiedTables): readonly string[] {
  const index = (table: string, column: string) =>
    `CREATE INDEX ${quoteIdentifier(`${table}_${column}_idx`)} ON ${t.schema}.${quoteIdentifier(table)} (${column})`;
  return [
    `CREATE UNIQUE INDEX ${quoteIdentifier(`${TABLES.history}_applied_seq_key`)} ON ${t.history} (applied_seq)`,
    `CREATE TABLE ${t.runs} (${columnList(RUNS)})`,
    index(TABLES.runs, "started_at"),
    `CREATE INDEX ${quoteIdentifier(`${TABLES.runs}_running_idx`)} ON ${t.runs} (status) WHERE finished_at IS NULL`,
    `CREATE TABLE ${t.events} (${columnList(EVENTS)})`,
    index(TABLES.events, "run_id"),
    statementsTable(t),
    ...tablesOfFour(t),
    `CREATE TABLE ${t.registry} (version integer PRIMARY KEY, ` +
      "installed_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp())",
    `INSERT INTO ${t.registry} (version) VALUES (${REGISTRY_VERSION})`,
    `CREATE VIEW ${t.performance} AS SELECT ${Object.entries(PERFORMANCE)
      .map(([name, [shows]]) => `${shows} AS ${name}`)
      .join(", ")} FROM ${t.events} WHERE action OPERATOR(pg_catalog.=) 'apply'`,
    ...allComments(t),
  ];
}

/** A comment on every relation and column of ours. */
function allComments(t: QualifiedTables): readonly string[] {
  return [
    ...comments(
      "TABLE",
      t.history,
      "Migrations that are applied: a row is here if and only if its effect is",
      {
        ...HISTORY_SEED,
        ...HISTORY_ADDED,
      },
    ),
    ...comments("TABLE", t.runs, "Runs of the migration job: one row each", RUNS),
    ...comments("TABLE", t.events, "What each step of each run did, failures too", EVENTS),
    ...comments(
      "TABLE",
      t.statements,
      "Scripts outside a transaction: which of their statements were begun, and which are done",
      STATEMENTS,
    ),
    ...comments(
      "TABLE",
      t.repeatables,
      "Repeatable migrations as they were applied last: one row each",
      REPEATABLES,
    ),
    ...comments("TABLE", t.bundles, "What the bundle holds that a run read last", BUNDLES),
    ...comments(
      "TABLE",
      t.checklists,
      "Checklists that were gone through, before, during and after runs",
      CHECKLISTS,
    ),
    ...comments("TABLE", t.registry, "Format of the migration job's own tables", {
      version: ["", "The format"],
      installed_at: ["", "Since when"],
    }),
    ...comments("VIEW", t.performance, "How long each apply took", PERFORMANCE),
  ];
}

/** Statements that make our tables where none are. */
export function createRegistry(t: QualifiedTables, schemaExists: boolean): readonly string[] {
  return [
    ...(schemaExists ? [] : [`CREATE SCHEMA ${t.schema}`]),
    `CREATE TABLE ${t.history} (${columnList({ ...HISTORY_SEED, ...HISTORY_ADDED })})`,
    ...aroundHistory(t),
  ];
}

const addColumns = (table: string, columns: Columns, added: readonly string[]): string =>
  `ALTER TABLE ${table} ${added.map((name) => `ADD COLUMN ${name} ${columns[name]?.[0]}`).join(", ")}`;

/** Statements that turn the tables of an older format into this one, in place, with their rows. */
export function upgradeRegistry(t: QualifiedTables, format: number): readonly string[] {
  if (format >= REGISTRY_VERSION) return [];
  const two = [addColumns(t.events, EVENTS, ["blockers"]), statementsTable(t)];
  const three = [addColumns(t.runs, RUNS, RUNS_ADDED)];
  return [
    ...(format < 2 ? two : []),
    ...(format < 3 ? three : []),
    addColumns(t.history, HISTORY_ADDED, HISTORY_ADDED_4),
    addColumns(t.runs, RUNS, RUNS_ADDED_4),
    `${addColumns(t.events, EVENTS, EVENTS_ADDED_4)}, ALTER COLUMN version DROP NOT NULL`,
    ...tablesOfFour(t),
    `INSERT INTO ${t.registry} (version) VALUES (${REGISTRY_VERSION})`,
    ...allComments(t),
  ];
}

/**
 * Statements that turn what the seed's `migrate.sh` made into ours, in place, with its rows: INTEGER becomes
 * bigint, its trigger goes, its `migration_performance` table is renamed, for the view takes that name. Its rows
 * belong to `bundle` from now on.
 */
export function upgradeSeed(
  t: QualifiedTables,
  hasPerformanceTable: boolean,
  bundle: string,
): readonly string[] {
  const added = Object.entries(HISTORY_ADDED).filter(([name]) => name !== "applied_seq");
  return [
    `DROP TRIGGER IF EXISTS track_migration_performance ON ${t.history}`,
    ...(hasPerformanceTable
      ? [`ALTER TABLE ${t.performance} RENAME TO ${quoteIdentifier(SEED_PERFORMANCE_KEPT_AS)}`]
      : []),
    `ALTER TABLE ${t.history} ALTER COLUMN version TYPE bigint, ` +
      added.map(([name, [type]]) => `ADD COLUMN ${name} ${type}`).join(", "),
    // An identity column would number the rows in physical order; the order of application is known.
    `ALTER TABLE ${t.history} ADD COLUMN applied_seq bigint`,
    `UPDATE ${t.history} AS h SET applied_seq = s.seq, bundle = ${quoteLiteral(bundle)} FROM (SELECT version, pg_catalog.row_number() OVER ` +
      `(ORDER BY applied_at NULLS FIRST, version) AS seq FROM ${t.history}) AS s ` +
      "WHERE h.version OPERATOR(pg_catalog.=) s.version",
    `ALTER TABLE ${t.history} ALTER COLUMN applied_seq SET NOT NULL, ` +
      "ALTER COLUMN applied_seq ADD GENERATED BY DEFAULT AS IDENTITY",
    `SELECT pg_catalog.setval(pg_catalog.pg_get_serial_sequence(${quoteLiteral(t.history)}, 'applied_seq'), ` +
      `(SELECT pg_catalog.count(*) FROM ${t.history}) OPERATOR(pg_catalog.+) 1, false)`,
    ...aroundHistory(t),
  ];
}
