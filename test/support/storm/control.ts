import pg from "pg";
import type { ServerConnection } from "#io/embedded/server.ts";

/** A connection of the test's own, around the proxy, that comes again after the server was away. */
export interface Control {
  /** The rows; null where the server is away at this moment. */
  query<Row extends pg.QueryResultRow>(
    sql: string,
    values?: readonly unknown[],
  ): Promise<readonly Row[] | null>;
  close(): Promise<void>;
}

export function control(connection: ServerConnection): Control {
  let open: pg.Client | null = null;
  const connected = async (): Promise<pg.Client> => {
    if (open !== null) return open;
    const client = new pg.Client(connection);
    client.on("error", () => {
      if (open === client) open = null;
    });
    await client.connect();
    open = client;
    return client;
  };
  return {
    async query(sql, values = []) {
      try {
        return (await (await connected()).query(sql, [...values])).rows;
      } catch (error) {
        if (!isAway(error)) throw error;
        open = null;
        return null;
      }
    },
    close: async () => open?.end(),
  };
}

/** The server ended or refused the connection, or the connection broke: no word of a statement's own. */
function isAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = "code" in error ? String(error.code) : "";
  return (
    code.startsWith("57P") ||
    code.startsWith("E") ||
    /^Connection terminated|not queryable/.test(error.message)
  );
}
