import pg from "pg";
import type { ServerConnection } from "./embedded/server.ts";

/** Creates the database on that server unless it is there. */
export async function createDatabase(connection: ServerConnection, name: string): Promise<void> {
  const client = new pg.Client(connection);
  await client.connect();
  try {
    const { rows } = await client.query("SELECT FROM pg_catalog.pg_database WHERE datname = $1", [name]);
    if (rows.length === 0) await client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)}`);
  } finally {
    await client.end();
  }
}
