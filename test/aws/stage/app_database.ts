import { readFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import type { LocalDatabase } from "../support/local_database.ts";

const DOCS = join(import.meta.dirname, "..", "..", "..", "docs");

/** What scripts of `migration` did, in their order: each writes a line, in its own transaction. */
export const JOURNAL = `CREATE TABLE app.journal (id bigint GENERATED ALWAYS AS IDENTITY, line text NOT NULL);
  ALTER TABLE app.journal OWNER TO app_owner;
  GRANT SELECT ON app.journal TO app_reader`;

/** The one database that the functions are deployed for. A superuser's hands: nothing here goes by our own code. */
export class AppDatabase {
  readonly local: LocalDatabase;
  private readonly template: string;
  /** A copy of a database has its schemas and its default privileges, and none of the privileges on itself. */
  private readonly grants: readonly string[];

  private constructor(local: LocalDatabase, grants: readonly string[]) {
    this.local = local;
    this.template = `${local.name}_template`;
    this.grants = grants;
  }

  /** Takes what is there for the state to return to. */
  static async over(local: LocalDatabase): Promise<AppDatabase> {
    const roles = await readFile(join(DOCS, "roles.sql"), "utf8");
    const grants = [...roles.matchAll(/^(?:GRANT|REVOKE)[^;]* ON DATABASE [^;]*;/gm)].map(([text]) => text);
    const database = new AppDatabase(local, grants);
    await database.query(JOURNAL);
    await database.onServer(`ALTER DATABASE ${local.name} RENAME TO ${database.template}`);
    await database.reset();
    return database;
  }

  /** As it was before the first run; whoever is connected is not any more. */
  async reset(): Promise<void> {
    await this.onServer(`DROP DATABASE IF EXISTS ${this.local.name} WITH (FORCE)`);
    await this.onServer(`CREATE DATABASE ${this.local.name} TEMPLATE ${this.template}`);
    for (const grant of this.grants) await this.onServer(grant);
  }

  /** As the page says it: when the history's tables are there. */
  async letReaderRecord(): Promise<void> {
    await this.query(await readFile(join(DOCS, "roles_record.sql"), "utf8"));
  }

  async connect(database: string = this.local.name): Promise<pg.Client> {
    const client = new pg.Client({ ...this.local.server.connection, database });
    // `reset` ends connections; that is no failure of the test.
    client.on("error", () => {});
    await client.connect();
    return client;
  }

  async query<Row extends pg.QueryResultRow>(sql: string, values: unknown[] = []): Promise<readonly Row[]> {
    const client = await this.connect();
    try {
      return (await client.query<Row>(sql, values)).rows;
    } finally {
      await client.end();
    }
  }

  private async onServer(sql: string): Promise<void> {
    const client = await this.connect("postgres");
    try {
      await client.query(sql);
    } finally {
      await client.end();
    }
  }
}
