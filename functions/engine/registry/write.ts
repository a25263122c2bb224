import type { Blocker, Message } from "../seam.ts";
import { quoteLiteral } from "../sql/quote.ts";
import type { FilesRow } from "./files_row.ts";
import type { QualifiedTables } from "./tables.ts";

/** Our own transactions say what they are: a role's default may be serializable or read-only. */
export const BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";

/** What an event tells of. */
export type EventAction =
  | "apply"
  | "rollback"
  | "verify"
  | "mark"
  | "repeat"
  | "adopt"
  | "baseline"
  | "repair"
  | "consolidate";

/** What changes which versions are applied. */
export const CHANGING: readonly EventAction[] = [
  "apply",
  "rollback",
  "mark",
  "adopt",
  "baseline",
  "consolidate",
];

/** A row of `schema_migration_events`, as the database takes it. */
export interface EventRow {
  readonly run_id: string;
  /** Decimal digits; null of a repeatable migration. */
  readonly version: string | null;
  readonly label: string;
  readonly name: string;
  readonly action: EventAction;
  readonly success: boolean;
  /** Seconds since the epoch, on the server's clock; null where it never answered. */
  readonly started_epoch: string | null;
  readonly duration_ms: number;
  readonly lock_wait_ms: number;
  readonly lock_held_ms: number | null;
  readonly tries: number;
  readonly statements: number;
  readonly rows: number;
  readonly sqlstate: string | null;
  readonly error: unknown;
  readonly checks: unknown;
  readonly timings: unknown;
  /** Who stood in the way; the column is null for nobody. */
  readonly blockers: readonly Blocker[];
}

/** A row of `schema_migrations`. */
export interface HistoryRow extends FilesRow {
  readonly bundle: string;
  readonly bundle_version: string | null;
  readonly run_id: string;
  readonly duration_ms: number;
  readonly state: "applied" | "applied_unverified";
}

const EVENT_COLUMNS = `run_id, version, label, name, action, success, started_at, duration_ms, lock_wait_ms, lock_held_ms,
  tries, statements, rows, sqlstate, error, checks, timings, blockers`;

/** Types of EVENT_COLUMNS, in order; started_at is given as seconds since the epoch. */
const EVENT_TYPES =
  "text,int8,text,text,text,bool,float8,numeric,numeric,numeric,int4,int4,int8,text,jsonb,jsonb,jsonb,jsonb".split(
    ",",
  );

/** An event's columns as parameters, the first being `$from`. */
function eventParameters(from: number): string {
  return EVENT_TYPES.map((type, i) => {
    const parameter = `$${from + i}::pg_catalog.${type}`;
    return type === "float8" ? `pg_catalog.to_timestamp(${parameter})` : parameter;
  }).join(", ");
}

/** Of a jsonb column. */
export const json = (value: unknown): string | null => (value === null ? null : JSON.stringify(value));

const eventValues = (event: EventRow): readonly (string | null)[] => [
  event.run_id,
  event.version,
  event.label,
  event.name,
  event.action,
  String(event.success),
  event.started_epoch,
  String(event.duration_ms),
  String(event.lock_wait_ms),
  event.lock_held_ms === null ? null : String(event.lock_held_ms),
  String(event.tries),
  String(event.statements),
  String(event.rows),
  event.sqlstate,
  json(event.error),
  json(event.checks),
  json(event.timings),
  json(event.blockers.length === 0 ? null : event.blockers),
];

/**
 * The history's row and the step's event in one statement. It raises (22012) unless both were written: a BEFORE
 * trigger or a rule would otherwise swallow them in silence. The event follows the row, so counting it is enough.
 */
export function withEvent(
  t: QualifiedTables,
  change: string,
  values: readonly (string | null)[],
  event: EventRow,
): Message {
  return {
    text: `WITH h AS (${change} RETURNING 1), e AS (INSERT INTO ${t.events} (${EVENT_COLUMNS})
  SELECT ${eventParameters(values.length + 1)} FROM h RETURNING 1)
SELECT 1 OPERATOR(pg_catalog./) (SELECT pg_catalog.count(*) FROM e)`,
    values: [...values, ...eventValues(event)],
  };
}

export function recordApplied(t: QualifiedTables, row: HistoryRow, event: EventRow): Message {
  const insert = `INSERT INTO ${t.history} (version, label, name, checksum, checksum_raw, rollback_checksum, bundle,
    bundle_version, run_id, duration_ms, state, applied_at)
  VALUES ($1::pg_catalog.int8, $2, $3, $4, $5, $6, $7, $8, $9, $10::pg_catalog.numeric, $11, pg_catalog.clock_timestamp())`;
  const values = [
    String(row.version),
    row.label,
    row.name,
    row.checksum,
    row.checksum_raw,
    row.rollback_checksum,
    row.bundle,
    row.bundle_version,
    row.run_id,
    String(row.duration_ms),
    row.state,
  ];
  return withEvent(t, insert, values, event);
}

export function recordRolledBack(t: QualifiedTables, version: bigint, event: EventRow): Message {
  const remove = `DELETE FROM ${t.history} WHERE version OPERATOR(pg_catalog.=) $1::pg_catalog.int8`;
  return withEvent(t, remove, [String(version)], event);
}

/** A row that a person settles as applied, whatever its state was. */
export function settleMarked(t: QualifiedTables, version: bigint, event: EventRow): Message {
  const settle = `UPDATE ${t.history} SET state = 'applied' WHERE version OPERATOR(pg_catalog.=) $1::pg_catalog.int8`;
  return withEvent(t, settle, [String(version)], event);
}

/** An applied_unverified row whose verification has passed becomes `applied`. */
export function settleVerified(t: QualifiedTables, version: bigint, event: EventRow): Message {
  const settle = `UPDATE ${t.history} SET state = 'applied' WHERE version OPERATOR(pg_catalog.=) $1::pg_catalog.int8
    AND state OPERATOR(pg_catalog.=) 'applied_unverified'`;
  return withEvent(t, settle, [String(version)], event);
}

/** Events alone: of a step that failed, whose own transaction is gone, or of verifications. */
export const recordEvents = (t: QualifiedTables, events: readonly EventRow[]): readonly Message[] =>
  events.map((event) => ({
    text: `INSERT INTO ${t.events} (${EVENT_COLUMNS}) SELECT ${eventParameters(1)}`,
    values: eventValues(event),
  }));

/**
 * Lets the numbers of events and of the order of application go on after the last ones. A script that was caught may
 * have set their sequences, which its ROLLBACK left as they were: what comes next would meet numbers that are taken.
 * Whose login may not set them, its script could not either.
 */
export function restoreNumbers(t: QualifiedTables): readonly Message[] {
  const restore = (table: string, column: string): Message => ({
    text: `SELECT pg_catalog.setval(s.numbers, (SELECT coalesce(pg_catalog.max(${column}), 0) FROM ${table})
      OPERATOR(pg_catalog.+) 1, false)
    FROM (SELECT pg_catalog.pg_get_serial_sequence(${quoteLiteral(table)}, '${column}')::pg_catalog.regclass) AS s(numbers)
    WHERE pg_catalog.has_sequence_privilege(s.numbers, 'UPDATE')`,
  });
  return [restore(t.history, "applied_seq"), restore(t.events, "event_id")];
}
