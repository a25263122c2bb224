import type { Message } from "../seam.ts";
import type { FilesRow } from "./files_row.ts";
import type { QualifiedTables } from "./tables.ts";
import { json } from "./write.ts";

/** What the history says of a migration that stands in the place of others. */
export interface ConsolidatedRow extends FilesRow {
  readonly bundle: string;
  readonly bundle_version: string | null;
  readonly run_id: string;
}

/**
 * The rows of `replaced` become the one of `row`, which has the version of one of them, and an event tells of it. It
 * stands where the last of them was applied, so that rollbacks keep their order. It raises (22012) unless every row
 * was there and everything was written. Rows go and come: to change them a run needs more than it is granted.
 */
export function recordConsolidated(
  t: QualifiedTables,
  row: ConsolidatedRow,
  replaced: readonly bigint[],
  details: unknown,
): Message {
  return {
    text: `WITH gone AS (DELETE FROM ${t.history} WHERE version OPERATOR(pg_catalog.=) ANY ($2::pg_catalog.int8[])
    RETURNING version, applied_seq, applied_at, applied_by),
  last AS (SELECT pg_catalog.count(*) AS rows, pg_catalog.max(applied_seq) AS seq, pg_catalog.max(applied_at) AS at,
      pg_catalog.max(applied_by) FILTER (WHERE version OPERATOR(pg_catalog.=) $1::pg_catalog.int8) AS by FROM gone),
  kept AS (INSERT INTO ${t.history} (version, label, name, checksum, checksum_raw, rollback_checksum, bundle,
      bundle_version, run_id, origin, applied_by, state, applied_seq, applied_at)
    SELECT $1::pg_catalog.int8, $3, $4, $5, $6, $7, $8, $9, $10, 'consolidated', last.by, 'applied', last.seq, last.at
    FROM last WHERE last.rows OPERATOR(pg_catalog.=) pg_catalog.cardinality($2::pg_catalog.int8[]) RETURNING version),
  told AS (INSERT INTO ${t.events} (run_id, version, label, name, action, success, duration_ms, lock_wait_ms, tries,
      statements, rows, checks, timings, details)
    SELECT $10, version, $3, $4, 'consolidate', true, 0, 0, 1, 0, 0, '[]', '[]', $11::pg_catalog.jsonb FROM kept RETURNING 1)
SELECT 1 OPERATOR(pg_catalog./) (SELECT pg_catalog.count(*) FROM told)`,
    values: [
      String(row.version),
      `{${replaced.join(",")}}`,
      row.label,
      row.name,
      row.checksum,
      row.checksum_raw,
      row.rollback_checksum,
      row.bundle,
      row.bundle_version,
      row.run_id,
      json(details),
    ],
  };
}
