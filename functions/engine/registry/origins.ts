import type { Message } from "../seam.ts";
import type { FilesRow } from "./files_row.ts";
import type { QualifiedTables } from "./tables.ts";

/** A migration that no run of ours applied, as it is recorded. */
export interface OriginalRow extends FilesRow {
  /** ISO 8601; null where nobody knows. */
  readonly applied_at: string | null;
  readonly applied_by: string | null;
  /** What its event keeps of where it comes from. */
  readonly details: unknown;
}

/** How all of them came to be applied. */
export interface Origin {
  readonly origin: "adopted" | "baseline";
  readonly run_id: string;
  readonly bundle: string;
  readonly bundle_version: string | null;
}

const ACTION = { adopted: "adopt", baseline: "baseline" } as const;

/**
 * Rows of the history in the order given, and an event of each, in one statement. It raises (22012) unless all of them
 * were written: a trigger or a rule would otherwise swallow them in silence.
 */
export function recordOrigins(t: QualifiedTables, rows: readonly OriginalRow[], of: Origin): Message {
  const given = rows.map((row, i) => ({ ...row, seq: i, version: String(row.version) }));
  return {
    text: `WITH given AS (SELECT * FROM pg_catalog.jsonb_to_recordset($1::pg_catalog.jsonb) AS g(seq pg_catalog.int4,
      version pg_catalog.int8, label pg_catalog.text, name pg_catalog.text, checksum pg_catalog.text,
      checksum_raw pg_catalog.text, rollback_checksum pg_catalog.text, applied_at pg_catalog.timestamptz,
      applied_by pg_catalog.text, details pg_catalog.jsonb)),
    h AS (INSERT INTO ${t.history} (version, label, name, checksum, checksum_raw, rollback_checksum, bundle,
        bundle_version, applied_at, applied_by, origin, state)
      SELECT version, label, name, checksum, checksum_raw, rollback_checksum, $2, $3, applied_at, applied_by, $4, 'applied'
      FROM given ORDER BY seq RETURNING version),
    e AS (INSERT INTO ${t.events} (run_id, version, label, name, action, success, duration_ms, statements, checks, details)
      SELECT $5, g.version, g.label, g.name, $6, true, 0, 0, '[]', g.details FROM given g
      WHERE EXISTS (SELECT FROM h WHERE h.version OPERATOR(pg_catalog.=) g.version) ORDER BY g.seq RETURNING 1)
    SELECT 1 OPERATOR(pg_catalog./) CASE WHEN (SELECT pg_catalog.count(*) FROM e) OPERATOR(pg_catalog.=) $7::pg_catalog.int8
      THEN 1 ELSE 0 END`,
    values: [
      JSON.stringify(given),
      of.bundle,
      of.bundle_version,
      of.origin,
      of.run_id,
      ACTION[of.origin],
      String(rows.length),
    ],
  };
}

/** Whether anything was done by this history, also where nothing of it is left: `t`, or `f`. */
export const begunQuery = (t: QualifiedTables): Message => ({
  text: `SELECT EXISTS (SELECT FROM ${t.events} WHERE success)`,
});
