import { readFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import type { ServerConnection } from "#io/embedded/server.ts";

export const DATABASE = "shop";
export const OWNER = "app_owner";
export const HISTORY_SCHEMA = "app_migrations";
export const LOGINS = { migrator: "app_job", reader: "app_reader" } as const;
export type Login = keyof typeof LOGINS;

const TEMPLATE = `${DATABASE}_template`;
const DOCS = join(import.meta.dirname, "..", "..", "..", "docs");

/** What scripts did, in their order: each writes a line, in its own transaction. */
const JOURNAL = `CREATE TABLE app.journal (id bigint GENERATED ALWAYS AS IDENTITY, line text NOT NULL);
  ALTER TABLE app.journal OWNER TO ${OWNER};
  GRANT SELECT ON app.journal TO ${LOGINS.reader}`;

/** The one database that the functions are deployed for. A superuser's hands: nothing here goes by our own code. */
export class AppDatabase {
  private readonly server: ServerConnection;
  private readonly grants: string;

  private constructor(server: ServerConnection, grants: string) {
    this.server = server;
    this.grants = grants;
  }

  /** Makes logins and roles by the page's own script, and an empty database. */
  static async create(
    server: ServerConnection,
    passwords: Readonly<Record<Login, string>>,
  ): Promise<AppDatabase> {
    const script = (await readFile(join(DOCS, "roles.sql"), "utf8")).replaceAll("app_db", DATABASE);
    // A copy of a database has its schemas and its default privileges, and none of the privileges on itself.
    const grants = [...script.matchAll(/^(?:GRANT|REVOKE)[^;]* ON DATABASE [^;]*;/gm)].join("\n");
    const database = new AppDatabase(server, grants);
    await database.onServer(`CREATE DATABASE ${DATABASE}`);
    const client = await database.connect();
    await client.query(script);
    await client.query(JOURNAL);
    await client.end();
    await database.onServer(`ALTER DATABASE ${DATABASE} RENAME TO ${TEMPLATE}`);
    for (const login of ["migrator", "reader"] as const) await database.setPassword(login, passwords[login]);
    await database.reset();
    return database;
  }

  /** As it was before the first run; whoever is connected is not any more. */
  async reset(): Promise<void> {
    await this.onServer(`DROP DATABASE IF EXISTS ${DATABASE} WITH (FORCE)`);
    await this.onServer(`CREATE DATABASE ${DATABASE} TEMPLATE ${TEMPLATE}`);
    await this.onServer(this.grants);
  }

  /** As the page says it: when the history's tables are there. */
  async letReaderRecord(): Promise<void> {
    await this.query(await readFile(join(DOCS, "roles_record.sql"), "utf8"));
  }

  async setPassword(login: Login, password: string): Promise<void> {
    await this.onServer(`ALTER ROLE ${LOGINS[login]} PASSWORD ${pg.escapeLiteral(password)}`);
  }

  async connect(database = DATABASE): Promise<pg.Client> {
    const client = new pg.Client({ ...this.server, database });
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
      for (const one of sql.split(/;\s*\n/)) await client.query(one);
    } finally {
      await client.end();
    }
  }
}
