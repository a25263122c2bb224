import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import pg from "pg";
import type { ServerConnection } from "#io/embedded/server.ts";
import { machineBinaries } from "./machine_postgres.ts";
import { CATALOG_QUERIES } from "./schema_queries.ts";

/** The job's own tables: the history, which every run changes. */
export const OWN_TABLES: readonly string[] = [
  "schema_migrations",
  "schema_migration_runs",
  "schema_migration_events",
  "schema_migration_registry",
  "schema_migration_statements",
  "schema_migration_repeatables",
  "schema_migration_bundles",
  "schema_migration_checklists",
  "migration_performance",
];

/** The functions beside them. */
export const OWN_FUNCTIONS: readonly string[] = ["check_migration_status", "verify_schema_integrity"];

export interface SnapshotOptions {
  /** Tables and functions to leave out, by name in any schema, with all that belongs to them. Default: the job's own. */
  readonly except?: readonly string[];
  /** False: the schema alone. Default true. */
  readonly rows?: boolean;
}

/**
 * Everything in the database as sorted lines, one an object and one a table's rows: equal before and after means
 * that nothing has changed. Sequence positions are left out. Outside of a transaction only.
 */
export async function snapshot(client: pg.ClientBase, options: SnapshotOptions = {}): Promise<string[]> {
  const except = [...(options.except ?? [...OWN_TABLES, ...OWN_FUNCTIONS])];
  await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
  try {
    // An empty search_path makes every name a full one.
    await client.query("SET LOCAL search_path = ''; SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO'");
    const lines: string[] = [];
    for (const [kind, sql] of Object.entries(CATALOG_QUERIES)) {
      const { rows } = await client.query<{ line: string }>(sql, [except]);
      lines.push(...rows.map(({ line }) => `${kind} ${line}`));
    }
    if (options.rows !== false) lines.push(...(await contents(client, except)));
    return lines.sort();
  } finally {
    await client.query("ROLLBACK");
  }
}

async function contents(client: pg.ClientBase, except: string[]): Promise<string[]> {
  const { rows: tables } = await client.query<{ schema: string; name: string }>(
    `SELECT n.nspname AS schema, c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
       AND c.relname <> ALL ($1::text[]) AND c.relispopulated`,
    [except],
  );
  const lines: string[] = [];
  for (const { schema, name } of tables) {
    const table = `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(name)}`;
    const { rows } = await client.query<{ line: string }>(
      `SELECT count(*) || ' ' || coalesce(md5(string_agg(row, '' ORDER BY row)), '') AS line
       FROM (SELECT md5(t::text) AS row FROM ONLY ${table} t) rows`,
    );
    lines.push(...rows.map(({ line }) => `rows ${table} ${line}`));
  }
  return lines;
}

/** A section of a dump that is about one of our functions: itself, its comment, its privileges. */
const OF_OWN_FUNCTION = new RegExp(
  `^--\\n-- Name: (?:FUNCTION )?(?:${OWN_FUNCTIONS.join("|")})\\(\\);[\\s\\S]*?(?=^SET default_tablespace|^--\\n-- (?:Name: |Data for Name: |PostgreSQL database dump complete))`,
  "gm",
);

/** pg_dump of a PostgreSQL 15 server, schema and rows, without what is our own and sequence positions. */
export async function pgDump(config: ServerConnection): Promise<string> {
  const whole = await wholeDump(config);
  // \restrict carries a random word.
  return whole.replaceAll(/^(\\(un)?restrict .*|SELECT pg_catalog\.setval\(.*)\n/gm, "");
}

/** As pg_dump writes it, without our own tables. */
export async function wholeDump(config: ServerConnection): Promise<string> {
  const bin = machineBinaries(15);
  if (bin === null) throw new Error("there is no pg_dump 15 on this machine");
  const own = OWN_TABLES.flatMap((table) => [
    `--exclude-table=*.${table}`,
    `--exclude-table=*.${table}_*_seq`,
  ]);
  const place = [
    `--host=${config.host}`,
    `--port=${config.port}`,
    `--username=${config.user}`,
    "--no-password",
  ];
  const { stdout } = await promisify(execFile)(join(bin, "pg_dump"), [...place, ...own, config.database], {
    env: { ...process.env, PGPASSWORD: config.password },
    maxBuffer: 1 << 30,
  });
  return stdout.replaceAll(OF_OWN_FUNCTION, "");
}
