import type pg from "pg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import { runChange } from "#engine/run/change.ts";
import { readRuns } from "#engine/run/runs.ts";
import { beforeMessage } from "../../support/at_message.ts";
import { cutWorld } from "../../support/cut_world.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { bundleOf, run, runOptions, settingsFor, UP, worldFor } from "../../support/engine.ts";
import { type FaultProxy, startProxy } from "../../support/proxy.ts";
import { createRole, runAs } from "../../support/roles.ts";
import { cameBy, dieAt, PATIENT, rowOf } from "../../support/run_ids.ts";

/** Applied twice, each would count twice. */
const counting = (name: string, text = "") =>
  `CREATE TABLE IF NOT EXISTS counted (name text); INSERT INTO counted VALUES ('${name}'); ${text}`;
const FILES = {
  "1_t.sql": counting("t"),
  "R__a.sql": counting("a"),
  "verify/a_verify.sql": "SELECT count(*) = 1 AS status FROM counted WHERE name = 'a';",
  "R__b.sql": counting("b"),
};
const bundle = bundleOf(FILES);
const run_id = "delivered-twice";

let db: TestDatabase;
let client: pg.Client;
beforeEach(async () => {
  db = await createDatabase("repeatable left");
  client = await db.connect();
});
afterEach(() => db.drop());

const rows = async (sql: string) => (await client.query({ text: sql, rowMode: "array" })).rows.flat();
const counted = () => rows("SELECT name FROM counted ORDER BY name");
const committed = () =>
  rows("SELECT name || ' ' || action FROM schema_migration_events WHERE success ORDER BY event_id");
const ALL = ["t apply", "a repeat", "b repeat"];

describe("a process that dies", () => {
  // The claim, three steps, the run's end.
  const cuts = [2, 3, 4, 5].flatMap((nth) => (["before", "after"] as const).map((when) => ({ nth, when })));
  it.each(cuts)(
    "$when COMMIT $nth takes each step once when its run id comes again",
    async ({ nth, when }) => {
      expect(await dieAt(db, loadedSource(bundle), UP, { text: /^COMMIT/, nth, when }, { run_id })).toBe(
        true,
      );
      const done = nth - 2 + (when === "after" && nth < 5 ? 1 : 0);
      const [seen] = (await readRuns(run_id, runOptions(), worldFor(db))).runs;
      expect(seen?.progress).toEqual({ done, planned: 3 });
      const report = await run(db, bundle, UP, { run_id, ...PATIENT });
      expect([report.error, report.status]).toEqual([null, "ok"]);
      expect(report.steps.map(({ name, status }) => `${name} ${status}`)).toEqual([
        "t done",
        "a done",
        "b done",
      ]);
      expect(report.steps[1]?.checks).toHaveLength(1);
      expect(await committed()).toEqual(ALL);
      expect(await counted()).toEqual(["a", "b", "t"]);
      expect(await rowOf(db, run_id)).toMatchObject({ status: "ok", finished: true });
      expect(cameBy(await run(db, bundle, UP, { run_id, ...PATIENT }))).toMatchObject({ replayed: true });
      expect((await run(db, bundle)).steps).toEqual([]);
    },
  );

  it("applies one again that was applied before, once its run id comes again", async () => {
    expect((await run(db, bundle)).error).toBeNull();
    const changed = bundleOf({ ...FILES, "R__b.sql": counting("b2") });
    const cut = { text: /^COMMIT/, nth: 2, when: "before" } as const;
    expect(await dieAt(db, loadedSource(changed), UP, cut, { run_id })).toBe(true);
    expect((await run(db, changed, UP, { run_id, ...PATIENT })).error).toBeNull();
    expect(await counted()).toEqual(["a", "b", "b2", "t"]);
  });

  it("is not gone on with where another run has applied them since", async () => {
    expect(
      await dieAt(db, loadedSource(bundle), UP, { text: /^COMMIT/, nth: 3, when: "after" }, { run_id }),
    ).toBe(true);
    expect((await run(db, bundle, UP, { lock_wait_ms: 20_000 })).error).toBeNull();
    const late = await run(db, bundle, UP, { run_id, ...PATIENT });
    expect([late.status, late.error?.code]).toEqual(["refused", "superseded"]);
    expect(await committed()).toEqual(ALL);
  });

  it("is not gone on with from a history that lost the row of what it committed", async () => {
    expect(
      await dieAt(db, loadedSource(bundle), UP, { text: /^COMMIT/, nth: 3, when: "after" }, { run_id }),
    ).toBe(true);
    await client.query("DELETE FROM schema_migration_repeatables");
    const late = await run(db, bundle, UP, { run_id, ...PATIENT });
    expect(late.error).toMatchObject({ code: "history-moved" });
    expect(late.error?.message).toContain("R__a was committed by this run");
  });
});

describe("a COMMIT whose answer is lost", () => {
  it.each([
    ["before", ["t done", "a failed", "b not_run"], "connection-lost", ["t"]],
    ["after", ["t done", "a done", "b not_run"], "connection-lost", ["a", "t"]],
  ] as const)("is looked up by the migration's name: %s", async (when, steps, code, there) => {
    const world = cutWorld(worldFor(db), { text: /^COMMIT/, nth: 3, when });
    const report = await runChange(UP, loadedSource(bundle), runOptions(), world);
    expect(report.steps.map(({ name, status }) => `${name} ${status}`)).toEqual(steps);
    expect(report.error?.code).toBe(code);
    expect(report.error?.message).toContain("R__a was committed");
    expect(await counted()).toEqual(there);
    expect((await run(db, bundle)).error).toBeNull();
    expect(await counted()).toEqual(["a", "b", "t"]);
  });
});

describe("the history of repeatable migrations", () => {
  it("is compared with the plan before each step", async () => {
    expect((await run(db, bundle)).error).toBeNull();
    const changed = bundleOf({ ...FILES, "R__b.sql": counting("b", "SELECT 1;") });
    // Someone without the lock comes between the plan and the step.
    const meddling = beforeMessage(worldFor(db), /pg_try_advisory_xact_lock/, () =>
      client.query("UPDATE schema_migration_repeatables SET run_id = 'another'"),
    );
    const report = await runChange(UP, loadedSource(changed), runOptions(), meddling);
    expect(report.error).toMatchObject({ code: "history-moved" });
    expect(report.error?.message).toContain("R__b");
    expect(await counted()).toEqual(["a", "b", "t"]);
  });

  it("cannot be kept from being written", async () => {
    await run(db, bundleOf({ "1_t.sql": "SELECT 1;" }));
    await client.query(
      `CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
       CREATE TRIGGER no BEFORE INSERT ON schema_migration_repeatables FOR EACH ROW EXECUTE FUNCTION no()`,
    );
    const report = await run(
      db,
      bundleOf({ "1_t.sql": "SELECT 1;", "R__v.sql": "CREATE VIEW v AS SELECT 1 AS a;" }),
    );
    expect(report.error).toMatchObject({ code: "history-write-refused" });
    expect(await rows("SELECT to_regclass('v')")).toEqual([null]);
  });

  it("is not a script's to write", async () => {
    const touching = "DO $$BEGIN EXECUTE 'DELETE FROM schema_migration_repe' || 'atables'; END$$;";
    const report = await run(db, bundleOf({ "1_t.sql": "SELECT 1;", "R__v.sql": touching }));
    expect(report.error).toMatchObject({ code: "own-tables-touched" });
  });
});

it("a role needs what they are recorded with, and only where there is one to record", async () => {
  const role = await createRole();
  try {
    const files = { "1_t.sql": "SELECT 1;", "R__v.sql": "SELECT 1;" };
    await run(db, bundleOf(files));
    await client.query(
      `GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA public TO ${role.name};
       GRANT UPDATE ON schema_migration_runs, schema_migration_bundles TO ${role.name}`,
    );
    expect((await runAs(db, role, bundleOf({ ...files, "2_u.sql": "SELECT 2;" }))).error).toBeNull();
    const changed = bundleOf({ ...files, "2_u.sql": "SELECT 2;", "R__v.sql": "SELECT 2;" });
    const refused = await runAs(db, role, changed);
    expect([refused.status, refused.error?.code]).toEqual(["refused", "lacking-privilege"]);
    expect(refused.error?.message).toContain("lacks UPDATE on public.schema_migration_repeatables");
    await client.query(`GRANT UPDATE ON schema_migration_repeatables TO ${role.name}`);
    expect((await runAs(db, role, changed)).error).toBeNull();
  } finally {
    await client.query(`DROP OWNED BY ${role.name}`);
    await role.drop();
  }
});

it("two runs at once apply each once", async () => {
  const reports = await Promise.all([run(db, bundle), run(db, bundle)]);
  expect(reports.map(({ error }) => error)).toEqual([null, null]);
  expect(reports.map(({ steps }) => steps.length).sort()).toEqual([0, 3]);
  expect(await counted()).toEqual(["a", "b", "t"]);
});

it("a repeatable migration that took long before is not begun where it does not fit", async () => {
  expect((await run(db, bundle)).error).toBeNull();
  await client.query("UPDATE schema_migration_events SET duration_ms = 90000 WHERE name = 'b'");
  const changed = bundleOf({ ...FILES, "R__b.sql": counting("b", "SELECT 1;") });
  const report = await run(db, changed, UP, { timeout_ms: 60_000 });
  expect(report.error).toMatchObject({ code: "deadline" });
  expect(report.error?.message).toContain("R__b takes 90.0 s, as it took before");
});

describe("round trips", () => {
  let proxy: FaultProxy;
  beforeEach(async () => {
    proxy = await startProxy(settingsFor(db));
  });
  afterEach(() => proxy.close());

  const trips = async (count: number) => {
    const files = Object.fromEntries(
      Array.from({ length: count }, (_, i) => [
        `R__v${i}.sql`,
        `CREATE OR REPLACE VIEW v${i} AS SELECT ${count} AS a;`,
      ]),
    );
    const world = worldFor(db, { port: proxy.port });
    let connected = false;
    const connect = async (id: string) => {
      // The second connection looks on, where a slow machine makes a step a long one.
      if (connected) return worldFor(db).connect(id);
      connected = true;
      const session = await world.connect(id);
      proxy.zero();
      return session;
    };
    const report = await runChange(UP, loadedSource(bundleOf(files)), runOptions(), { ...world, connect });
    expect(report.error).toBeNull();
    return proxy.counts().turns - 1;
  };

  it("a repeatable migration takes about one, and none with nothing to do", async () => {
    const few = await trips(5);
    const many = await trips(45);
    expect((many - few) / 40).toBeLessThanOrEqual(1.1);
    expect(await trips(45)).toBeLessThanOrEqual(4);
  });
});
