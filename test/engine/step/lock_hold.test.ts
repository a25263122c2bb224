import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import { runChange } from "#engine/run/change.ts";
import type { World } from "#engine/seam.ts";
import { bundleOf, run, runOptions, UP, worldFor } from "../../support/engine.ts";
import { between, heardIn } from "../../support/heard.ts";
import { jumpingClock } from "../../support/jumping_clock.ts";
import { AGES_MS, LONG_MS } from "../../support/time_over.ts";
import { expectFailure, nextLabel, openStage, type Stage } from "./attempt.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage("lock hold", {
    "001_base.sql": "CREATE TABLE held (a int); INSERT INTO held VALUES (1); CREATE TABLE other (a int)",
  });
});
afterAll(() => stage.db.drop());

/** Runs one more step, alone, which may be done or fail; a failed one is not there for the next. */
async function attempt(
  sql: string,
  options: object = {},
  verify = "SELECT true AS status",
  on: World = worldFor(stage.db),
) {
  const label = nextLabel(stage);
  const files = { [`${label}_s.sql`]: sql, [`verify/${label}_verify.sql`]: verify };
  const { world, heard } = heardIn(on);
  const source = loadedSource(bundleOf({ ...stage.applied, ...files }));
  const report = await runChange(UP, source, runOptions(options), world);
  if (report.error === null) Object.assign(stage.applied, files);
  return { report, step: report.steps[0], held_ms: report.steps[0]?.lock_held_ms ?? null, label, heard };
}

const TAKES = /ALTER TABLE held/;
const SLEEP = "SELECT pg_sleep(0.4)";

describe("how long strong locks are held", () => {
  it("is from the first of them to the commit, its verification included", async () => {
    const verify = "SELECT pg_sleep(0.4) IS NOT NULL AS status";
    const { held_ms, label, heard } = await attempt(
      `${SLEEP}; ALTER TABLE held ADD x1 int; ${SLEEP}`,
      {},
      verify,
    );
    expect(held_ms).toBe(between(heard, TAKES, /^COMMIT/));
    // Its event is written before the commit, and behind the verification.
    const { rows } = await stage.client.query(
      "SELECT lock_held_ms::float8 AS held FROM schema_migration_events WHERE version = $1",
      [label],
    );
    expect(rows[0].held).toBeLessThanOrEqual(held_ms ?? 0);
    expect(rows[0].held).toBeGreaterThanOrEqual(between(heard, TAKES, /IS NOT NULL AS status/));
  });

  it("is told of a step that failed, until its rollback", async () => {
    const failing = `ALTER TABLE held ADD x2 int; ${SLEEP}; SELECT 1 / 0`;
    const { report, held_ms, label, heard } = await attempt(failing);
    expect(report.error?.code).toBe("sql-error");
    expect(held_ms).toBe(between(heard, TAKES, /^ROLLBACK/));
    const { rows } = await stage.client.query(
      "SELECT lock_held_ms::float8 AS held FROM schema_migration_events WHERE version = $1 AND NOT success",
      [label],
    );
    expect(rows).toEqual([{ held: held_ms }]);
  });

  it.each([
    ["rows", `UPDATE held SET a = a; ${SLEEP}`],
    ["a table that the script made", `CREATE TABLE made (a int); ALTER TABLE made ADD b int; ${SLEEP}`],
    ["a weak lock", `COMMENT ON TABLE held IS 'x'; ${SLEEP}`],
  ])("is nothing for %s, which no limit stops", async (_what, sql) => {
    const { report, held_ms } = await attempt(sql, { max_lock_hold_ms: 100 });
    expect([report.error, held_ms]).toEqual([null, null]);
  });
});

describe("a step that holds strong locks for longer than is allowed", () => {
  it.each([
    [
      "in its script",
      "INSERT INTO other VALUES (1); ALTER TABLE held ADD y int; SELECT pg_sleep(60)",
      undefined,
    ],
    [
      "in many statements",
      `ALTER TABLE held ADD y int; ${`${"SELECT pg_sleep(0.03);".repeat(1_000)}`}`,
      undefined,
    ],
    ["in its verification", "ALTER TABLE held ADD y int", "SELECT pg_sleep(60)"],
  ])("%s is stopped, rolled back, and not tried again", async (_where, sql, verify) => {
    const report = await expectFailure(stage, {
      sql,
      ...(verify === undefined ? {} : { verify }),
      code: "lock-held-too-long",
      options: { max_lock_hold_ms: 300 },
    });
    const [step] = report.steps;
    expect(step).toMatchObject({ status: "failed", tries: 1, lock_wait_ms: 0 });
    expect(step?.lock_held_ms).toBeGreaterThanOrEqual(300);
    expect(step?.lock_held_ms).toBeLessThan(9_000);
    const held = `held strong locks for ${Math.round(step?.lock_held_ms ?? 0)} ms; at most 300 ms`;
    expect(report.error?.message).toContain(held);
  });

  it("is stopped too when it was begun behind the commit of the step before", async () => {
    const label = nextLabel(stage);
    const files = {
      ...stage.applied,
      [`${label}_first.sql`]: "SELECT 1",
      [`${Number(label) + 1}_second.sql`]: "ALTER TABLE held ADD z int; SELECT pg_sleep(60)",
    };
    const report = await run(stage.db, bundleOf(files), UP, { max_lock_hold_ms: 300 });
    expect(report.steps.map(({ status }) => status)).toEqual(["done", "failed"]);
    expect(report.error?.code).toBe("lock-held-too-long");
    expect(report.duration_ms).toBeLessThan(20_000);
    Object.assign(stage.applied, { [`${label}_first.sql`]: "SELECT 1" });
  });

  it("does not count the time in which it waits for its first", async () => {
    const holder = await stage.db.connect();
    await holder.query("BEGIN; LOCK TABLE held IN ACCESS SHARE MODE");
    const real = worldFor(stage.db);
    let connections = 0;
    let asked = (): void => {};
    const observed = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const { world, jump } = jumpingClock({
      ...real,
      connect: async (run_id: string) => {
        const session = await real.connect(run_id);
        if (++connections === 1) return session;
        const send: typeof session.send = async (messages, answered) => {
          const answers = await session.send(messages, answered);
          if (messages.some(({ text }) => text.includes("pg_lock_status"))) asked();
          return answers;
        };
        return { ...session, send };
      },
    });
    const sql = "-- migrate: lock-timeout 50s\nALTER TABLE held ADD w int";
    const running = attempt(sql, { max_lock_hold_ms: LONG_MS }, undefined, world);
    const waits = "SELECT FROM pg_locks WHERE relation = 'held'::regclass AND NOT granted";
    await expect.poll(async () => (await stage.client.query(waits)).rowCount).toBe(1);
    jump(AGES_MS);
    await observed;
    await holder.query("ROLLBACK");
    const { report, step } = await running;
    expect([report.error, step?.tries]).toEqual([null, 1]);
  });

  it("counts it where it holds another already", async () => {
    const holder = await stage.db.connect();
    await holder.query("BEGIN; LOCK TABLE other IN ACCESS SHARE MODE");
    const { report } = await attempt("-- migrate: lock-timeout 50s\nLOCK TABLE held, other", {
      max_lock_hold_ms: 250,
    });
    await holder.query("ROLLBACK");
    expect(report.error?.code).toBe("lock-held-too-long");
    expect(report.duration_ms).toBeLessThan(20_000);
  });
});
