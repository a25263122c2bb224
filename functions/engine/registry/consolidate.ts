import type { Message } from "../seam.ts";
import type { QualifiedTables } from "./tables.ts";
import { json } from "./write.ts";

/** What the history says of a migration that stands in the place of others. */
export interface ConsolidatedRow {
  readonly version: bigint;
  readonly label: string;
  readonly name: string;
  readonly checksum: string;
  readonly checksum_raw: string;
  readonly rollback_checksum: string | null;
  readonly bundle: string;
  readonly bundle_version: string | null;
  readonly run_id: string;
}

/**
 * The rows of `replaced` become the one of `row`, which has the version of one of them, and an event tells of it. It
 * stands where the last of them was applied, so that rollbacks keep their order. It raises (22012) unless every row
 * was there and everything was written.
 */
export function recordConsolidated(
  t: QualifiedTables,
  row: ConsolidatedRow,
  replaced: readonly bigint[],
  details: unknown,
): Message {
  const others = replaced.filter((version) => version !== row.version);
  return {
    text: `WITH gone AS (DELETE FROM ${t.history} WHERE version OPERATOR(pg_catalog.=) ANY ($2::pg_catalog.int8[])
    RETURNING applied_seq, applied_at),
  last AS (SELECT pg_catalog.count(*) AS rows, pg_catalog.max(applied_seq) AS seq, pg_catalog.max(applied_at) AS at FROM gone),
  kept AS (UPDATE ${t.history} AS h SET label = $3, name = $4, checksum = $5, checksum_raw = $6, rollback_checksum = $7,
      bundle = $8, bundle_version = $9, run_id = $10, origin = 'consolidated', duration_ms = NULL,
      applied_seq = greatest(h.applied_seq, last.seq), applied_at = greatest(h.applied_at, last.at)
    FROM last WHERE h.version OPERATOR(pg_catalog.=) $1::pg_catalog.int8
      AND last.rows OPERATOR(pg_catalog.=) pg_catalog.cardinality($2::pg_catalog.int8[]) RETURNING h.version),
  told AS (INSERT INTO ${t.events} (run_id, version, label, name, action, success, duration_ms, lock_wait_ms, tries,
      statements, rows, checks, timings, details)
    SELECT $10, version, $3, $4, 'consolidate', true, 0, 0, 1, 0, 0, '[]', '[]', $11::pg_catalog.jsonb FROM kept RETURNING 1)
SELECT 1 OPERATOR(pg_catalog./) (SELECT pg_catalog.count(*) FROM told)`,
    values: [
      String(row.version),
      `{${others.join(",")}}`,
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
