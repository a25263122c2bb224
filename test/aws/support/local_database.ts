import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { type Authority, makeAuthority } from "../../support/certificates.ts";
import { type OwnServer, startOwnServer } from "../../support/own_server.ts";

/** A login as its secret holds it. */
export interface Login {
  readonly username: string;
  readonly password: string;
}

/** A PostgreSQL with TLS under its own authority, with the roles of docs/roles.sql: what an RDS instance is to the job. */
export interface LocalDatabase {
  readonly server: OwnServer;
  readonly authority: Authority;
  readonly host: "127.0.0.1";
  readonly port: number;
  readonly name: typeof NAME;
  readonly owner: "app_owner";
  /** The history's schema. */
  readonly history_schema: "app_migrations";
  readonly migrator: Login;
  readonly reader: Login;
  /** As the superuser. */
  query(sql: string, values?: readonly unknown[]): Promise<readonly Record<string, unknown>[]>;
  /** What a rotation does in the database. */
  changePassword(login: Login): Promise<Login>;
  stop(): Promise<void>;
}

const NAME = "app_db";
const ROLES = join(import.meta.dirname, "..", "..", "..", "docs", "roles.sql");

export async function startLocalDatabase(): Promise<LocalDatabase> {
  const authority = await makeAuthority();
  await authority.issue("DNS:localhost", "IP:127.0.0.1");
  const { certificate, key } = authority.files;
  const server = await startOwnServer({ ssl: "on", ssl_cert_file: certificate, ssl_key_file: key });
  const run = async (database: string, sql: string, values: readonly unknown[] = []) => {
    const client = new pg.Client({ ...server.connection, database });
    await client.connect();
    try {
      const result = await client.query<Record<string, unknown>>(sql, [...values]);
      return result.rows;
    } finally {
      await client.end();
    }
  };
  const changePassword = async ({ username }: Pick<Login, "username">): Promise<Login> => {
    // As a generated one: with what breaks a URL, a shell and JSON.
    const password = `${randomBytes(9).toString("base64")}/'"@:%\\`;
    await run(NAME, `ALTER ROLE ${username} PASSWORD ${pg.escapeLiteral(password)}`);
    return { username, password };
  };
  await run(server.connection.database, `CREATE DATABASE ${NAME}`);
  await run(NAME, await readFile(ROLES, "utf8"));
  return {
    server,
    authority,
    host: "127.0.0.1",
    port: server.connection.port,
    name: NAME,
    owner: "app_owner",
    history_schema: "app_migrations",
    migrator: await changePassword({ username: "app_job" }),
    reader: await changePassword({ username: "app_reader" }),
    query: (sql, values) => run(NAME, sql, values),
    changePassword,
    stop: async () => {
      await server.stop();
      await authority.remove();
    },
  };
}
