import type pg from "pg";
import { expect } from "vitest";
import { type Bundle, readBundle } from "#engine/bundle/bundle.ts";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import type { ChangeRequest, RunOptions } from "#engine/request.ts";
import { runChange } from "#engine/run/change.ts";
import { readStatus } from "#engine/run/status.ts";
import { runVerify } from "#engine/run/verify.ts";
import { readFolder } from "#io/folder.ts";
import { asleep } from "../support/asleep.ts";
import type { TestDatabase } from "../support/database.ts";
import { bundleOf, rollback, runOptions, settingsFor, UP, worldFor } from "../support/engine.ts";
import { codes, stepsOf } from "../support/faults.ts";
import { generatedFiles } from "../support/generated_bundle.ts";
import type { TestRole } from "../support/roles.ts";
import type { RunnerProgram } from "../support/runner.ts";

/** Who runs, where. Its unqualified tables belong in `schema`, which is on the role's search_path. */
export interface Cast {
  readonly db: TestDatabase;
  /** A superuser's session. */
  readonly client: pg.Client;
  readonly role: TestRole;
  readonly schema: string;
  readonly options: Partial<RunOptions>;
  readonly runner: RunnerProgram;
}

const VERIFY = { command: "verify", versions: [] } as const;
const ALL: ChangeRequest = { command: "rollback", target: { remove: "above", version: 0n }, verify: "all" };

/** The commands as that role. */
function as({ db, role, options }: Cast) {
  const world = () => worldFor(db, role.settings);
  const given = (more: Partial<RunOptions>) => runOptions({ ...options, ...more });
  return {
    run: (bundle: Bundle, request: ChangeRequest = UP, more: Partial<RunOptions> = {}) =>
      runChange(request, loadedSource(bundle), given(more), world()),
    verify: (bundle: Bundle) => runVerify(VERIFY, loadedSource(bundle), given({}), world()),
    status: (bundle: Bundle) => readStatus(loadedSource(bundle), given({}), world()),
  };
}

const folder = readFolder("migrations/paws360");
const paws360 = readBundle(folder.files, folder.source);

/** PAWS360 is applied, verified and rolled back: nothing of it is left. */
async function appliesPaws360(cast: Cast): Promise<void> {
  const { run, verify, status } = as(cast);
  const up = await run(paws360);
  expect([up.error, up.steps.filter((step) => step.status === "done").length]).toEqual([null, 7]);
  const verified = await verify(paws360);
  expect([verified.error, verified.recorded]).toEqual([null, true]);
  expect((await status(paws360)).current_version).toBe("7");
  const back = await run(paws360, ALL);
  expect([back.error, back.current_version]).toEqual([null, null]);
  const { rows } = await cast.client.query("SELECT to_regnamespace('paws360') AS left_over");
  expect(rows).toEqual([{ left_over: null }]);
}

/** Failures keep what is before them, and nothing of themselves. */
async function keepsNothingOfFailures(cast: Cast): Promise<void> {
  const { run, status } = as(cast);
  // Longer than a role's statement_timeout of 1 s.
  const good = generatedFiles(4);
  good["004_make_t00004.sql"] += "SELECT pg_sleep(1.1);";
  const failures = [
    { code: "sql-error", files: { "005_bad.sql": "CREATE TABLE bad (a int); SELECT 1 / (SELECT 0);" } },
    {
      code: "check-failed",
      files: {
        "005_bad.sql": "CREATE TABLE bad (a int);",
        "verify/005_verify.sql": "SELECT 'FAIL' AS status;",
      },
    },
    {
      code: "own-tables-touched",
      files: {
        "005_bad.sql": `DO $$ BEGIN DELETE FROM ${cast.options.history_schema}.schema_migrations; END $$;`,
      },
    },
  ];
  for (const { code, files } of failures) {
    const report = await run(bundleOf({ ...good, ...files }));
    expect([report.error?.code, report.current_version]).toEqual([code, "4"]);
    expect(codes(report.warnings)).not.toContain("not-recorded");
  }
  const { rows } = await cast.client.query("SELECT count(*)::int AS n FROM pg_class WHERE relname = 'bad'");
  expect(rows).toEqual([{ n: 0 }]);
  expect((await status(bundleOf(good))).failed_runs.length).toBe(failures.length);
  const back = await run(bundleOf(good), rollback(4));
  expect(stepsOf(back)).toEqual(["004 down done", "003 down done", "002 down done", "001 down done"]);
}

/** A runner that is killed in its second step: what it had committed stays, and the next run goes on. */
async function survivesAKill(cast: Cast): Promise<void> {
  const { db, client, role, options, runner } = cast;
  const { run } = as(cast);
  const good = generatedFiles(3);
  const { password, ...settings } = settingsFor(db, role.settings);
  const killed = runner.start();
  killed.begin({
    files: { ...good, "002_make_t00002.sql": `${good["002_make_t00002.sql"]} SELECT pg_sleep(60);` },
    request: UP,
    options: runOptions(options),
    settings,
    password: (await password()) ?? "",
  });
  await asleep(client);
  killed.process.kill("SIGKILL");
  await killed.ended;
  const report = await run(bundleOf(good));
  expect(report.error).toBeNull();
  expect(stepsOf(report)).toEqual(["002 up done", "003 up done"]);
  const { rows } = await client.query(
    `SELECT status FROM ${options.history_schema}.schema_migration_runs ORDER BY started_at DESC LIMIT 2`,
  );
  expect(rows.map(({ status }) => status)).toEqual(["ok", "abandoned"]);
  expect((await run(bundleOf(good), ALL)).error).toBeNull();
}

/** A busy table: the job gives way by its own limits, says so, and applies when the table is free. */
async function givesWay(cast: Cast): Promise<void> {
  const { client, schema, db } = cast;
  const { run } = as(cast);
  const base = {
    "001_busy.sql": `CREATE TABLE ${schema}.busy (a int);`,
    "rollback/001_rollback.sql": `DROP TABLE ${schema}.busy;`,
  };
  const files = {
    ...base,
    "002_alter.sql": `ALTER TABLE ${schema}.busy ADD COLUMN b int;`,
    "rollback/002_rollback.sql": `ALTER TABLE ${schema}.busy DROP COLUMN b;`,
  };
  expect((await run(bundleOf(base))).error).toBeNull();
  const application = await db.connect();
  await application.query(`BEGIN; LOCK TABLE ${schema}.busy`);
  const refused = await run(bundleOf(files), UP, { retry_for_ms: 400 });
  expect(refused.error).toMatchObject({ code: "lock-timeout", sqlstate: "55P03" });
  // 200 ms, whatever the role's own limit is.
  expect(refused.steps[0]?.lock_wait_ms).toBeGreaterThan(190);
  const trying = run(bundleOf(files), UP, { retry_for_ms: 60_000 });
  const waiting = `SELECT FROM pg_locks WHERE NOT granted AND relation = '${schema}.busy'::regclass`;
  await expect.poll(async () => (await client.query(waiting)).rowCount, { interval: 20 }).toBe(1);
  await application.query("ROLLBACK");
  await application.end();
  expect((await trying).error).toBeNull();
  expect((await run(bundleOf(files), ALL)).error).toBeNull();
}

/** The cores of the suites, each leaving the database as it found it but for the history's records. */
export const CORES = {
  "PAWS360 up, verify, rollback": appliesPaws360,
  "failures keep nothing": keepsNothingOfFailures,
  "a killed runner": survivesAKill,
  "a busy table": givesWay,
} as const;
