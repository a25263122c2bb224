import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import type { AppDatabase } from "./app_database.ts";

/** Advisory locks that the scripts of `gatedBundle` ask for: (class, version). */
export const GATES = { up: 7001, down: 7002 } as const;
type Direction = keyof typeof GATES;

export interface Gate {
  /** Resolves to the backend that waits at the gate, when there is one. */
  arrived(): Promise<Backend>;
  open(): Promise<void>;
}

/** The server's process of a connection, and the port at the connection's other end. */
export interface Backend {
  readonly pid: number;
  readonly client_port: number;
}

/** Holds up every run in the script of that version and direction, until it is opened. */
export async function closeGate(database: AppDatabase, direction: Direction, version: number): Promise<Gate> {
  const keeper = await database.connect();
  await keeper.query("SELECT pg_advisory_lock($1, $2)", [GATES[direction], version]);
  const waiting = `SELECT a.pid, a.client_port FROM pg_locks l JOIN pg_stat_activity a USING (pid)
    WHERE l.locktype = 'advisory' AND l.classid = ${GATES[direction]} AND l.objid = ${version} AND NOT l.granted`;
  return { arrived: () => seen<Backend>(keeper, waiting), open: () => keeper.end() };
}

/**
 * Holds up every commit when it is on the disk and before it is told: the server waits for a standby that is not there.
 * What is held is seen by others when it is over.
 */
export async function holdCommits(database: AppDatabase): Promise<Gate> {
  const { server } = database.local;
  const keeper = await database.connect();
  await server.configure({ synchronous_standby_names: "nobody" });
  await inForce(database, keeper);
  return {
    arrived: () => seen<Backend>(keeper, HELD),
    open: async () => {
      await keeper.end();
      await server.configure({ synchronous_standby_names: "" });
    },
  };
}

const HELD = "SELECT pid, client_port FROM pg_stat_activity WHERE wait_event = 'SyncRep'";

/** A server reads its configuration some time after it is told to: until a commit of our own is held. */
async function inForce(database: AppDatabase, keeper: pg.Client): Promise<void> {
  const prober = await database.connect();
  for (let held = false; !held; ) {
    let told = false;
    const commit = prober.query("SELECT pg_logical_emit_message(true, 'paws', '')").finally(() => {
      told = true;
    });
    while (!told && !held) {
      const { rows } = await keeper.query<Backend>(HELD);
      held = rows.length > 0;
      for (const { pid } of rows) await keeper.query("SELECT pg_cancel_backend($1)", [pid]);
    }
    await commit;
  }
  await prober.end();
}

/** A function may have to start first, on a machine that is busy. */
const PATIENCE_MS = 90_000;

/** The first row of a query, when it has one. */
export async function seen<Row extends pg.QueryResultRow>(client: pg.Client, sql: string): Promise<Row> {
  for (const until = Date.now() + PATIENCE_MS; Date.now() < until; await sleep(5)) {
    const [row] = (await client.query<Row>(sql)).rows;
    if (row !== undefined) return row;
  }
  throw new Error(`nothing was seen in ${PATIENCE_MS / 1000} s of: ${sql}`);
}
