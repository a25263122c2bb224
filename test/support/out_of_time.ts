import type pg from "pg";
import type { World } from "#engine/seam.ts";
import { jumpingClock } from "./jumping_clock.ts";

/** Until a session of this client's database sleeps in pg_sleep, or what should bring it there has ended. */
export async function asleep(
  client: pg.Client,
  unless: Promise<unknown> = new Promise(() => {}),
): Promise<void> {
  const looks = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'";
  const ended = unless.then(
    () => true,
    () => true,
  );
  while ((await client.query(looks)).rowCount === 0) {
    if (await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 10, false))])) return;
  }
}

/** More than any test takes. */
const TIMEOUT_MS = 600_000;

/** What `begin` comes to whose deadline comes while its backend sleeps, however long it takes to get there. */
export async function outOfTime<Told>(
  client: pg.Client,
  world: World,
  begin: (world: World, timeout_ms: number) => Promise<Told>,
): Promise<Told> {
  const { world: hurried, jump } = jumpingClock(world);
  const running = begin(hurried, TIMEOUT_MS);
  await asleep(client, running);
  jump(TIMEOUT_MS);
  return running;
}
