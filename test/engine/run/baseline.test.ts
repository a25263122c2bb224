import type pg from "pg";
import { afterEach, beforeEach, expect, it } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import type { RollbackVerification, RunOptions } from "#engine/request.ts";
import { runBaseline } from "#engine/run/baseline.ts";
import { runChange } from "#engine/run/change.ts";
import { runLockKey } from "#engine/run/lock_keys.ts";
import { readStatus } from "#engine/run/status.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { bundleOf, rollback, run, runOptions, UP, worldFor } from "../../support/engine.ts";
import { codes, stepsOf } from "../../support/faults.ts";
import { snapshot } from "../../support/schema.ts";
import { applyAsSeed } from "../../support/seed_runner.ts";
import { outOfTime } from "../../support/time_over.ts";
import { madeBy } from "../../support/tool_histories.ts";

const BUNDLE = bundleOf({
  "1_one.sql": "CREATE TABLE one (id int);",
  "verify/1_verify.sql": "SELECT 'one' AS check_name, to_regclass('one') IS NOT NULL AS status;",
  "2_two.sql": "CREATE TABLE two (id int);",
  "rollback/2_rollback.sql": "DROP TABLE two;",
  "verify/2_verify.sql": "SELECT 'two' AS check_name, to_regclass('two') IS NOT NULL AS status;",
  "3_three.sql": "CREATE TABLE three (id int);",
});

let db: TestDatabase;
let client: pg.Client;
beforeEach(async () => {
  db = await createDatabase("baseline");
  client = await db.connect();
});
afterEach(() => db.drop());

const baseline = (version: bigint, verify: RollbackVerification = "all", options: Partial<RunOptions> = {}) =>
  runBaseline(
    { command: "baseline", version, verify },
    loadedSource(BUNDLE),
    runOptions(options),
    worldFor(db),
  );
const everything = () => snapshot(client, { except: [] });

it("warns where another tool has kept a history, which says more", async () => {
  const made = madeBy("flyway");
  await client.query(made.ddl);
  const report = await baseline(1n, "none");
  expect([report.written, codes(report.warnings)]).toEqual([true, ["another-history"]]);
  expect(report.warnings[0]?.message).toContain("public.flyway_schema_history (flyway)");
});

it("takes all up to a version for applied, proven by its verifications, without running a script", async () => {
  await client.query("CREATE TABLE one (id int, more text); CREATE TABLE two (id int)");
  const report = await baseline(2n, "all", { reason: "made by hand" });
  expect([report.error, report.written, report.current_version]).toEqual([null, true, "2"]);
  expect(stepsOf(report)).toEqual(["1 verify done", "2 verify done"]);
  expect(report.baselined.map(({ label }) => label)).toEqual(["1", "2"]);
  const { rows } = await client.query(
    "SELECT version::int, origin, applied_at, checksum, run_id FROM schema_migrations ORDER BY applied_seq",
  );
  const [one, two] = BUNDLE.migrations;
  expect(rows).toEqual([
    { version: 1, origin: "baseline", applied_at: null, checksum: one?.up.checksum, run_id: null },
    { version: 2, origin: "baseline", applied_at: null, checksum: two?.up.checksum, run_id: null },
  ]);
  const runs = await client.query(
    `SELECT r.command, r.status, r.reason, r.request, array_agg(e.version::int || ' ' || e.action ORDER BY event_id) AS events
     FROM schema_migration_runs r JOIN schema_migration_events e USING (run_id) GROUP BY r.run_id`,
  );
  expect(runs.rows).toEqual([
    {
      command: "baseline",
      status: "ok",
      reason: "made by hand",
      request: { command: "baseline", version: "2", verify: "all" },
      events: ["1 baseline", "2 baseline"],
    },
  ]);
  const status = await readStatus(loadedSource(BUNDLE), runOptions(), worldFor(db));
  expect(status.applied.map(({ origin }) => origin)).toEqual(["baseline", "baseline"]);
  expect(stepsOf(await run(db, BUNDLE))).toEqual(["3 up done"]);
  await client.query("DELETE FROM schema_migrations WHERE version = 3");
  expect(stepsOf(await run(db, BUNDLE, rollback(1)))).toEqual(["2 down done"]);
});

it("a verification that fails refuses all of it; the last alone, or none, can be asked for", async () => {
  await client.query("CREATE TABLE two (id int)");
  const before = await everything();
  const report = await baseline(2n);
  expect([report.status, report.error?.code, report.written, report.run_id]).toEqual([
    "failed",
    "check-failed",
    false,
    null,
  ]);
  expect(stepsOf(report)).toEqual(["1 verify failed", "2 verify done"]);
  expect(report.error?.remedy).toContain("Nothing was recorded");
  expect(await everything()).toEqual(before);
  expect(stepsOf(await baseline(2n, "last"))).toEqual(["2 verify done"]);
  await client.query("DELETE FROM schema_migrations; DROP TABLE two");
  const none = await baseline(2n, "none");
  expect([none.error, none.steps, none.written]).toEqual([null, [], true]);
});

it("is refused where something is applied, of an unknown version, of another tool's history, and while a run is at work", async () => {
  const before = await everything();
  expect((await baseline(9n)).error?.code).toBe("unknown-version");
  const holder = await db.connect();
  await holder.query("SELECT pg_advisory_lock($1)", [String(runLockKey("public"))]);
  expect((await baseline(1n, "none", { lock_wait_ms: 30 })).error?.code).toBe("other-run");
  await holder.query("SELECT pg_advisory_unlock_all()");
  expect(await everything()).toEqual(before);
  await client.query("CREATE TABLE schema_migrations (version bigint, dirty boolean)");
  const foreign = await baseline(1n, "none");
  expect([codes(foreign.refusals), foreign.error?.remedy]).toEqual([
    ["foreign-history"],
    expect.stringContaining("`paws-migrate adopt`"),
  ]);
  await client.query("DROP TABLE schema_migrations");
  await run(db, bundleOf({ "1_one.sql": "CREATE TABLE one (id int);" }));
  const applied = await everything();
  const report = await baseline(2n, "none");
  expect([codes(report.refusals), report.written]).toEqual([["history-not-empty"], false]);
  expect(await everything()).toEqual(applied);
});

it("upgrades the seed's table where that is empty", async () => {
  await applyAsSeed(client, { performance: true, files: [] });
  expect((await baseline(2n, "none")).written).toBe(true);
  expect(stepsOf(await run(db, BUNDLE))).toEqual(["3 up done"]);
});

it("a run that was left unfinished is not gone on with behind it, and does not disappear", async () => {
  const slow = bundleOf({
    "1_one.sql": "SELECT pg_sleep(30);",
    "2_two.sql": "SELECT 2;",
    "3_three.sql": "SELECT 3;",
  });
  const left = await outOfTime(client, worldFor(db), (world, timeout_ms) =>
    runChange(UP, loadedSource(slow), runOptions({ run_id: "release-1", timeout_ms }), world),
  );
  expect(left.status).toBe("incomplete");
  expect((await baseline(2n, "none")).written).toBe(true);
  const { failed_runs } = await readStatus(loadedSource(BUNDLE), runOptions(), worldFor(db));
  expect(failed_runs.map(({ run_id }) => run_id)).toEqual(["release-1"]);
  expect(codes((await run(db, slow, UP, { run_id: "release-1" })).refusals)).toEqual(["superseded"]);
});

it("a trigger that swallows its rows is named, and a table that is locked", async () => {
  await run(db, BUNDLE);
  await client.query("DELETE FROM schema_migrations");
  const before = await everything();
  const holder = await db.connect();
  await holder.query("BEGIN; LOCK TABLE schema_migration_events IN ACCESS EXCLUSIVE MODE");
  const locked = await baseline(2n, "none");
  expect([locked.error?.code, locked.error?.remedy]).toEqual([
    "lock-timeout",
    expect.stringContaining("pg_locks"),
  ]);
  await holder.query("ROLLBACK");
  expect(await everything()).toEqual(before);
  await client.query(
    `CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
     CREATE TRIGGER swallow BEFORE INSERT ON schema_migrations FOR EACH ROW EXECUTE FUNCTION swallow()`,
  );
  const report = await baseline(2n, "none");
  expect([report.status, report.error?.code, report.written]).toEqual([
    "failed",
    "history-write-refused",
    false,
  ]);
});
