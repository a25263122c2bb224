import type pg from "pg";
import type { TestDatabase } from "./database.ts";

/** Clients of somebody's application, at work until they are stopped. */
export interface Application {
  /** Stops all of them; how long each of their statements took, in milliseconds, ascending. */
  stop(): Promise<readonly number[]>;
}

/** So many clients, each of which reads or writes a row of `table` (columns a, n) again and again. */
export async function startApplication(
  db: TestDatabase,
  table: string,
  clients: number,
  random: () => number,
): Promise<Application> {
  let stopped = false;
  const took: number[] = [];
  const work = async (session: pg.Client): Promise<void> => {
    while (!stopped) {
      const row = Math.floor(random() * 100);
      const write = random() < 0.3;
      const began = performance.now();
      await session.query(
        write ? `UPDATE ${table} SET n = n + 1 WHERE a = $1` : `SELECT n FROM ${table} WHERE a = $1`,
        [row],
      );
      took.push(performance.now() - began);
      await new Promise((resolve) => setTimeout(resolve, 2 + random() * 4));
    }
    await session.end();
  };
  const sessions = await Promise.all(Array.from({ length: clients }, () => db.connect()));
  const working = Promise.all(sessions.map(work));
  return {
    async stop() {
      stopped = true;
      await working;
      return took.sort((a, b) => a - b);
    },
  };
}

/** The value that `share` of an ascending list does not exceed. */
export const percentile = (ascending: readonly number[], share: number): number =>
  ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * share))] ?? 0;
