import type { Bundle } from "../bundle/bundle.ts";
import type { Message } from "../seam.ts";
import { toldMigration } from "../told_migration.ts";
import type { QualifiedTables } from "./tables.ts";
import { json } from "./write.ts";

/**
 * What the bundle holds that this run has read, for who asks the database alone what is pending. Nothing is written
 * where the same bundle was the last one read.
 */
export function recordBundle(t: QualifiedTables, bundle: Bundle, run_id: string): Message {
  return {
    text: `INSERT INTO ${t.bundles} AS b (bundle, version, digest, run_id, migrations, schemas)
      SELECT $1, $2, $3, $4, $5::pg_catalog.jsonb, $6::pg_catalog.jsonb
      WHERE NOT EXISTS (SELECT FROM ${t.bundles} s WHERE s.bundle OPERATOR(pg_catalog.=) $1::pg_catalog.text
        AND s.digest OPERATOR(pg_catalog.=) $3::pg_catalog.text
        AND s.seen_at OPERATOR(pg_catalog.=) (SELECT pg_catalog.max(l.seen_at) FROM ${t.bundles} l))
      ON CONFLICT (bundle) DO UPDATE SET version = EXCLUDED.version, digest = EXCLUDED.digest, run_id = EXCLUDED.run_id,
        migrations = EXCLUDED.migrations, schemas = EXCLUDED.schemas, seen_at = EXCLUDED.seen_at`,
    values: [
      bundle.options.name,
      bundle.options.version,
      bundle.digest,
      run_id,
      JSON.stringify(bundle.migrations.map(toldMigration)),
      json(bundle.options.schemas),
    ],
  };
}
