import type pg from "pg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import type { ChangeReport } from "#engine/report.ts";
import { runChange } from "#engine/run/change.ts";
import { runLockKey } from "#engine/run/lock_keys.ts";
import { readStatus } from "#engine/run/status.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { bundleOf, run, runOptions, type TestWorld, UP, worldFor } from "../../support/engine.ts";
import { stepsOf } from "../../support/faults.ts";
import { jumpingClock } from "../../support/jumping_clock.ts";

const FIRST = { "1_one.sql": "CREATE TABLE one ();" };
/** Waits until somebody writes into `gate`. */
const SLOW = {
  ...FIRST,
  "2_slow.sql":
    "DO $$ BEGIN FOR i IN 1..1000 LOOP EXIT WHEN EXISTS (SELECT FROM gate); PERFORM pg_sleep(0.02); END LOOP; END $$;",
};

let db: TestDatabase;
let client: pg.Client;
beforeEach(async () => {
  db = await createDatabase("busy");
  client = await db.connect();
  await client.query("CREATE TABLE gate (open int)");
});
afterEach(() => db.drop());

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A run that holds the lock until the gate is opened. */
async function holding(run_id: string): Promise<{ readonly release: () => Promise<ChangeReport> }> {
  const world = worldFor(db);
  const running = runChange(UP, loadedSource(bundleOf(SLOW)), runOptions({ run_id }), world);
  const started = () => world.events.filter(({ type }) => type === "step-started").length;
  const last = (await client.query("SELECT to_regclass('one') IS NOT NULL AS one")).rows[0].one ? 1 : 2;
  while (started() < last) await pause(10);
  return {
    release: async () => {
      await client.query("INSERT INTO gate VALUES (1)");
      return running;
    },
  };
}

describe.each([
  ["whose tables were there before", true],
  ["whose tables it made itself", false],
])("while another run works %s", (_, tables) => {
  beforeEach(async () => {
    if (tables) expect((await run(db, bundleOf(FIRST))).error).toBeNull();
  });

  it("busy names its run id, since when, and that its backend lives", async () => {
    const { release } = await holding("holder-7");
    const report = await run(db, bundleOf(SLOW), UP, { lock_wait_ms: 0 });
    expect([report.status, report.error?.code]).toEqual(["busy", "other-run"]);
    expect(report.steps).toEqual([]);
    const { rows } = await client.query(
      "SELECT holder_pid AS pid, to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS') AS at FROM schema_migration_runs WHERE run_id = 'holder-7'",
    );
    expect(report.error?.message).toContain(`run holder-7, since ${rows[0].at}`);
    expect(report.error?.message).toContain(`backend ${rows[0].pid} lives`);
    const status = await readStatus(loadedSource(bundleOf(SLOW)), runOptions(), worldFor(db));
    expect(status.running).toMatchObject({ run_id: "holder-7", alive: true });
    expect(status.failed_runs).toEqual([]);
    expect((await release()).error).toBeNull();
  });
});

it("a run that began to wait before the holder made the tables names it too", async () => {
  const other = await db.connect();
  await other.query("SELECT pg_advisory_lock($1)", [String(runLockKey("public"))]);
  const waiters = [jumpingClock(worldFor(db)), jumpingClock(worldFor(db))];
  const runs = waiters.map(({ world }, i) =>
    runChange(
      UP,
      loadedSource(bundleOf(SLOW)),
      runOptions({ run_id: `waiter-${i}`, lock_wait_ms: 600_000 }),
      world,
    ),
  );
  for (const { world } of waiters) {
    while (!world.events.some(({ type }) => type === "waiting-for-lock")) await pause(10);
  }
  await other.end();
  // Whoever of the two has the lock now, the other one has seen a database without tables.
  const begun = ({ events }: TestWorld) => events.some(({ type }) => type === "step-started");
  while (!waiters.some(({ world }) => begun(world))) await pause(10);
  waiters.find(({ world }) => !begun(world))?.jump(600_000);
  const report = await Promise.race(runs);
  expect(report.error?.code).toBe("other-run");
  const holder = report.run_id === "waiter-0" ? "waiter-1" : "waiter-0";
  expect(report.error?.message).toContain(`run ${holder}, since 2`);
  await client.query("INSERT INTO gate VALUES (1)");
  expect((await Promise.all(runs)).filter(({ status }) => status === "ok").length).toBe(1);
});

describe("--lock-wait", () => {
  it.each([0, 300, 1_500])("%s ms: busy no later, and no sooner", async (lock_wait_ms) => {
    await run(db, bundleOf(FIRST));
    const other = await db.connect();
    await other.query("SET application_name = 'a stranger'");
    await other.query("SELECT pg_advisory_lock($1)", [String(runLockKey("public"))]);
    const real = worldFor(db);
    // On a clock that only its pauses move, however long the machine takes for the rest.
    let paused_ms = 0;
    const world: TestWorld = {
      ...real,
      clock: { ...real.clock, monotonic_ms: () => paused_ms },
      sleep: async (ms, signal) => {
        await real.sleep(ms, signal);
        if (signal === real.interrupt) paused_ms += ms;
      },
    };
    const report = await runChange(UP, loadedSource(bundleOf(FIRST)), runOptions({ lock_wait_ms }), world);
    expect(report.error?.code).toBe("other-run");
    expect(paused_ms).toBeCloseTo(lock_wait_ms, 6);
    const waits = world.events.filter(({ type }) => type === "waiting-for-lock").length;
    expect(waits > 0).toBe(lock_wait_ms > 0);
    // Somebody else's lock of this key is no run of ours, and is said to be of unknown name.
    expect(report.error?.message).toMatch(/of unknown name, its backend \d+ lives/);
    expect(report.error?.detail).toBe("The session that holds it calls itself a stranger.");
  });

  it("is cut short by the run's deadline", async () => {
    await run(db, bundleOf(FIRST));
    const other = await db.connect();
    await other.query("SELECT pg_advisory_lock($1)", [String(runLockKey("public"))]);
    const { world, jump } = jumpingClock(worldFor(db));
    const options = runOptions({ lock_wait_ms: 6_000_000, timeout_ms: 600_000 });
    const running = runChange(UP, loadedSource(bundleOf(SLOW)), options, world);
    while (!world.events.some(({ type }) => type === "waiting-for-lock")) await pause(10);
    jump(600_000);
    expect((await running).error?.code).toBe("other-run");
  });

  it("a run that waited goes on as soon as the lock is free", async () => {
    await run(db, bundleOf(FIRST));
    const { release } = await holding("holder-9");
    const waiter = run(db, bundleOf({ ...SLOW, "3_three.sql": "SELECT 3;" }), UP, { lock_wait_ms: 30_000 });
    await pause(300);
    expect((await release()).error).toBeNull();
    expect(stepsOf(await waiter)).toEqual(["3 up done"]);
  });
});
