import type pg from "pg";
import { expect } from "vitest";

const ASLEEP =
  "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()";

/** Waits until a backend of this client's database is within pg_sleep; its pid. Throws once `by`, which is to bring it there, has ended. */
export async function asleep(client: pg.Client, by?: Promise<unknown>): Promise<number> {
  let pid: number | null = null;
  let over = false;
  const end = (): void => {
    over = true;
  };
  void by?.then(end, end);
  const look = async () => {
    const ended = over;
    pid = (await client.query<{ pid: number }>(ASLEEP)).rows[0]?.pid ?? null;
    return pid !== null || ended;
  };
  await expect.poll(look, { interval: 20 }).toBe(true);
  if (pid === null) throw new Error("it ended, and nobody slept");
  return pid;
}
