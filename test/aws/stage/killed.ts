import { setTimeout as sleep } from "node:timers/promises";
import type { AppDatabase } from "./app_database.ts";
import { processOf } from "./function_process.ts";
import type { Backend } from "./gate.ts";
import type { Stage } from "./stage.ts";

/** What becomes of a killed function's connection. */
export type Connection =
  /** The server notices at once, as where the network tells it. */
  | "ends"
  /** The server works on what it was sent, and notices at the end. */
  | "lingers";

/**
 * SIGKILL to the function's process that works on that backend: what Lambda does at its timeout, and what a machine
 * that fails comes to. `release` lets go of what holds the backend up.
 */
export async function killFunction(
  { database }: Stage,
  backend: Backend,
  connection: Connection,
  release: () => Promise<void>,
): Promise<void> {
  process.kill(await processOf(backend, database.local.port), "SIGKILL");
  if (connection === "ends") {
    await database.query("SELECT pg_terminate_backend($1)", [backend.pid]);
  }
  await release();
  await untilGone(database, backend);
}

/** Lambda would not deliver an event again while its last delivery is at work; nor does a person. */
async function untilGone(database: AppDatabase, { pid }: Backend): Promise<void> {
  for (const until = Date.now() + 20_000; Date.now() < until; await sleep(20)) {
    const left = await database.query("SELECT FROM pg_stat_activity WHERE pid = $1", [pid]);
    if (left.length === 0) return;
  }
  throw new Error(`backend ${pid} has not ended`);
}
