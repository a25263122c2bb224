import { readFileSync } from "node:fs";
import type pg from "pg";

/** What the seed's `migrate.sh` runs before its first migration. */
const CREATE_MIGRATIONS_TABLE = `
        CREATE TABLE IF NOT EXISTS schema_migrations (
            version INTEGER PRIMARY KEY,
            name VARCHAR(255) NOT NULL,
            applied_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
            checksum VARCHAR(255)
        );
    `;

/** The seed's "Migration Performance", which some ran by hand. */
const PERFORMANCE = `
CREATE TABLE migration_performance (
    migration_id SERIAL PRIMARY KEY,
    version INTEGER NOT NULL,
    name VARCHAR(255) NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE,
    completed_at TIMESTAMP WITH TIME ZONE,
    duration_seconds INTEGER,
    success BOOLEAN DEFAULT true
);

CREATE OR REPLACE FUNCTION record_migration_performance()
RETURNS TRIGGER AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO migration_performance (version, name, started_at)
        VALUES (NEW.version, NEW.name, CURRENT_TIMESTAMP);
    ELSIF TG_OP = 'UPDATE' THEN
        UPDATE migration_performance
        SET completed_at = CURRENT_TIMESTAMP,
            duration_seconds = EXTRACT(EPOCH FROM (CURRENT_TIMESTAMP - started_at))
        WHERE version = NEW.version AND completed_at IS NULL;
    END IF;

    RETURN COALESCE(NEW, OLD);
END;
$$ LANGUAGE plpgsql;

CREATE TRIGGER track_migration_performance
    AFTER INSERT OR UPDATE ON schema_migrations
    FOR EACH ROW EXECUTE FUNCTION record_migration_performance();
`;

/** `record_migration` of the seed's runner, word for word: the label goes in as it stands in the file's name. */
export const recordMigration = (label: string, name: string): string => `
        INSERT INTO schema_migrations (version, name, applied_at)
        VALUES (${label}, '${name}', CURRENT_TIMESTAMP);
    `;

/** What `rollback_migration` runs after the script. */
export const forgetMigration = (label: string): string => `
            DELETE FROM schema_migrations WHERE version = ${label};
        `;

/** "View applied migrations" and "Check for failed migrations" of the seed. */
export const SEED_QUERIES = {
  applied: `
SELECT version, name, applied_at
FROM schema_migrations
ORDER BY version DESC;`,
  failed: `
SELECT version, name, applied_at,
       EXTRACT(EPOCH FROM (CURRENT_TIMESTAMP - applied_at))/3600 as hours_ago
FROM schema_migrations
WHERE applied_at < CURRENT_TIMESTAMP - INTERVAL '1 hour'
ORDER BY applied_at DESC;`,
  current: `
        SELECT COALESCE(MAX(version), 0)
        FROM schema_migrations;
    `,
};

export interface SeedDatabase {
  /** Run "Migration Performance" too, between the second and the third migration. */
  readonly performance: boolean;
  readonly files?: readonly string[];
}

/** PAWS360's first four migrations, applied as the seed's `migrate.sh up` does. */
export async function applyAsSeed(client: pg.Client, { performance, files }: SeedDatabase): Promise<void> {
  await client.query(CREATE_MIGRATIONS_TABLE);
  for (const [i, file] of (files ?? FIRST_FOUR).entries()) {
    if (performance && i === 2) await client.query(PERFORMANCE);
    await client.query(readFileSync(`migrations/paws360/${file}`, "utf8"));
    const [, label = "", name = ""] = /^([0-9]+)_(.*)\.sql$/.exec(file) ?? [];
    await client.query(recordMigration(label, name));
  }
}

const FIRST_FOUR = [
  "001_initial_schema.sql",
  "002_add_audit_triggers.sql",
  "003_performance_indexes.sql",
  "004_seed_data.sql",
];
