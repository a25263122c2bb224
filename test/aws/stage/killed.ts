import { setTimeout as sleep } from "node:timers/promises";
import type { AppDatabase } from "./app_database.ts";
import { processOf } from "./function_process.ts";
import type { Backend, Gate } from "./gate.ts";

/** What becomes of a killed function's connection. */
export type Connection =
  /** The server notices at once, as where the network tells it. */
  | "ends"
  /** The server works on what it was sent, and notices at the end. */
  | "lingers";

/** A function's process that is held up, and may be killed. */
export interface HeldUp {
  /**
   * SIGKILL: what Lambda does at its timeout, and what a machine that fails comes to. Then opens the gate, and waits
   * until the server has nothing left of the connection.
   */
  kill(connection: Connection): Promise<void>;
  /** Goes on until it stands before another gate. */
  goOn(to: Gate): Promise<HeldUp>;
}

export async function heldUpAt(database: AppDatabase, gate: Gate): Promise<HeldUp> {
  const backend = await gate.arrived();
  const pid = await processOf(backend, database.local.port);
  return heldUp(database, gate, backend, pid);
}

const heldUp = (database: AppDatabase, gate: Gate, backend: Backend, pid: number): HeldUp => ({
  kill: async (connection) => {
    process.kill(pid, "SIGKILL");
    if (connection === "ends") await database.query("SELECT pg_terminate_backend($1)", [backend.pid]);
    await gate.open();
    await untilGone(database, backend);
  },
  goOn: async (to) => {
    await gate.open();
    const there = await to.arrived();
    // After a silence it would ask what became of its commit.
    process.kill(pid, "SIGSTOP");
    return heldUp(database, to, there, pid);
  },
});

/** Lambda would not deliver an event again while its last delivery is at work; nor does a person. */
async function untilGone(database: AppDatabase, { pid }: Backend): Promise<void> {
  for (const until = Date.now() + 60_000; Date.now() < until; await sleep(20)) {
    const left = await database.query("SELECT FROM pg_stat_activity WHERE pid = $1", [pid]);
    if (left.length === 0) return;
  }
  throw new Error(`backend ${pid} has not ended`);
}
