import type { AppDatabase } from "./app_database.ts";

/** What a database says, whatever a function said. */
export interface Truth {
  /** Of the history's rows, in the order of application. */
  readonly applied: readonly number[];
  /** Of the tables that are there. */
  readonly tables: readonly number[];
  /** What scripts did and committed, in order: `up 1`, `down 3`. */
  readonly journal: readonly string[];
}

export async function truthOf(database: AppDatabase): Promise<Truth> {
  const [row] = await database.query<{ history: boolean; tables: number[]; journal: string[] }>(`
    SELECT to_regclass('app_migrations.schema_migrations') IS NOT NULL AS history,
      ARRAY(SELECT substr(relname, 2)::int FROM pg_class
            WHERE relnamespace = 'app'::regnamespace AND relname ~ '^t\\d+$' ORDER BY 1) AS tables,
      ARRAY(SELECT line FROM app.journal ORDER BY id) AS journal`);
  if (row === undefined) throw new Error("the database says nothing");
  const applied = row.history
    ? await database.query<{ version: string }>(
        "SELECT version FROM app_migrations.schema_migrations ORDER BY applied_seq",
      )
    : [];
  return {
    applied: applied.map(({ version }) => Number(version)),
    tables: row.tables,
    journal: row.journal,
  };
}

/** The truth where versions 1 to `last` were applied, each once, and nothing else ever was done. */
export const appliedTo = (last: number): Truth => {
  const versions = Array.from({ length: last }, (_, at) => at + 1);
  return { applied: versions, tables: versions, journal: versions.map((version) => `up ${version}`) };
};

/** Where of versions 1 to `last` those above `left` were rolled back, newest first, each once. */
export const rolledBack = (last: number, left: number): Truth => {
  const removed = Array.from({ length: last - left }, (_, at) => `down ${last - at}`);
  return { ...appliedTo(left), journal: [...appliedTo(last).journal, ...removed] };
};

/** A run's row. */
export interface RunRow {
  readonly run_id: string;
  readonly command: string;
  readonly status: string;
  readonly attempt: number;
  readonly bundle: string;
  readonly bundle_version: string | null;
  readonly bundle_digest: string;
  readonly bundle_source: string;
  readonly request_id: string | null;
  readonly requested_by: string | null;
  readonly credential_version: string | null;
  readonly error: { readonly code: string } | null;
  readonly finished_at: Date | null;
}

/** Of all runs, oldest first; empty where there is no history yet. */
export async function runsOf(database: AppDatabase): Promise<readonly RunRow[]> {
  const [found] = await database.query<{ there: boolean }>(
    "SELECT to_regclass('app_migrations.schema_migration_runs') IS NOT NULL AS there",
  );
  if (found?.there !== true) return [];
  return database.query<RunRow>("SELECT * FROM app_migrations.schema_migration_runs ORDER BY started_at");
}
