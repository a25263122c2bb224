import pg from "pg";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import type { ChangeReport } from "#engine/report.ts";
import { runChange } from "#engine/run/change.ts";
import type { ServerConnection } from "#io/embedded/server.ts";
import { EFFECTS_TABLE, effectFiles, heldVersions } from "./effects.ts";
import { bundleOf, runOptions, UP } from "./engine.ts";
import { type Cut, startProxy } from "./proxy.ts";
import { worldOn } from "./worlds.ts";

/** The step whose COMMIT is cut. */
export interface Cutting {
  /** A connection past the proxy. */
  readonly client: pg.Client;
  readonly version: number;
}

/** How the COMMIT of one step is cut. */
export interface CommitCut {
  /** Awaited when the COMMIT has come as far as the proxy, before anything becomes of it. */
  readonly cut: (step: Cutting) => Promise<Cut>;
  /** Awaited once, before the run connects again. */
  readonly meanwhile?: (step: Cutting) => Promise<void>;
  /** The run connects again under another name, so that it cannot end its old backend: the lock alone decides. */
  readonly cannot_end?: boolean;
}

/** What a run said of its cut COMMIT, and what is true. */
export interface CommitAnswer {
  readonly said: "committed" | "not committed" | "unknown" | "nonsense";
  readonly truth: "committed" | "not committed";
  readonly report: ChangeReport;
}

/** A database whose history grows by one migration a round. */
export interface CommitRounds {
  /** Applies the next migration with its COMMIT cut, then again where it is not there. Throws where that fails. */
  round(cut: CommitCut): Promise<CommitAnswer>;
  close(): Promise<void>;
}

/** On an empty database. */
export async function openCommitRounds(connection: ServerConnection): Promise<CommitRounds> {
  let client = await connect(connection);
  let applied = 1;
  await client.query(EFFECTS_TABLE);
  const first = await runWhole(connection, 1);
  if (first.status !== "ok") throw new Error(`the first run ended ${first.status}`);
  const alive = async (): Promise<pg.Client> => {
    const answers = await client.query("SELECT 1").then(
      () => true,
      () => false,
    );
    if (!answers) client = await connect(connection);
    return client;
  };
  return {
    close: () => client.end(),
    async round(cut) {
      const version = applied + 1;
      const step = { client, version };
      // What is still under way arrives before the proxy goes.
      const report = await cutRun(connection, step, cut, async () => untilAlone(await alive()));
      const there = async () => (await heldVersions(client)).filter((one) => one.version === String(version));
      const truth = (await there()).length === 0 ? "not committed" : "committed";
      await runWhole(connection, version);
      const [now] = await there();
      if (now?.effects !== 1 || now.applied_by === null)
        throw new Error(`version ${version}: ${JSON.stringify(now)}`);
      applied = version;
      return { said: saidOf(report), truth, report };
    },
  };
}

async function connect(connection: ServerConnection): Promise<pg.Client> {
  const client = new pg.Client(connection);
  // A server that is crashed under it is meant to be.
  client.on("error", () => {});
  await client.connect();
  return client;
}

const runWhole = (connection: ServerConnection, versions: number): Promise<ChangeReport> =>
  runChange(UP, loadedSource(bundleOf(effectFiles(versions))), runOptions(), worldOn(connection));

async function cutRun(
  connection: ServerConnection,
  step: Cutting,
  { cut, meanwhile, cannot_end }: CommitCut,
  settled: () => Promise<void>,
): Promise<ChangeReport> {
  let inStep = false;
  let done: Promise<Cut> | null = null;
  let looked: Promise<void> | null = null;
  const look = async (): Promise<void> => {
    await done;
    await meanwhile?.(step);
  };
  const proxy = await startProxy(connection, {
    cut: async ({ sql }) => {
      inStep ||= sql?.includes(`INSERT INTO effects VALUES (${step.version})`) === true;
      if (!inStep || done !== null || sql?.startsWith("COMMIT") !== true) return undefined;
      done = cut(step);
      return done;
    },
  });
  const world = worldOn(proxy.through(connection));
  try {
    const report = await runChange(UP, loadedSource(bundleOf(effectFiles(step.version))), runOptions(), {
      ...world,
      connect: async (runId) => {
        if (done !== null) looked ??= look();
        await looked;
        return world.connect(done === null && cannot_end === true ? "another" : runId);
      },
    });
    if (done === null) throw new Error("no COMMIT was cut");
    await settled();
    return report;
  } finally {
    await proxy.close();
  }
}

function saidOf({ status, steps, error }: ChangeReport): CommitAnswer["said"] {
  const [step] = steps;
  if (status === "ok" && step?.status === "done") return "committed";
  if (status === "failed" && step?.status === "failed" && error?.code === "connection-lost")
    return "not committed";
  return status === "unknown" && step?.status === "failed" ? "unknown" : "nonsense";
}

/** Until no other client of the database has a backend. */
async function untilAlone(client: pg.Client): Promise<void> {
  const others = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
    AND backend_type = 'client backend'`;
  while ((await client.query(others)).rows.length > 0)
    await new Promise((resolve) => setTimeout(resolve, 10));
}
