import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import { runChange } from "#engine/run/change.ts";
import type { RunEvent } from "#engine/seam.ts";
import { bundleOf, run, runOptions, UP, worldFor } from "../../support/engine.ts";
import { LONG_MS, timeOverAt } from "../../support/time_over.ts";
import { expectFailure, expectSuccess, nextLabel, openStage, type Stage } from "./attempt.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage("lock timeout retry", {
    "001_base.sql": `CREATE TABLE busy (a int); INSERT INTO busy VALUES (1); CREATE TABLE aside (a int);
      CREATE SEQUENCE tries`,
  });
});
afterAll(() => stage.db.drop());

const isRetry = (event: RunEvent) => event.type === "step-retried";
/** Fails with `sqlstate` until it was tried `times` times; a sequence does not go back. */
const failing = (sqlstate: string, times: number) => `CREATE TABLE t${sqlstate} (a int);
  DO $$ BEGIN IF nextval('tries') < ${times} THEN RAISE 'again' USING ERRCODE = '${sqlstate}'; END IF; END $$`;

describe("a table that another session has locked", () => {
  it("is tried again, the whole step, until the time is over", async () => {
    const holder = await stage.db.connect();
    await holder.query("BEGIN; LOCK TABLE busy IN ACCESS SHARE MODE");
    const report = await expectFailure(stage, {
      sql: "INSERT INTO aside VALUES (1);\nALTER TABLE busy ADD COLUMN b int",
      code: "lock-timeout",
      sqlstate: "55P03",
      options: { retry_for_ms: LONG_MS },
      in_world: (world) => timeOverAt(world, (event) => event.type === "step-retried" && event.tries === 2),
    });
    await holder.query("ROLLBACK");
    const [step] = report.steps;
    expect(step?.tries).toBe(3);
    expect(step?.lock_wait_ms).toBeGreaterThan(3 * 200);
    expect(report.error).toMatchObject({
      line: 2,
      message: expect.stringContaining("(tried 3 times"),
    });
  });

  it("is not tried again where no time is given, and the wait is told all the same", async () => {
    const holder = await stage.db.connect();
    await holder.query("BEGIN; LOCK TABLE busy IN ACCESS SHARE MODE");
    const attempt = {
      sql: "ALTER TABLE busy ADD COLUMN b int",
      code: "lock-timeout",
      options: { retry_for_ms: 0 },
    };
    const report = await expectFailure(stage, attempt);
    await holder.query("ROLLBACK");
    expect(report.steps[0]?.tries).toBe(1);
    expect(report.steps[0]?.lock_wait_ms).toBeGreaterThan(190);
  });

  it("is changed when the lock is released meanwhile", async () => {
    const holder = await stage.db.connect();
    await holder.query("BEGIN; LOCK TABLE busy IN ACCESS SHARE MODE");
    const label = nextLabel(stage);
    Object.assign(stage.applied, {
      [`${label}_s.sql`]: "ALTER TABLE busy ADD COLUMN c int",
      [`verify/${label}_verify.sql`]: "SELECT true AS status",
    });
    const world = worldFor(stage.db);
    const emit = (event: RunEvent): void => {
      world.emit(event);
      if (isRetry(event)) void holder.query("ROLLBACK");
    };
    const options = runOptions({ retry_for_ms: LONG_MS });
    const report = await runChange(UP, loadedSource(bundleOf(stage.applied)), options, { ...world, emit });
    expect(report).toMatchObject({ status: "ok", error: null });
    const [step] = report.steps;
    expect(step?.tries).toBeGreaterThan(1);
    expect(step?.lock_wait_ms).toBeGreaterThan(200);
    expect(step?.lock_wait_ms).toBeLessThan(report.duration_ms);
    expect(step?.lock_held_ms).not.toBeNull();
    expect(world.events.filter(isRetry).length).toBe((step?.tries ?? 0) - 1);
    const { rows } = await stage.client.query(
      "SELECT tries, lock_wait_ms > 200 AS waited, success FROM schema_migration_events WHERE version = $1",
      [label],
    );
    expect(rows).toEqual([{ tries: step?.tries, waited: true, success: true }]);
  });

  it("is not waited for longer by a verification", async () => {
    const holder = await stage.db.connect();
    await holder.query("BEGIN; LOCK TABLE aside");
    const label = nextLabel(stage);
    const verify = "SELECT count(*) = 0 AS status FROM aside";
    const files = {
      ...stage.applied,
      [`${label}_s.sql`]: "SELECT 1",
      [`verify/${label}_verify.sql`]: verify,
    };
    const report = await run(stage.db, bundleOf(files), UP, { retry_for_ms: 0 });
    await holder.query("ROLLBACK");
    expect(report.error).toMatchObject({ code: "lock-timeout", file: `verify/${label}_verify.sql` });
    // A statement of the script would have waited for 5 s.
    expect(report.duration_ms).toBeLessThan(5_000);
  });
});

describe("a step that fails", () => {
  it.each(["40001", "40P01", "55P03"])("with %s is tried again", async (sqlstate) => {
    await stage.client.query("ALTER SEQUENCE tries RESTART");
    const world = worldFor(stage.db);
    Object.assign(stage.applied, { [`${nextLabel(stage)}_s.sql`]: failing(sqlstate, 3) });
    const options = runOptions({ retry_for_ms: LONG_MS });
    const report = await runChange(UP, loadedSource(bundleOf(stage.applied)), options, world);
    expect(report.error).toBeNull();
    expect(report.steps[0]?.tries).toBe(3);
    expect(world.events.filter(isRetry)).toMatchObject([
      { sqlstate, tries: 1 },
      { sqlstate, tries: 2 },
    ]);
    const waited = report.steps[0]?.lock_wait_ms ?? 0;
    expect(waited > 0).toBe(sqlstate !== "40001");
  });

  it.each(["23505", "57014", "40002", "P0001", "53100"])("with %s is not", async (sqlstate) => {
    await stage.client.query("ALTER SEQUENCE tries RESTART");
    const report = await expectFailure(stage, { sql: failing(sqlstate, 3), code: "sql-error", sqlstate });
    expect(report.steps[0]).toMatchObject({ tries: 1, lock_wait_ms: 0 });
  });
});

it("loses a deadlock itself, and tries again", async () => {
  const other = await stage.db.connect();
  await other.query("SET deadlock_timeout = '10s'; BEGIN; UPDATE busy SET a = 1");
  const sql =
    "INSERT INTO aside VALUES (2); LOCK TABLE aside IN SHARE ROW EXCLUSIVE MODE; UPDATE busy SET a = 3";
  const label = nextLabel(stage);
  const up = expectSuccess(stage, { [`${label}_s.sql`]: sql });
  await new Promise((resolve) => setTimeout(resolve, 100));
  await other.query("INSERT INTO aside VALUES (9)");
  await other.query("COMMIT");
  const report = await up;
  expect(report.steps[0]?.status).toBe("done");
});
