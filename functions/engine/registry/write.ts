import type { Blocker, Message } from "../seam.ts";
import { quoteLiteral } from "../sql/quote.ts";
import { keepsReports, type Shape } from "./shape.ts";
import type { QualifiedTables } from "./tables.ts";

/** Our own transactions say what they are: a role's default may be serializable or read-only. */
export const BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";

/** A row of `schema_migration_events`, as the database takes it. */
export interface EventRow {
  readonly run_id: string;
  /** Decimal digits. */
  readonly version: string;
  readonly label: string;
  readonly name: string;
  readonly action: "apply" | "rollback" | "verify" | "mark";
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
export interface HistoryRow {
  readonly version: bigint;
  readonly label: string;
  readonly name: string;
  readonly checksum: string;
  readonly checksum_raw: string;
  readonly rollback_checksum: string | null;
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

const json = (value: unknown): string | null => (value === null ? null : JSON.stringify(value));

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
function withEvent(
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

/** A row of `schema_migration_runs` as it is begun. */
export interface RunRow {
  readonly run_id: string;
  readonly command: string;
  readonly status: string;
  readonly requested_by: string | null;
  readonly reason: string | null;
  readonly request_hash: string;
  readonly request: string;
  readonly plan: unknown;
  readonly bundle: string;
  readonly bundle_version: string | null;
  readonly bundle_digest: string;
  readonly bundle_source: string;
  readonly request_id: string | null;
  readonly credential_version: string | null;
}

/** How a run ended; null while it runs. */
export interface RunEnd {
  readonly duration_ms: number;
  readonly error: unknown;
  /** What the run's caller was told; null where it is not kept. */
  readonly report: unknown;
}

/**
 * The run's row, written by the backend that holds the lock. While the lock is ours, whatever else is still
 * called running has died: it is marked abandoned by the same statement. With `end`, the row is finished. Tables of
 * an older `shape`, which a refused run leaves as they are, are not given what they cannot hold.
 */
export function recordRun(
  t: QualifiedTables,
  row: RunRow,
  end: RunEnd | null,
  how: { readonly holds_lock: boolean; readonly shape: Shape },
): Message {
  const abandoned = how.holds_lock
    ? `WITH a AS (UPDATE ${t.runs} SET status = 'abandoned', finished_at = pg_catalog.clock_timestamp()
        WHERE finished_at IS NULL AND command OPERATOR(pg_catalog.<>) 'verify') `
    : "";
  const newer = keepsReports(how.shape)
    ? { columns: ", report, credential_version", values: ", $16::pg_catalog.jsonb, $17" }
    : { columns: "", values: "" };
  const values = [
    row.run_id,
    row.command,
    row.status,
    row.requested_by,
    row.reason,
    row.request_hash,
    row.request,
    JSON.stringify(row.plan),
    row.bundle,
    row.bundle_version,
    row.bundle_digest,
    row.bundle_source,
    row.request_id,
    end === null ? null : String(end.duration_ms),
    end === null ? null : json(end.error),
  ];
  return {
    text: `${abandoned}INSERT INTO ${t.runs} (run_id, command, status, requested_by, reason, request_hash, request, plan,
      bundle, bundle_version, bundle_digest, bundle_source, request_id, duration_ms, error, finished_at,
      holder_pid, holder_started_at${newer.columns})
    SELECT $1, $2, $3, $4, $5, $6, $7::pg_catalog.jsonb, $8::pg_catalog.jsonb, $9, $10, $11, $12, $13,
      $14::pg_catalog.numeric, $15::pg_catalog.jsonb,
      CASE WHEN $14 IS NOT NULL THEN pg_catalog.clock_timestamp() END, pg_catalog.pg_backend_pid(),
      (SELECT s.backend_start FROM pg_catalog.pg_stat_activity s WHERE s.pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid())${newer.values}`,
    values:
      newer.columns === ""
        ? values
        : [...values, end === null ? null : json(end.report), row.credential_version],
  };
}

/**
 * Closes the run's row, also one that another run meanwhile took for abandoned: this run knows better. It raises
 * (22012) where the row is closed already, so that what travels with it is not written twice.
 */
export function closeRun(t: QualifiedTables, runId: string, status: string, end: RunEnd): Message {
  return {
    text: `WITH r AS (UPDATE ${t.runs} SET status = $2, finished_at = pg_catalog.clock_timestamp(),
      duration_ms = $3::pg_catalog.numeric, error = $4::pg_catalog.jsonb, report = $5::pg_catalog.jsonb
      WHERE run_id OPERATOR(pg_catalog.=) $1::pg_catalog.text
        AND (finished_at IS NULL OR status OPERATOR(pg_catalog.=) 'abandoned') RETURNING 1)
    SELECT 1 OPERATOR(pg_catalog./) (SELECT pg_catalog.count(*) FROM r)`,
    values: [runId, status, String(end.duration_ms), json(end.error), json(end.report)],
  };
}
