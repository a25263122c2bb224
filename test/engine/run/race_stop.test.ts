import type pg from "pg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import type { ChangeReport } from "#engine/report.ts";
import { runChange } from "#engine/run/change.ts";
import { runLockKey } from "#engine/run/lock_keys.ts";
import { asleep } from "../../support/asleep.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { bundleOf, run, runOptions, type TestWorld, UP, worldFor } from "../../support/engine.ts";
import { stepsOf } from "../../support/faults.ts";
import { jumpingClock } from "../../support/jumping_clock.ts";
import { outOfTime } from "../../support/time_over.ts";

const FIRST = { "1_one.sql": "CREATE TABLE one ();" };
const SLOW = { "2_two.sql": "CREATE TABLE two (); SELECT pg_sleep(50);" };
const SLOW_CHECK = {
  "2_two.sql": "CREATE TABLE two ();",
  "verify/2_verify.sql": "-- migrate: statement-timeout 60s\nSELECT true AS status FROM pg_sleep(50);",
};
const QUICK = { "2_two.sql": "CREATE TABLE two ();" };
const LAST = { "3_three.sql": "CREATE TABLE three ();" };

let db: TestDatabase;
let client: pg.Client;
beforeEach(async () => {
  db = await createDatabase("stop");
  client = await db.connect();
  expect((await run(db, bundleOf(FIRST))).error).toBeNull();
});
afterEach(() => db.drop());

/** Writing the second history row takes its time: what stops the run then, stops it between verification and COMMIT. */
const slowHistory = () =>
  client.query(`CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      IF NEW.version = 2 THEN PERFORM pg_sleep(50); END IF; RETURN NEW; END $$;
    CREATE TRIGGER slow BEFORE INSERT ON schema_migrations FOR EACH ROW EXECUTE FUNCTION slow()`);

const WHEN = [
  ["in the script", SLOW, false],
  ["in the verification", SLOW_CHECK, false],
  ["while the history is written", QUICK, true],
] as const;

async function expectStopped(report: ChangeReport, code: string, status: string): Promise<void> {
  expect([report.status, report.error?.code]).toEqual([status, code]);
  expect(stepsOf(report)).toEqual(["2 up failed", "3 up not_run"]);
  expect(report.current_version).toBe("1");
  const { rows } = await client.query(
    "SELECT to_regclass('two') IS NULL AS undone, (SELECT count(*)::int FROM schema_migrations) AS history",
  );
  expect(rows).toEqual([{ undone: true, history: 1 }]);
  const { rows: runs } = await client.query(
    "SELECT status, error->>'code' AS code FROM schema_migration_runs WHERE run_id = $1",
    [report.run_id],
  );
  expect(runs).toEqual([{ status, code }]);
  await client.query("DROP TRIGGER IF EXISTS slow ON schema_migrations");
  const next = await run(db, bundleOf({ ...FIRST, ...QUICK, ...LAST }));
  expect(stepsOf(next)).toEqual(["2 up done", "3 up done"]);
}

describe.each(WHEN)("%s", (_, second, slow) => {
  const bundle = bundleOf({ ...FIRST, ...second, ...LAST });
  beforeEach(async () => {
    if (slow) await slowHistory();
  });

  it("an interrupt undoes the step in flight, and the run says so", async () => {
    const world: TestWorld = worldFor(db);
    const running = runChange(UP, loadedSource(bundle), runOptions(), world);
    await asleep(client, running);
    world.stop();
    await expectStopped(await running, "interrupted", "interrupted");
  });

  it("the deadline does too: incomplete", async () => {
    const report = await outOfTime(client, worldFor(db), (world, timeout_ms) =>
      runChange(UP, loadedSource(bundle), runOptions({ timeout_ms }), world),
    );
    await expectStopped(report, "deadline", "incomplete");
  });

  it("another session's cancel is the server's error, and the run fails", async () => {
    const running = runChange(UP, loadedSource(bundle), runOptions(), worldFor(db));
    await asleep(client, running);
    await client.query(
      "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()",
    );
    const report = await running;
    expect(report.status).toBe("failed");
    expect(report.error?.sqlstate).toBe("57014");
    expect(stepsOf(report)).toEqual(["2 up failed", "3 up not_run"]);
  });
});

it("an interrupt while the run waits for the lock ends the wait", async () => {
  const other = await db.connect();
  await other.query("SELECT pg_advisory_lock($1)", [String(runLockKey("public"))]);
  const world = worldFor(db);
  const options = runOptions({ lock_wait_ms: 600_000 });
  const running = runChange(UP, loadedSource(bundleOf({ ...FIRST, ...LAST })), options, world);
  while (!world.events.some(({ type }) => type === "waiting-for-lock")) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  world.stop();
  const report = await running;
  expect([report.status, report.error?.code]).toEqual(["interrupted", "interrupted"]);
});

it("an interrupt while the step waits to be tried again ends that", async () => {
  await client.query("CREATE TABLE busy ()");
  await client.query("BEGIN; LOCK TABLE busy");
  const bundle = bundleOf({ ...FIRST, "2_two.sql": "ALTER TABLE busy ADD COLUMN x int;" });
  const world = worldFor(db);
  const running = runChange(UP, loadedSource(bundle), runOptions({ retry_for_ms: 600_000 }), world);
  while (!world.events.some(({ type }) => type === "step-retried")) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  world.stop();
  const report = await running;
  expect([report.status, report.error?.code]).toEqual(["interrupted", "interrupted"]);
  await client.query("ROLLBACK");
});

it.each([
  ["deadline", "incomplete"],
  ["interrupted", "interrupted"],
] as const)("where the cancel does not get through, the run still ends by the %s", async (code, status) => {
  const { world, jump } = jumpingClock(worldFor(db));
  const connect = async (run_id: string) => ({
    ...(await world.connect(run_id)),
    cancel: () => Promise.reject(new Error("no way")),
  });
  const options = runOptions({ timeout_ms: 600_000 });
  const running = runChange(UP, loadedSource(bundleOf({ ...FIRST, ...SLOW, ...LAST })), options, {
    ...world,
    connect,
  });
  await asleep(client, running);
  if (code === "interrupted") world.stop();
  else jump(600_000);
  const report = await running;
  expect(report.error?.message).toContain("the connection was lost");
  await expectStopped(report, code, status);
});

describe("while the run's own row is written", () => {
  const LATE = { ...FIRST, ...QUICK };
  beforeEach(async () => {
    await client.query(`CREATE FUNCTION slow_claim() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        PERFORM pg_sleep(300); RETURN NEW; END $$;
      CREATE TRIGGER slow_claim BEFORE INSERT ON schema_migration_runs FOR EACH ROW
        WHEN (NEW.status = 'running') EXECUTE FUNCTION slow_claim()`);
  });

  it("the deadline ends the run before its first step", async () => {
    const report = await outOfTime(client, worldFor(db), (world, timeout_ms) =>
      runChange(UP, loadedSource(bundleOf(LATE)), runOptions({ timeout_ms }), world),
    );
    expect([report.status, report.error?.code]).toEqual(["incomplete", "deadline"]);
    expect(report.error?.message).toContain("nothing was begun");
    expect(stepsOf(report)).toEqual(["2 up not_run"]);
  });

  it("an interrupt does too", async () => {
    const world = worldFor(db);
    const running = runChange(UP, loadedSource(bundleOf(LATE)), runOptions(), world);
    await asleep(client, running);
    world.stop();
    const report = await running;
    expect([report.status, report.error?.code]).toEqual(["interrupted", "interrupted"]);
    expect(stepsOf(report)).toEqual(["2 up not_run"]);
  });
});
