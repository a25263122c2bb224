import type pg from "pg";
import { expect } from "vitest";

const ASLEEP =
  "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()";

/** Waits until a backend of this database is within pg_sleep; its pid. */
export async function asleep(client: pg.Client): Promise<number> {
  let pid: number | null = null;
  const look = async () => {
    pid = (await client.query<{ pid: number }>(ASLEEP)).rows[0]?.pid ?? null;
    return pid;
  };
  await expect.poll(look, { timeout: 30_000, interval: 20 }).not.toBeNull();
  if (pid === null) throw new Error("nobody sleeps");
  return pid;
}
