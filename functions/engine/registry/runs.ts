import type { Message } from "../seam.ts";
import { keepsOrigins, keepsReports, type Shape } from "./shape.ts";
import type { QualifiedTables } from "./tables.ts";
import { json } from "./write.ts";

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
  readonly plan_digest: string | null;
  readonly bundle: string;
  readonly bundle_version: string | null;
  readonly bundle_digest: string;
  readonly bundle_source: string;
  readonly request_id: string | null;
  readonly credential_version: string | null;
  readonly placeholders: unknown;
}

/** How a run ended; null while it runs. */
export interface RunEnd {
  readonly duration_ms: number;
  readonly error: unknown;
  /** What the run's caller was told; null where it is not kept. */
  readonly report: unknown;
}

const BACKEND_START = `(SELECT s.backend_start FROM pg_catalog.pg_stat_activity s
        WHERE s.pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid())`;

/** While the lock is ours, whatever else is still called running has died. */
const abandonOthers = (t: QualifiedTables, runId: string): string =>
  `UPDATE ${t.runs} SET status = 'abandoned', finished_at = pg_catalog.clock_timestamp() WHERE finished_at IS NULL
        AND command OPERATOR(pg_catalog.<>) 'verify' AND run_id OPERATOR(pg_catalog.<>) ${runId}::pg_catalog.text`;

/** Columns that older formats have not, and what goes into them. */
function newer(t: QualifiedTables, shape: Shape) {
  if (!keepsReports(shape)) return { columns: "", values: "", given: () => [] };
  const four = keepsOrigins(shape);
  return {
    columns: `, report, credential_version, plan_digest, after_event${four ? ", placeholders" : ""}`,
    values:
      `, $16::pg_catalog.jsonb, $17, $18, (SELECT coalesce(pg_catalog.max(event_id), 0) FROM ${t.events})` +
      (four ? ", $19::pg_catalog.jsonb" : ""),
    given: (row: RunRow, end: RunEnd | null) => [
      end === null ? null : json(end.report),
      row.credential_version,
      row.plan_digest,
      ...(four ? [json(row.placeholders)] : []),
    ],
  };
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
  const others = how.holds_lock ? `WITH a AS (${abandonOthers(t, "$1")}) ` : "";
  const more = newer(t, how.shape);
  return {
    text: `${others}INSERT INTO ${t.runs} (run_id, command, status, requested_by, reason, request_hash, request, plan,
      bundle, bundle_version, bundle_digest, bundle_source, request_id, duration_ms, error, finished_at,
      holder_pid, holder_started_at${more.columns})
    SELECT $1, $2, $3, $4, $5, $6, $7::pg_catalog.jsonb, $8::pg_catalog.jsonb, $9, $10, $11, $12, $13,
      $14::pg_catalog.numeric, $15::pg_catalog.jsonb,
      CASE WHEN $14 IS NOT NULL THEN pg_catalog.clock_timestamp() END, pg_catalog.pg_backend_pid(),
      ${BACKEND_START}${more.values}`,
    values: [
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
      ...more.given(row, end),
    ],
  };
}

/** How an attempt may leave its run, so that another goes on with it. */
export const UNFINISHED: readonly string[] = ["abandoned", "incomplete", "unknown"];

const isOpen = (statuses: readonly string[]): string =>
  `(finished_at IS NULL OR status OPERATOR(pg_catalog.=) ANY ('{${statuses.join()}}'::pg_catalog.text[]))`;

/** The row of a run as it was seen: no other attempt has begun since. $1 and $2 are its id and its attempt. */
const AS_SEEN = `run_id OPERATOR(pg_catalog.=) $1::pg_catalog.text AND attempt OPERATOR(pg_catalog.=) $2::pg_catalog.int4`;

/** Which attempt of which run. */
export interface Attempt {
  readonly run_id: string;
  readonly attempt: number;
}

/**
 * Begins another attempt of a run that was left unfinished, by the backend that holds the lock. Raises (22012) where
 * the row is not as it was `seen`: somebody closed it, or took it over.
 */
export function beginAttempt(
  t: QualifiedTables,
  seen: Attempt,
  by: Pick<RunRow, "request_id" | "credential_version">,
): Message {
  return {
    text: `WITH a AS (${abandonOthers(t, "$1")}),
    r AS (UPDATE ${t.runs} SET status = 'running', attempt = attempt OPERATOR(pg_catalog.+) 1, finished_at = NULL,
      duration_ms = NULL, error = NULL, report = NULL, stalled = false, request_id = $3, credential_version = $4,
      holder_pid = pg_catalog.pg_backend_pid(), holder_started_at = ${BACKEND_START}
      WHERE ${AS_SEEN} AND ${isOpen(UNFINISHED)} RETURNING 1)
    SELECT 1 OPERATOR(pg_catalog./) (SELECT pg_catalog.count(*) FROM r)`,
    values: [seen.run_id, String(seen.attempt), by.request_id, by.credential_version],
  };
}

/** The end of an attempt. */
export interface Closing extends Attempt {
  readonly status: string;
  /** It ran out of time and came no further. */
  readonly stalled: boolean;
  /** It is the word on what an earlier attempt left unfinished, and not on what was done now. */
  readonly settles: boolean;
  /** It was an attempt of its own, that held no lock and begun no row. */
  readonly anew?: boolean;
}

/**
 * Closes the run's row, also one that another run meanwhile took for abandoned: this run knows better. It raises
 * (22012) where the row is closed already, or another attempt goes on with it, so that what travels with it is not
 * written twice.
 */
export function closeRun(t: QualifiedTables, closing: Closing, end: RunEnd): Message {
  return {
    text: `WITH r AS (UPDATE ${t.runs} SET status = $3, finished_at = pg_catalog.clock_timestamp(),
      duration_ms = $4::pg_catalog.numeric, error = $5::pg_catalog.jsonb, report = $6::pg_catalog.jsonb,
      stalled = $7::pg_catalog.bool, attempt = attempt OPERATOR(pg_catalog.+) $8::pg_catalog.int4
      WHERE ${AS_SEEN} AND ${isOpen(closing.settles ? UNFINISHED : ["abandoned"])} RETURNING 1)
    SELECT 1 OPERATOR(pg_catalog./) (SELECT pg_catalog.count(*) FROM r)`,
    values: [
      closing.run_id,
      String(closing.attempt),
      closing.status,
      String(end.duration_ms),
      json(end.error),
      json(end.report),
      String(closing.stalled),
      closing.anew ? "1" : "0",
    ],
  };
}
