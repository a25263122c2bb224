import { control } from "../storm/control.ts";
import type { ServerNode } from "./node.ts";

/** A primary, and the standby that follows it. */
export interface Pair {
  readonly primary: ServerNode;
  readonly standby: ServerNode;
}

/** Rows of a query on one database of a node that must be there. */
export async function ask<Row extends Record<string, unknown>>(
  { connection }: ServerNode,
  database: string,
  sql: string,
): Promise<readonly Row[]> {
  const asked = control({ ...connection, database });
  try {
    const rows = await asked.query<Row>(sql);
    if (rows === null) throw new Error(`the server on port ${connection.port} is away: ${sql}`);
    return rows;
  } finally {
    await asked.close();
  }
}

/** Asks again and again, until the only value of the only row is true. */
export async function until(node: ServerNode, database: string, condition: string): Promise<void> {
  const end = performance.now() + 20_000;
  for (;;) {
    const [row] = await ask<{ yes: boolean }>(node, database, `SELECT (${condition}) AS yes`);
    if (row?.yes === true) return;
    if (performance.now() > end) throw new Error(`never came true: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Waits until the standby has replayed all that the primary has written. */
export async function caughtUp({ primary, standby }: Pair): Promise<void> {
  const [row] = await ask<{ lsn: string }>(primary, "postgres", "SELECT pg_current_wal_flush_lsn() AS lsn");
  await until(standby, "postgres", `pg_last_wal_replay_lsn() >= '${row?.lsn}'::pg_lsn`);
}

/** Whether a COMMIT waits for the standby, or is told before. */
export async function setSynchronous({ primary }: Pair, synchronous: boolean): Promise<void> {
  await primary.configure({ synchronous_standby_names: synchronous ? "*" : "" });
  const names = synchronous ? "*" : "";
  await until(primary, "postgres", `current_setting('synchronous_standby_names') = '${names}'`);
  if (!synchronous) return;
  await until(primary, "postgres", "EXISTS (SELECT FROM pg_stat_replication WHERE sync_state = 'sync')");
}

/** Nothing reaches the standby any more. */
export async function cutReplication({ primary, standby }: Pair): Promise<void> {
  await standby.configure({ primary_conninfo: "" });
  await until(primary, "postgres", "NOT EXISTS (SELECT FROM pg_stat_replication)");
}
