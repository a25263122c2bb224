import type pg from "pg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readBundle } from "#engine/bundle/bundle.ts";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import type { ChangeRequest } from "#engine/request.ts";
import { planChange } from "#engine/run/plan.ts";
import { readStatus } from "#engine/run/status.ts";
import { readFolder } from "#io/folder.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { bundleOf, rollback, run, runOptions, UP, worldFor } from "../../support/engine.ts";
import { codes, stepsOf } from "../../support/faults.ts";
import { snapshot } from "../../support/schema.ts";
import { applyAsSeed, forgetMigration, recordMigration, SEED_QUERIES } from "../../support/seed_runner.ts";

const folder = readFolder("migrations/paws360");
const paws360 = readBundle(folder.files, folder.source);

let db: TestDatabase;
let client: pg.Client;
beforeEach(async () => {
  db = await createDatabase("seed");
  client = await db.connect();
});
afterEach(() => db.drop());

const one = async (sql: string) => (await client.query(sql)).rows[0];
/** Everything in the database, the tables of the history too. */
const everything = () => snapshot(client, { except: [] });

describe.each([
  ["without migration_performance", false],
  ["with migration_performance, its function and trigger", true],
])("a database of the seed's migrate.sh %s", (_, performance) => {
  beforeEach(() => applyAsSeed(client, { performance }));

  it("is shown as it is by status and plan, which write nothing", async () => {
    const before = await everything();
    const status = await readStatus(loadedSource(paws360), runOptions(), worldFor(db));
    expect(status.error).toBeNull();
    expect(status.applied.map(({ label }) => label)).toEqual(["001", "002", "003", "004"]);
    expect(status.applied.every(({ applied_at }) => applied_at?.endsWith("Z"))).toBe(true);
    expect(status.pending.map(({ label }) => label)).toEqual(["005", "006", "007"]);
    expect([status.changed, status.missing, status.failed_runs]).toEqual([[], [], []]);
    const plan = await planChange(UP, loadedSource(paws360), runOptions(), worldFor(db));
    expect(plan.error).toBeNull();
    expect(stepsOf(plan)).toEqual(["005 up not_run", "006 up not_run", "007 up not_run"]);
    expect(codes(plan.warnings)).toContain("checksum-unknown");
    expect(await everything()).toEqual(before);
  });

  it("is upgraded in place by up, its rows kept", async () => {
    const { rows: before } = await client.query(SEED_QUERIES.applied);
    const oid = (await one("SELECT 'schema_migrations'::regclass::oid AS oid")).oid;
    const report = await run(db, paws360);
    expect(report.error).toBeNull();
    expect(stepsOf(report)).toEqual(["005 up done", "006 up done", "007 up done"]);
    const { rows } = await client.query(SEED_QUERIES.applied);
    expect(rows.slice(3)).toEqual(before.map((row) => ({ ...row, version: String(row.version) })));
    expect((await one("SELECT 'schema_migrations'::regclass::oid AS oid")).oid).toBe(oid);
    const { rows: order } = await client.query(
      "SELECT version::int, applied_seq::int AS seq, bundle, checksum IS NULL AS unchecked FROM schema_migrations ORDER BY applied_seq",
    );
    const row = (version: number) => ({ version, seq: version, bundle: "paws360", unchecked: version < 5 });
    expect(order).toEqual([1, 2, 3, 4, 5, 6, 7].map(row));
    expect((await run(db, paws360)).steps).toEqual([]);
  });

  it("is upgraded by an up with nothing to do as well", async () => {
    const four = readBundle(
      folder.files.filter(({ path }) => !/00[567]_/.test(path)),
      folder.source,
    );
    expect((await run(db, four)).error).toBeNull();
    expect((await one("SELECT count(*)::int AS n FROM schema_migration_runs WHERE status = 'ok'")).n).toBe(1);
    // Its rows are this bundle's now.
    expect(codes((await run(db, bundleOf({ "008_x.sql": "SELECT 1;" }, "other"))).refusals)).toEqual([
      "other-bundle",
    ]);
    expect(stepsOf(await run(db, paws360))).toEqual(["005 up done", "006 up done", "007 up done"]);
  });

  it("answers the seed's own statements afterwards", async () => {
    await run(db, paws360);
    expect((await client.query(SEED_QUERIES.applied)).rows.map(({ version }) => Number(version))).toEqual([
      7, 6, 5, 4, 3, 2, 1,
    ]);
    expect((await client.query(SEED_QUERIES.failed)).rows).toEqual([]);
    expect((await client.query(SEED_QUERIES.current)).rows).toEqual([{ coalesce: "7" }]);
    await client.query(recordMigration("008", "by_the_old_runner"));
    expect((await one("SELECT applied_seq::int AS seq FROM schema_migrations WHERE version = 8")).seq).toBe(
      8,
    );
    await client.query(
      "UPDATE schema_migrations SET applied_at = now() - interval '2 hours' WHERE version = 8",
    );
    const { rows: old } = await client.query(SEED_QUERIES.failed);
    expect(old).toMatchObject([{ version: "8", name: "by_the_old_runner" }]);
    expect(Number(old[0].hours_ago)).toBeCloseTo(2, 1);
    await client.query(forgetMigration("008"));
    expect((await client.query(SEED_QUERIES.current)).rows).toEqual([{ coalesce: "7" }]);
    expect((await readStatus(loadedSource(paws360), runOptions(), worldFor(db))).error).toBeNull();
  });

  it("keeps migration_performance's columns, with true values", async () => {
    const kept = performance
      ? (await client.query("SELECT * FROM migration_performance ORDER BY migration_id")).rows
      : null;
    const report = await run(db, paws360);
    const { rows } = await client.query(
      `SELECT p.migration_id, p.version, p.name, p.duration_seconds, p.success,
         p.started_at > r.started_at AND p.completed_at < r.finished_at AS within_its_run,
         extract(epoch FROM p.completed_at - p.started_at) >= p.duration_seconds - 0.001 AS as_long
       FROM migration_performance p, schema_migration_runs r WHERE r.run_id = $1 ORDER BY p.migration_id`,
      [report.run_id],
    );
    expect(rows.map((row) => [row.version, row.name, row.success])).toEqual([
      ["5", "add_course_prerequisites", true],
      ["6", "add_gpa_calculation", true],
      ["7", "add_waitlist_system", true],
    ]);
    rows.forEach((row, i) => {
      const took = report.steps[i]?.duration_ms ?? 0;
      expect(Number(row.duration_seconds)).toBeCloseTo(took / 1000, 2);
      expect(Number(row.duration_seconds)).toBeGreaterThan(0);
      expect([row.within_its_run, row.as_long]).toEqual([true, true]);
    });
    expect(
      (await one("SELECT relkind FROM pg_class WHERE oid = 'migration_performance'::regclass")).relkind,
    ).toBe("v");
    const { rows: left } = await client.query(
      "SELECT to_regclass('migration_performance_before_upgrade') AS kept",
    );
    expect(left[0].kept !== null).toBe(performance);
    if (kept === null) return;
    expect(kept.length).toBe(2);
    expect(
      (await client.query("SELECT * FROM migration_performance_before_upgrade ORDER BY migration_id")).rows,
    ).toEqual(kept);
    expect(
      (
        await one(
          "SELECT count(*)::int AS n FROM pg_trigger WHERE NOT tgisinternal AND tgrelid = 'schema_migrations'::regclass",
        )
      ).n,
    ).toBe(0);
  });

  it("can be rolled back by the job, in the order that the seed applied", async () => {
    const all: ChangeRequest = {
      command: "rollback",
      target: { remove: "above", version: 2n },
      verify: "last",
    };
    expect((await run(db, paws360)).error).toBeNull();
    const report = await run(db, paws360, all);
    expect(report.error).toBeNull();
    expect(report.steps.map(({ label }) => label)).toEqual(["007", "006", "005", "004", "003"]);
    expect(stepsOf(await run(db, paws360, rollback(1)))).toEqual(["002 down done"]);
  });
});

it("the seed's order of application wins over its numbers", async () => {
  await applyAsSeed(client, { performance: false });
  await client.query(
    "UPDATE schema_migrations SET applied_at = applied_at - interval '1 day' WHERE version = 3",
  );
  expect((await run(db, paws360)).error).toBeNull();
  const { rows } = await client.query(
    "SELECT version::int AS version FROM schema_migrations ORDER BY applied_seq",
  );
  expect(rows.map(({ version }) => version)).toEqual([3, 1, 2, 4, 5, 6, 7]);
});
