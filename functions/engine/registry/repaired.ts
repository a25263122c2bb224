import type { Message } from "../seam.ts";
import type { OF_FILES } from "./privileges.ts";
import type { QualifiedTables } from "./tables.ts";

/** What the history says of a migration's files; of rows that another tool wrote, little. */
export type OfFiles = Readonly<Record<(typeof OF_FILES)[number], string | null>>;

/** A migration whose row does not say what its files are now. */
export interface Repair {
  readonly version: bigint;
  readonly before: OfFiles;
  readonly after: OfFiles;
}

/**
 * Records the files anew, and of each an event with what was recorded before, in one statement. It raises (22012)
 * unless all of them were written.
 */
export function recordRepairs(t: QualifiedTables, repairs: readonly Repair[], runId: string): Message {
  const given = repairs.map(({ version, before, after }) => ({
    ...after,
    version: String(version),
    details: { before, after },
  }));
  return {
    text: `WITH given AS (SELECT * FROM pg_catalog.jsonb_to_recordset($1::pg_catalog.jsonb) AS g(version pg_catalog.int8,
      label pg_catalog.text, name pg_catalog.text, checksum pg_catalog.text, checksum_raw pg_catalog.text,
      rollback_checksum pg_catalog.text, details pg_catalog.jsonb)),
    h AS (UPDATE ${t.history} AS o SET label = g.label, name = g.name, checksum = g.checksum,
        checksum_raw = g.checksum_raw, rollback_checksum = g.rollback_checksum
      FROM given g WHERE o.version OPERATOR(pg_catalog.=) g.version RETURNING o.version),
    e AS (INSERT INTO ${t.events} (run_id, version, label, name, action, success, duration_ms, statements, checks, details)
      SELECT $2, g.version, g.label, g.name, 'repair', true, 0, 0, '[]', g.details FROM given g
      WHERE EXISTS (SELECT FROM h WHERE h.version OPERATOR(pg_catalog.=) g.version) ORDER BY g.version RETURNING 1)
    SELECT 1 OPERATOR(pg_catalog./) CASE WHEN (SELECT pg_catalog.count(*) FROM e) OPERATOR(pg_catalog.=) $3::pg_catalog.int8
      THEN 1 ELSE 0 END`,
    values: [JSON.stringify(given), runId, String(repairs.length)],
  };
}
