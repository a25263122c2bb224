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
 * Holds up a run before it closes its own row: the row is locked. To be taken when the run has written it, and
 * before its last step commits.
 */
export async function holdRow(database: AppDatabase, run_id: string): Promise<Gate> {
  const keeper = await database.connect();
  await keeper.query("BEGIN");
  const { rowCount } = await keeper.query(
    "SELECT FROM app_migrations.schema_migration_runs WHERE run_id = $1 FOR UPDATE",
    [run_id],
  );
  if (rowCount !== 1) throw new Error(`there is no row of run ${run_id} to hold`);
  const { rows } = await keeper.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
  const waiting = `SELECT pid, client_port FROM pg_stat_activity WHERE ${rows[0]?.pid} = ANY (pg_blocking_pids(pid))`;
  return { arrived: () => seen<Backend>(keeper, waiting), open: () => keeper.end() };
}

const PATIENCE_MS = 20_000;

/** The first row of a query, when it has one. */
export async function seen<Row extends pg.QueryResultRow>(client: pg.Client, sql: string): Promise<Row> {
  for (const until = Date.now() + PATIENCE_MS; Date.now() < until; await sleep(5)) {
    const [row] = (await client.query<Row>(sql)).rows;
    if (row !== undefined) return row;
  }
  throw new Error(`nothing was seen in ${PATIENCE_MS / 1000} s of: ${sql}`);
}
