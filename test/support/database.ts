import { randomBytes } from "node:crypto";
import pg from "pg";
import { inject } from "vitest";
import type { ServerConnection } from "#io/embedded/server.ts";

/** A database of a test's own. */
export interface TestDatabase {
  readonly name: string;
  readonly config: ServerConnection;
  /** postgresql://user:password@host:port/name */
  readonly url: string;
  /** A new client, connected; `drop` ends those that are still open. */
  connect(): Promise<pg.Client>;
  /** Ends every connection to it and drops it. */
  drop(): Promise<void>;
}

/** Creates an empty database on the run's server. `label` is for the reader of a log. */
export async function createDatabase(label: string, options = ""): Promise<TestDatabase> {
  const { connection } = inject("server");
  const plain = label
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "_")
    .slice(0, 40);
  const name = `t_${plain}_${randomBytes(5).toString("hex")}`;
  await onServer(`CREATE DATABASE ${pg.escapeIdentifier(name)} TEMPLATE template0 ${options}`);
  const config = { ...connection, database: name };
  const open = new Set<pg.Client>();
  return {
    name,
    config,
    url: `postgresql://${config.user}:${config.password}@${config.host}:${config.port}/${name}`,
    connect: async () => {
      const client = new pg.Client(config);
      // Dropping the database ends connections; that is no failure of the test.
      client.on("error", () => {});
      await client.connect();
      open.add(client);
      return client;
    },
    drop: async () => {
      await Promise.all([...open].map((client) => client.end().catch(() => {})));
      await onServer(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(name)} WITH (FORCE)`);
    },
  };
}

/** Runs SQL on the server's own database: roles, settings, other sessions. */
export async function onServer(sql: string): Promise<pg.QueryResult> {
  const client = new pg.Client(inject("server").connection);
  await client.connect();
  try {
    return await client.query(sql);
  } finally {
    await client.end();
  }
}
