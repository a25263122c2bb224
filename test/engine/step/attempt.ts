import type pg from "pg";
import { expect } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import type { ChangeReport } from "#engine/report.ts";
import type { RunOptions } from "#engine/request.ts";
import { runChange } from "#engine/run/change.ts";
import type { World } from "#engine/seam.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { bundleOf, run, runOptions, type TestWorld, UP, worldFor } from "../../support/engine.ts";
import { snapshot } from "../../support/schema.ts";

export type Files = Readonly<Record<string, string>>;

/** A database on which step after step is tried. */
export interface Stage {
  readonly db: TestDatabase;
  /** A session of somebody else's. */
  readonly client: pg.Client;
  /** What is applied; grows with each attempt. */
  readonly applied: Record<string, string>;
}

export async function openStage(label: string, base: Files): Promise<Stage> {
  const db = await createDatabase(label);
  const client = await db.connect();
  const stage = { db, client, applied: {} };
  await expectSuccess(stage, base);
  return stage;
}

/** Applies `files` on top of what is there, and expects all of it to be done. */
export async function expectSuccess(stage: Stage, files: Files): Promise<ChangeReport> {
  Object.assign(stage.applied, files);
  const report = await run(stage.db, bundleOf(stage.applied));
  expect(report.error).toBeNull();
  expect(report.status).toBe("ok");
  return report;
}

const HISTORY = "SELECT to_jsonb(h) - 'applied_at' AS row FROM public.schema_migrations h ORDER BY version";

export const historyOf = async (client: pg.Client): Promise<unknown[]> => {
  const { rows } = await client.query<{ row: unknown }>(HISTORY);
  return rows.map(({ row }) => row);
};

interface RecordedEnd {
  readonly run_id: string;
  readonly status: string;
  readonly code: string | null;
  readonly finished: boolean;
}

/** How the run recorded last ended, as our tables have it. */
export async function lastRun(client: pg.Client): Promise<RecordedEnd | undefined> {
  const { rows } = await client.query<RecordedEnd>(
    `SELECT run_id, status, error ->> 'code' AS code, finished_at IS NOT NULL AS finished
     FROM public.schema_migration_runs ORDER BY started_at DESC LIMIT 1`,
  );
  return rows[0];
}

export interface Attempt {
  /** The script of the next version. */
  readonly sql: string;
  readonly verify?: string;
  readonly code: string;
  readonly sqlstate?: string;
  /** SQL that takes away what no transaction of ours can undo. */
  readonly cleanup?: string;
  readonly options?: Partial<RunOptions>;
  /** What is odd about the world that it runs in. */
  readonly in_world?: (world: TestWorld) => World;
}

/** The version of the next file, in three digits. */
export function nextLabel({ applied }: Pick<Stage, "applied">): string {
  const versions = Object.keys(applied).flatMap((path) => /^\d+(?=_)/.exec(path) ?? []);
  return String(Math.max(...versions.map(Number)) + 1).padStart(3, "0");
}

/** A step's files. */
const filesOf = (label: string, sql: string, verify: string | undefined): Files => ({
  [`${label}_step.sql`]: sql,
  ...(verify === undefined ? {} : { [`verify/${label}_verify.sql`]: verify }),
});

/**
 * Tries a script as the next version and expects it to fail: nothing changed, the run recorded, what comes
 * after not run; then that the next run applies a corrected file.
 */
export async function expectFailure(stage: Stage, attempt: Attempt): Promise<ChangeReport> {
  const { db, client, applied } = stage;
  const { sql, verify, code, sqlstate, cleanup, options, in_world = (world) => world } = attempt;
  const history = await historyOf(client);
  const before = await snapshot(client);
  const label = nextLabel(stage);
  const files = { ...applied, ...filesOf(label, sql, verify), "999_after.sql": "CREATE TABLE after (a int)" };
  const world = in_world(worldFor(db));
  const report = await runChange(UP, loadedSource(bundleOf(files)), runOptions(options), world);
  expect(report.error).toMatchObject({ code, ...(sqlstate === undefined ? {} : { sqlstate }) });
  expect(report).toMatchObject({ status: "failed", current_version: String(Number(label) - 1) });
  expect(report.steps.map((step) => step.status)).toEqual(["failed", "not_run"]);
  if (cleanup !== undefined) await client.query(cleanup);
  expect(await snapshot(client)).toEqual(before);
  expect(await historyOf(client)).toEqual(history);
  const { run_id } = report;
  expect(await lastRun(client)).toEqual({ run_id, status: "failed", code, finished: true });
  await expectSuccess(stage, filesOf(label, "SELECT 1", undefined));
  return report;
}
