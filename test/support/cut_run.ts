import type pg from "pg";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import type { ChangeReport } from "#engine/report.ts";
import { runChange } from "#engine/run/change.ts";
import type { CutCase } from "./cut_cases.ts";
import { createDatabase, type TestDatabase } from "./database.ts";
import { EFFECTS_TABLE } from "./effects.ts";
import { bundleOf, runOptions, UP, worldFor } from "./engine.ts";
import { type ClientMessage, type FaultProxy, type ProxyOptions, startProxy } from "./proxy.ts";
import { jobFor, type Runner, type RunnerProgram } from "./runner.ts";

/** A database in which one run after the other is broken. */
export interface CutLane {
  readonly db: TestDatabase;
  /** A connection past the proxy. */
  readonly client: pg.Client;
  /** A process that has not begun, for who must be killed; the next one loads its modules meanwhile. */
  next(): Runner;
  /** As it was before the first run. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

export async function openLane(program: RunnerProgram): Promise<CutLane> {
  const db = await createDatabase("cut");
  const client = await db.connect();
  let waiting = program.start();
  return {
    db,
    client,
    next: () => {
      const runner = waiting;
      waiting = program.start();
      return runner;
    },
    reset: async () => {
      await client.query(`DROP SCHEMA public CASCADE; CREATE SCHEMA public; ${EFFECTS_TABLE}`);
    },
    close: async () => {
      await waiting.ready;
      waiting.process.kill("SIGKILL");
      await waiting.ended;
      await db.drop();
    },
  };
}

/** Short, so that a frozen connection is noticed soon; no statement of these runs takes as long. */
const SILENCE_MS = 150;
const OPTIONS = { silence_ms: SILENCE_MS, lock_wait_ms: 90_000 };

type Files = Readonly<Record<string, string>>;

/** All messages that a run of the files sends when nothing breaks. */
export async function recordRun(lane: CutLane, files: Files): Promise<readonly ClientMessage[]> {
  const seen: ClientMessage[] = [];
  await lane.reset();
  const proxy = await proxyFor(lane, {
    cut: (message) => {
      seen.push(message);
      return undefined;
    },
  });
  const report = await runThrough(lane, proxy, files);
  await proxy.close();
  if (report.status !== "ok") throw new Error(`the run to be recorded ended ${report.status}`);
  return seen;
}

const proxyFor = ({ db }: CutLane, options: ProxyOptions): Promise<FaultProxy> =>
  startProxy({ host: db.config.host, port: db.config.port }, { ...options, from_start: true });

const runThrough = ({ db }: CutLane, { host, port }: FaultProxy, files: Files): Promise<ChangeReport> =>
  runChange(UP, loadedSource(bundleOf(files)), runOptions(OPTIONS), worldFor(db, { host, port }));

/** A run past the proxy, that nothing breaks. */
export const runWhole = ({ db }: CutLane, files: Files): Promise<ChangeReport> =>
  runChange(UP, loadedSource(bundleOf(files)), runOptions(OPTIONS), worldFor(db));

/** What a broken run came to: `report` is null where its process was killed. */
export interface CutRun {
  readonly report: ChangeReport | null;
  /** Until the server had nothing of it any more; null when that took too long. */
  readonly residue_ms: number | null;
}

/** A run that waits for something sends more messages than another: the one that is broken may be too short. */
const MOST_TRIES = 5;

/** Runs the files on an empty database and breaks the run as the case says. */
export async function runCut(lane: CutLane, files: Files, cut: CutCase): Promise<CutRun> {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const run = await tryCut(lane, files, cut);
    if (run !== null) return run;
  }
  throw new Error(`no run had a message ${cut.at}`);
}

/** null when the run had no such message. */
async function tryCut(lane: CutLane, files: Files, cut: CutCase): Promise<CutRun | null> {
  await lane.reset();
  const runner = cut.kind === "kill" ? lane.next() : null;
  let happened_ms: number | null = null;
  const happen = async ({ connection, index }: ClientMessage): Promise<boolean> => {
    if (connection !== 0 || index !== cut.at) return false;
    happened_ms = performance.now();
    if (cut.kind === "terminate") await terminateBackend(lane.client);
    if (runner !== null) {
      runner.process.kill("SIGKILL");
      await runner.ended;
    }
    return true;
  };
  const proxy = await proxyFor(lane, hooksOf(cut, happen));
  try {
    const report =
      runner === null ? await runThrough(lane, proxy, files) : await killed(lane, proxy, runner, files);
    if (happened_ms === null) return null;
    return { report, residue_ms: await untilGone(lane.client, happened_ms) };
  } finally {
    await proxy.close();
  }
}

/** What the proxy does at a message where `happen` says that it is the one. */
function hooksOf(
  { kind, when }: CutCase,
  happen: (message: ClientMessage) => Promise<boolean>,
): Pick<ProxyOptions, "cut" | "cut_after"> {
  const doing =
    <Kind>(cut: Kind) =>
    async (message: ClientMessage) =>
      (await happen(message)) ? cut : undefined;
  if (kind === "drop-reply") return { cut: doing(kind) };
  // Who is dead sends nothing more, and a backend that ends closes its connection itself.
  const hook = doing(kind === "kill" ? "reset" : kind === "terminate" ? undefined : kind);
  return when === "before" ? { cut: hook } : { cut_after: hook };
}

async function killed(
  { db }: CutLane,
  { host, port }: FaultProxy,
  runner: Runner,
  files: Files,
): Promise<null> {
  const job = jobFor(db, files, OPTIONS);
  await runner.ready;
  runner.begin({ ...job, settings: { ...job.settings, host, port } });
  await runner.ended;
  return null;
}

const OURS = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";

async function terminateBackend(client: pg.Client): Promise<void> {
  await client.query(`SELECT pg_terminate_backend(pid) ${OURS} ORDER BY backend_start LIMIT 1`);
}

const RESIDUE_LIMIT_MS = 80_000;

async function untilGone(client: pg.Client, since_ms: number): Promise<number | null> {
  for (;;) {
    const { rows } = await client.query(`SELECT 1 ${OURS}`);
    const passed_ms = performance.now() - since_ms;
    if (rows.length === 0) return passed_ms;
    if (passed_ms > RESIDUE_LIMIT_MS) return null;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
