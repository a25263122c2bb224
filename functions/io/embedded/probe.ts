import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import pg from "pg";

/** How to reach a server; spread into a `pg` client's configuration. */
export interface ServerConnection {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** Waiting longer for a server on this machine means that it hangs. */
const PATIENCE_MS = 10_000;

/**
 * Whether the server of `data` answers at `connection`. A pid proves nothing, since it is given again; a server
 * that knows the random password and names the data folder as its own is the one.
 */
export async function probe(
  connection: ServerConnection,
  data: string,
): Promise<"ours" | "other" | "unclear"> {
  const client = new pg.Client({
    ...connection,
    connectionTimeoutMillis: PATIENCE_MS,
    query_timeout: PATIENCE_MS,
  });
  client.on("error", () => {});
  try {
    await client.connect();
    const { rows } = await client.query<{ data_directory: string }>("SHOW data_directory");
    return resolve(rows[0]?.data_directory ?? "") === resolve(data) ? "ours" : "other";
  } catch (error) {
    return isBusy(error) ? "unclear" : "other";
  } finally {
    await client.end().catch(() => {});
  }
}

/** Starting, stopping, full, or silent: perhaps ours, but it cannot be asked now. */
function isBusy(error: unknown): boolean {
  if (!(error instanceof Error)) return true;
  const code = "code" in error ? String(error.code) : "";
  return ["57P03", "53300", "ETIMEDOUT"].includes(code) || /timeout/i.test(error.message);
}

/** The pid that the server wrote into its data folder; null when it has stopped. */
export async function postmasterPid(data: string): Promise<number | null> {
  const text = await readFile(join(data, "postmaster.pid"), "utf8").catch(() => "");
  const pid = Number.parseInt(text, 10);
  return Number.isInteger(pid) && pid > 0 ? pid : null;
}
