import type pg from "pg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import { OWN_RELATIONS } from "#engine/registry/tables.ts";
import { requestHash } from "#engine/request.ts";
import { planChange } from "#engine/run/plan.ts";
import { readStatus } from "#engine/run/status.ts";
import { runVerify } from "#engine/run/verify.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { bundleOf, rollback, run, runOptions, UP, worldFor } from "../../support/engine.ts";
import { codes, stepsOf } from "../../support/faults.ts";
import { makeFormatOne, makeFormatThree, makeFormatTwo } from "../../support/format_one.ts";
import { createRole, runAs } from "../../support/roles.ts";
import { snapshot } from "../../support/schema.ts";

const ONE = bundleOf({
  "1_one.sql": "CREATE TABLE one ();",
  "rollback/1_rollback.sql": "DROP TABLE one;",
  "verify/1_verify.sql": "SELECT 'PASS' AS status FROM pg_class WHERE relname = 'one';",
});
const TWO = bundleOf({
  "1_one.sql": "CREATE TABLE one ();",
  "rollback/1_rollback.sql": "DROP TABLE one;",
  "2_two.sql": "CREATE TABLE two ();",
});

let db: TestDatabase;
let client: pg.Client;
beforeEach(async () => {
  db = await createDatabase("format one");
  client = await db.connect();
  await client.query("CREATE TABLE one ()");
  await makeFormatOne(client, ONE.migrations[0]?.up.checksum ?? "");
});
afterEach(() => db.drop());

const everything = () => snapshot(client, { except: [] });
const rowsOf = async (sql: string) => (await client.query(sql)).rows;

/** Columns of our tables, as the catalog has them; every one has a comment. */
const columns = (schema: string) =>
  rowsOf(`SELECT relname, attname, format_type(atttypid, atttypmod) AS type, attnotnull, col_description(c.oid, attnum) AS about
    FROM pg_class c JOIN pg_attribute a ON attrelid = c.oid AND attnum > 0 AND NOT attisdropped
    WHERE relnamespace = '${schema}'::regnamespace AND relname IN ('${OWN_RELATIONS.join("','")}') ORDER BY 1, 2`);

describe("tables of format 1", () => {
  it("become those of this format in place, with their rows, before the first step", async () => {
    const oid =
      "SELECT oid::int FROM pg_class WHERE relname LIKE 'schema_migration%' AND relkind = 'r' ORDER BY relname";
    const before = await rowsOf(oid);
    const report = await run(db, TWO);
    expect([report.error, stepsOf(report)]).toEqual([null, ["2 up done"]]);
    expect(await rowsOf(oid)).toEqual(expect.arrayContaining(before));
    expect(
      await rowsOf("SELECT version::int, run_id, state FROM schema_migrations ORDER BY applied_seq"),
    ).toEqual([
      { version: 1, run_id: "first", state: "applied" },
      { version: 2, run_id: report.run_id, state: "applied" },
    ]);
    expect(await rowsOf("SELECT run_id, blockers FROM schema_migration_events ORDER BY event_id")).toEqual([
      { run_id: "first", blockers: null },
      { run_id: report.run_id, blockers: null },
    ]);
    expect(await rowsOf("SELECT version FROM schema_migration_registry ORDER BY 1")).toEqual([
      { version: 1 },
      { version: 4 },
    ]);
    expect((await run(db, TWO, UP, { history_schema: "fresh" })).error?.code).toBe("sql-error");
    expect(await columns("public")).toEqual(await columns("fresh"));
    expect((await run(db, TWO)).steps).toEqual([]);
    const [claimed] = await rowsOf("SELECT count(*)::int AS n FROM schema_migration_registry");
    expect(claimed).toEqual({ n: 2 });
  });

  it("are upgraded by an up with nothing to do, and by a rollback", async () => {
    expect((await run(db, ONE)).error).toBeNull();
    expect(await rowsOf("SELECT to_regclass('schema_migration_statements') IS NOT NULL AS there")).toEqual([
      { there: true },
    ]);
    expect(stepsOf(await run(db, ONE, rollback(1)))).toEqual(["1 down done"]);
  });

  it("are upgraded once by two runners at once", async () => {
    const both = await Promise.all([run(db, TWO), run(db, TWO)]);
    expect(both.map(({ error }) => error)).toEqual([null, null]);
    expect(both.flatMap(stepsOf)).toEqual(["2 up done"]);
    expect(await rowsOf("SELECT count(*)::int AS n FROM schema_migration_registry")).toEqual([{ n: 2 }]);
  });

  it("are read as they are by what changes nothing", async () => {
    const before = await everything();
    const status = await readStatus(loadedSource(TWO), runOptions(), worldFor(db));
    expect([status.error, status.applied.length, status.pending.length]).toEqual([null, 1, 1]);
    const plan = await planChange(UP, loadedSource(TWO), runOptions(), worldFor(db));
    expect([plan.error, stepsOf(plan)]).toEqual([null, ["2 up not_run"]]);
    const verified = await runVerify(
      { command: "verify", versions: [] },
      loadedSource(ONE),
      runOptions(),
      worldFor(db),
    );
    expect([verified.error, stepsOf(verified)]).toEqual([null, ["1 verify done"]]);
    expect([verified.recorded, codes(verified.warnings)]).toEqual([false, ["not-recorded"]]);
    expect(await everything()).toEqual(before);
  });

  it("stay as they are where the run is refused, which they record", async () => {
    const edited = bundleOf({ "1_one.sql": "SELECT 1;" });
    expect(codes((await run(db, edited)).refusals)).toEqual(["changed-migration"]);
    expect(await rowsOf("SELECT max(version) AS version FROM schema_migration_registry")).toEqual([
      { version: 1 },
    ]);
    expect(await rowsOf("SELECT status FROM schema_migration_runs WHERE run_id <> 'first'")).toEqual([
      { status: "refused" },
    ]);
  });

  it("are refused to a login that may use them and does not own them, and nothing but that is recorded", async () => {
    const role = await createRole();
    await client.query(
      `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ${role.name};
       GRANT CREATE ON SCHEMA public TO ${role.name}`,
    );
    const butRuns = async () =>
      (await everything()).filter((line) => !line.includes("schema_migration_runs"));
    const before = await butRuns();
    const report = await runAs(db, role, TWO);
    expect([report.status, report.error?.code, report.error?.sqlstate]).toEqual([
      "refused",
      "lacking-privilege",
      "42501",
    ]);
    expect(await butRuns()).toEqual(before);
    expect(await rowsOf("SELECT status FROM schema_migration_runs WHERE run_id <> 'first'")).toEqual([
      { status: "refused" },
    ]);
    await db.drop();
    await role.drop();
  });
});

describe("tables of format 2", () => {
  beforeEach(async () => {
    await db.drop();
    db = await createDatabase("format two");
    client = await db.connect();
    await client.query("CREATE TABLE one ()");
    await makeFormatTwo(client, ONE.migrations[0]?.up.checksum ?? "");
  });

  it("become those of this format in place, with their rows, and have the same columns as new ones", async () => {
    const report = await run(db, TWO);
    expect([report.error, stepsOf(report)]).toEqual([null, ["2 up done"]]);
    expect(
      await rowsOf(
        "SELECT run_id, attempt, report->>'run_id' AS told, stalled FROM schema_migration_runs ORDER BY started_at",
      ),
    ).toEqual([
      { run_id: "first", attempt: 1, told: null, stalled: false },
      { run_id: report.run_id, attempt: 1, told: report.run_id, stalled: false },
    ]);
    await run(db, TWO, UP, { history_schema: "fresh" });
    expect(await columns("public")).toEqual(await columns("fresh"));
  });

  it("record a refused run as they are", async () => {
    const edited = bundleOf({ "1_one.sql": "SELECT 1;" });
    expect(codes((await run(db, edited)).refusals)).toEqual(["changed-migration"]);
    expect(await rowsOf("SELECT status FROM schema_migration_runs WHERE run_id <> 'first'")).toEqual([
      { status: "refused" },
    ]);
    expect((await readStatus(loadedSource(ONE), runOptions(), worldFor(db))).error).toBeNull();
  });

  it("tell of a run that ended, and of one that was left unfinished, as far as they can", async () => {
    const hash = requestHash({ request: UP, reference: null });
    await client.query("UPDATE schema_migration_runs SET request_hash = $1", [hash]);
    const told = await run(db, TWO, UP, { run_id: "first" });
    expect([told.status, told.replayed, told.steps, told.duration_ms]).toEqual(["ok", true, [], 7]);
    await client.query(
      `UPDATE schema_migration_runs SET status = 'running', finished_at = NULL,
         plan = '[{"version": "2", "label": "2", "name": "two", "direction": "up"}]'`,
    );
    const left = await run(db, TWO, UP, { run_id: "first" });
    expect([left.status, codes(left.refusals)]).toEqual(["refused", ["superseded"]]);
    expect(await rowsOf("SELECT status, error->>'code' AS code FROM schema_migration_runs")).toEqual([
      { status: "refused", code: "superseded" },
    ]);
  });
});

it.each([
  ["a table that is gone", "DROP TABLE schema_migration_statements", true],
  ["a table that is another's", "CREATE TABLE schema_migration_statements (id int)", false],
])("tables that contradict their registry are refused: %s", async (_, damage, upgraded) => {
  if (upgraded) expect((await run(db, ONE)).error).toBeNull();
  await client.query(damage);
  const before = await everything();
  for (const report of [
    await run(db, TWO),
    await readStatus(loadedSource(TWO), runOptions(), worldFor(db)),
  ]) {
    expect(codes(report.refusals), report.command).toEqual(["registry-damaged"]);
  }
  expect(await everything()).toEqual(before);
});

describe("tables of format 3", () => {
  beforeEach(async () => {
    await db.drop();
    db = await createDatabase("format three");
    client = await db.connect();
    await client.query("CREATE TABLE one ()");
    await makeFormatThree(client, ONE.migrations[0]?.up.checksum ?? "");
  });

  it("become those of this format in place, with their rows, and have the same columns as new ones", async () => {
    const report = await run(db, TWO);
    expect([report.error, stepsOf(report)]).toEqual([null, ["2 up done"]]);
    expect(await rowsOf("SELECT version::int, origin, applied_by FROM schema_migrations ORDER BY 1")).toEqual(
      [
        { version: 1, origin: null, applied_by: null },
        { version: 2, origin: null, applied_by: null },
      ],
    );
    await run(db, TWO, UP, { history_schema: "fresh" });
    expect(await columns("public")).toEqual(await columns("fresh"));
  });

  it("are read as they are", async () => {
    expect((await readStatus(loadedSource(ONE), runOptions(), worldFor(db))).error).toBeNull();
    expect(codes((await run(db, bundleOf({ "1_one.sql": "SELECT 1;" }))).refusals)).toEqual([
      "changed-migration",
    ]);
  });
});
