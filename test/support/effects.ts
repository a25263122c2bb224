import type pg from "pg";

/** Where each migration of `effectFiles` leaves its trace. No constraint: what happens twice is seen twice. */
export const EFFECTS_TABLE = "CREATE TABLE effects (version bigint NOT NULL)";

/** Files of `count` migrations that each leave one row in `effects`, and check that it is there. */
export function effectFiles(count: number): Record<string, string> {
  const files: Record<string, string> = {};
  for (let n = 1; n <= count; n++) {
    files[`${n}_effect_${n}.sql`] =
      `CREATE TABLE IF NOT EXISTS made_${n} (id int PRIMARY KEY);\nINSERT INTO effects VALUES (${n});\n`;
    files[`rollback/${n}_rollback.sql`] =
      `DROP TABLE made_${n};\nDELETE FROM effects WHERE version = ${n};\n`;
    // Twice would pass too: it is for the suite to see, not for the migration to prevent.
    files[`verify/${n}_verify.sql`] =
      `SELECT 'it has its effect' AS check_name,\n  CASE WHEN count(*) >= 1 THEN 'PASS' ELSE 'FAIL' END AS status FROM effects WHERE version = ${n};\n`;
  }
  return files;
}

/**
 * One more migration, whose effect comes outside a transaction: an index on `effects`. It may be there before its row
 * is, never the other way round.
 */
export const outsideFiles = (n: number): Record<string, string> => ({
  [`${n}_effect_${n}.sql`]: `-- migrate: no-transaction\nCREATE INDEX CONCURRENTLY effect_${n}_index ON effects (version);\n`,
  [`rollback/${n}_rollback.sql`]: `-- migrate: no-transaction\nDROP INDEX CONCURRENTLY effect_${n}_index;\n`,
  [`verify/${n}_verify.sql`]: `SELECT 'it has its index' AS check_name,\n  CASE WHEN to_regclass('effect_${n}_index') IS NULL THEN 'FAIL' ELSE 'PASS' END AS status;\n`,
});

/** What a database holds of the versions, by one statement: at one instant. */
export interface Held {
  readonly version: string;
  readonly effects: number;
  /** The run that its history row names; null where there is no row. */
  readonly applied_by: string | null;
  /** Of its history row: `applied`, or `applied_unverified` while its verification is still to come. */
  readonly state: string | null;
}

/** The versions that have an effect or a history row. */
export async function heldVersions(client: pg.Client): Promise<readonly Held[]> {
  const indexes = `SELECT substring(c.relname from 'effect_([0-9]+)_index')::bigint AS version
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relname LIKE 'effect\\_%\\_index' AND i.indisvalid`;
  const effects = `SELECT version, count(*)::int AS effects
    FROM (SELECT version FROM public.effects UNION ALL ${indexes}) f GROUP BY version`;
  const { rows: found } = await client.query("SELECT to_regclass('public.schema_migrations') AS found");
  const history =
    found[0].found === null
      ? "SELECT NULL::bigint AS version, NULL AS run_id, NULL AS state WHERE false"
      : "SELECT version, coalesce(run_id, '') AS run_id, state FROM public.schema_migrations";
  const { rows } = await client.query<Held>(
    `SELECT version::text AS version, coalesce(effects, 0) AS effects, run_id AS applied_by, state
     FROM (${effects}) e FULL JOIN (${history}) h USING (version) ORDER BY version`,
  );
  return rows;
}
