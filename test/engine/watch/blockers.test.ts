import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import { runChange } from "#engine/run/change.ts";
import type { Blocker, RunEvent } from "#engine/seam.ts";
import { blockersText, givesWay } from "#engine/watch/blockers.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { bundleOf, rollback, run, runOptions, type TestWorld, UP, worldFor } from "../../support/engine.ts";
import { createRole } from "../../support/roles.ts";
import { LONG_MS, timeOverAt } from "../../support/time_over.ts";

let db: TestDatabase;
let client: pg.Client;
beforeAll(async () => {
  db = await createDatabase("blockers");
  client = await db.connect();
  await client.query("CREATE TABLE busy (a int); INSERT INTO busy VALUES (1)");
});
afterAll(() => db.drop());

const BUNDLE = bundleOf({
  "001_s.sql": "ALTER TABLE busy ADD COLUMN b int",
  "rollback/001_rollback.sql": "ALTER TABLE busy DROP COLUMN b",
});
const GIVE_UP = { retry_for_ms: LONG_MS };
/** Gives up with the try after the one that saw who blocks it. */
const giveUp = (world: TestWorld) =>
  timeOverAt(world, (event) => event.type === "step-retried" && event.blockers.length > 0);

/** Somebody who holds the table, and his backend. */
async function holder(): Promise<{ readonly session: pg.Client; readonly pid: number }> {
  const session = await db.connect();
  await session.query("SET application_name = 'a report'; BEGIN; SELECT a AS secret FROM busy");
  const { rows } = await session.query("SELECT pg_backend_pid() AS pid");
  return { session, pid: rows[0].pid };
}

describe("who holds the table", () => {
  it("is in the report, in the message, in the events of the tries, and without what it runs", async () => {
    const { session, pid } = await holder();
    const world = worldFor(db);
    const report = await runChange(UP, loadedSource(BUNDLE), runOptions(GIVE_UP), giveUp(world));
    await session.query("ROLLBACK");
    const [blocker, ...more] = report.steps[0]?.blockers ?? [];
    expect(more).toEqual([]);
    expect(blocker).toEqual({
      pid,
      user: db.config.user,
      application: "a report",
      client_address: "127.0.0.1",
      backend_type: "client backend",
      state: "idle in transaction",
      transaction_age_ms: expect.any(Number),
      snapshot_age: blocker?.snapshot_age ?? null,
      hidden: false,
      to_prevent_wraparound: false,
    });
    expect(blocker?.transaction_age_ms).toBeGreaterThan(200);
    expect(report.error).toMatchObject({
      code: "lock-timeout",
      message: expect.stringMatching(new RegExp(`in the way: process ${pid} \\(a report, user `)),
    });
    expect(JSON.stringify([report, world.events])).not.toContain("secret");
    const { rows } = await client.query("SELECT blockers FROM schema_migration_events WHERE run_id = $1", [
      report.run_id,
    ]);
    expect(rows).toEqual([{ blockers: report.steps[0]?.blockers }]);
    const retries = world.events.filter(
      (event): event is Extract<RunEvent, { type: "step-retried" }> => event.type === "step-retried",
    );
    // Nobody watches the first try.
    expect(retries[0]?.blockers).toEqual([]);
    expect(retries.at(-1)?.blockers.map((seen) => seen.pid)).toEqual([pid]);
  });

  it("is told of a step that was done after all", async () => {
    const { session, pid } = await holder();
    const world = worldFor(db);
    const emit = (event: RunEvent): void => {
      world.emit(event);
      if (event.type === "step-retried" && event.blockers.length > 0) void session.query("ROLLBACK");
    };
    const patient = runOptions({ retry_for_ms: LONG_MS });
    const report = await runChange(UP, loadedSource(BUNDLE), patient, { ...world, emit });
    expect(report.status).toBe("ok");
    expect(report.steps[0]?.blockers.map((seen) => seen.pid)).toEqual([pid]);
    expect((await run(db, BUNDLE, rollback(1))).status).toBe("ok");
  });

  it("is told to be hidden where this login may not see it", async () => {
    const role = await createRole();
    await client.query(
      `CREATE SCHEMA hidden AUTHORIZATION ${role.name}; GRANT ALL ON SCHEMA public TO ${role.name}; ALTER TABLE busy OWNER TO ${role.name}`,
    );
    const { session, pid } = await holder();
    const options = runOptions({ ...GIVE_UP, history_schema: "hidden" });
    const report = await runChange(UP, loadedSource(BUNDLE), options, giveUp(worldFor(db, role.settings)));
    await session.query("ROLLBACK");
    expect(report.error?.message).toContain("hidden from this login");
    expect(report.steps[0]?.blockers).toEqual([
      {
        pid,
        user: db.config.user,
        application: "a report",
        client_address: null,
        backend_type: null,
        state: null,
        transaction_age_ms: null,
        snapshot_age: expect.toSatisfy((age) => age === null || age >= 0),
        hidden: true,
        to_prevent_wraparound: false,
      },
    ]);
    await client.query("ALTER TABLE busy OWNER TO CURRENT_USER");
  });

  it("is told to be a prepared transaction, which has no process", async () => {
    const session = await db.connect();
    await session.query("BEGIN; LOCK TABLE busy IN ACCESS SHARE MODE; PREPARE TRANSACTION 'in_the_way'");
    const report = await runChange(UP, loadedSource(BUNDLE), runOptions(GIVE_UP), giveUp(worldFor(db)));
    await session.query("ROLLBACK PREPARED 'in_the_way'");
    expect(report.steps[0]?.blockers).toMatchObject([
      { pid: 0, backend_type: "prepared transaction", hidden: false },
    ]);
    expect(report.error?.message).toContain("a prepared transaction");
  });

  it("is not known where no second connection is to be had, and the run goes on", async () => {
    const { session } = await holder();
    const world = worldFor(db);
    let connections = 0;
    const connect: typeof world.connect = (run_id) => {
      connections += 1;
      return connections === 1 ? world.connect(run_id) : Promise.reject(new Error("too many connections"));
    };
    let tries = 0;
    const emit = (event: RunEvent): void => {
      // The second is the first that anybody would watch.
      if (event.type === "step-retried" && ++tries === 2) void session.query("ROLLBACK");
    };
    const patient = runOptions({ retry_for_ms: LONG_MS });
    const report = await runChange(UP, loadedSource(BUNDLE), patient, { ...world, connect, emit });
    expect(report.error).toBeNull();
    expect(report.steps[0]?.blockers).toEqual([]);
    expect(report.warnings.map(({ code }) => code)).toEqual(["observer-unavailable"]);
    expect(connections).toBe(2);
  });
});

describe("in words", () => {
  const blocker: Blocker = {
    pid: 7,
    user: "alice",
    application: null,
    client_address: "10.0.0.7",
    backend_type: "client backend",
    state: "active",
    transaction_age_ms: 61_234,
    snapshot_age: 3,
    hidden: false,
    to_prevent_wraparound: false,
  };

  it("a session is named by what is known of it", () => {
    expect(blockersText([blocker])).toBe(
      "process 7 (user alice, from 10.0.0.7, active, transaction open for 61.2 s)",
    );
  });

  it("an autovacuum gives way, unless it is to prevent wraparound", () => {
    const autovacuum = { ...blocker, user: null, backend_type: "autovacuum worker" };
    const needed = { ...autovacuum, to_prevent_wraparound: true };
    expect([blocker, autovacuum, needed].map(givesWay)).toEqual([false, true, false]);
    expect(blockersText([needed])).toContain(
      "autovacuum worker, from 10.0.0.7, active, transaction open for 61.2 s, to prevent wraparound",
    );
  });

  it("a crowd is counted", () => {
    expect(blockersText([blocker, blocker, blocker, blocker, blocker])).toMatch(/; and 2 more$/);
  });
});
