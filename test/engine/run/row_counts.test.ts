import type pg from "pg";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { countRows } from "#engine/run/row_counts.ts";
import type { Answer } from "#engine/seam.ts";
import type { Sender } from "#engine/step/sender.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { bundleOf, rollback, run, UP } from "../../support/engine.ts";
import { codes } from "../../support/faults.ts";
import { createRole, runAs } from "../../support/roles.ts";

const FILES = {
  "1_filled.sql": `CREATE TABLE filled (id int); INSERT INTO filled SELECT generate_series(1, 3);
    INSERT INTO app."Old stock" VALUES (8); DELETE FROM app.kept;`,
  "rollback/1_rollback.sql": "DROP TABLE filled;",
};
const bundle = bundleOf(FILES);
const named = (...names: string[]) => ({ named: names, under_bytes: null });

let db: TestDatabase;
let client: pg.Client;
beforeAll(async () => {
  db = await createDatabase("row counts");
  client = await db.connect();
});
beforeEach(async () => {
  await client.query(`DROP SCHEMA public CASCADE; CREATE SCHEMA public; DROP SCHEMA IF EXISTS app CASCADE; CREATE SCHEMA app;
    CREATE TABLE app.kept AS SELECT 1 AS id FROM generate_series(1, 5);
    CREATE TABLE app."Old stock" AS SELECT 7 AS id; CREATE TABLE app.big AS SELECT repeat(md5(x::text), 30) AS t FROM generate_series(1, 2000) x;`);
});
afterAll(() => db.drop());

it("rows of named tables are counted before and after, also of those that come and go", async () => {
  const counted = named("app.kept", 'app."Old stock"', "public.filled");
  const report = await run(db, bundle, UP, { counted });
  expect([report.error, codes(report.warnings)]).toEqual([null, []]);
  expect(report.row_counts).toEqual([
    { relation: 'app."Old stock"', before: 1, after: 2 },
    { relation: "app.kept", before: 5, after: 0 },
    { relation: "public.filled", before: null, after: 3 },
  ]);
  const { rows } = await client.query("SELECT report->'row_counts' AS counts FROM schema_migration_runs");
  expect(rows).toEqual([{ counts: report.row_counts }]);
  const back = await run(db, bundle, rollback(1), { counted: named("public.filled") });
  expect(back.row_counts).toEqual([{ relation: "public.filled", before: 3, after: null }]);
});

it("all under a size are counted, and none of the job's own", async () => {
  const report = await run(db, bundle, UP, { counted: { named: [], under_bytes: 50_000 } });
  expect(report.row_counts?.map(({ relation }) => relation)).toEqual([
    'app."Old stock"',
    "app.kept",
    "public.filled",
  ]);
});

it("a run that fails has counted what it left; without a wish nothing is counted", async () => {
  const failing = bundleOf({ "1_a.sql": "DELETE FROM app.kept; SELECT 1 / 0;" });
  const report = await run(db, failing, UP, { counted: named("app.kept") });
  expect([report.status, report.row_counts]).toEqual([
    "failed",
    [{ relation: "app.kept", before: 5, after: 5 }],
  ]);
  expect((await run(db, bundle, UP)).row_counts).toBeUndefined();
});

it("the same id told again tells its counts", async () => {
  const options = { run_id: "counted", counted: named("app.kept") };
  await run(db, bundle, UP, options);
  const again = await run(db, bundle, UP, options);
  expect([again.replayed, again.row_counts]).toEqual([true, [{ relation: "app.kept", before: 5, after: 0 }]]);
});

it("one that is named is waited for as long as for any lock, and no longer", async () => {
  await client.query("BEGIN; LOCK TABLE app.kept");
  const report = await run(db, bundleOf({ "1_a.sql": "SELECT 1;" }), UP, { counted: named("app.kept") });
  await client.query("ROLLBACK");
  expect([report.status, report.warnings[0]?.message]).toEqual([
    "ok",
    expect.stringContaining("lock timeout"),
  ]);
});

it("what cannot be counted is said, and the run goes on", async () => {
  const role = await createRole();
  await client.query(
    `GRANT CREATE, USAGE ON SCHEMA public TO ${role.name}; GRANT USAGE ON SCHEMA app TO ${role.name}`,
  );
  const harmless = bundleOf({ "1_a.sql": "CREATE TABLE mine ();" });
  const report = await runAs(db, role, harmless, UP, { counted: named("app.kept", "app.nobody") });
  expect([report.status, report.row_counts]).toEqual([
    "ok",
    [{ relation: "app.kept", before: null, after: null }],
  ]);
  expect(report.warnings.map(({ message }) => message)).toEqual([
    expect.stringContaining("permission denied for table kept"),
    expect.stringContaining("There is no table app.nobody"),
  ]);
  await client.query(`DROP OWNED BY ${role.name}`);
  await role.drop();
});

it("rows that a policy hides are not left out without a word", async () => {
  const role = await createRole();
  await client.query(
    `GRANT CREATE, USAGE ON SCHEMA public TO ${role.name}; GRANT USAGE ON SCHEMA app TO ${role.name};
     GRANT SELECT ON app.kept TO ${role.name}; ALTER TABLE app.kept ENABLE ROW LEVEL SECURITY`,
  );
  const harmless = bundleOf({
    "1_a.sql": "CREATE TABLE mine AS SELECT current_setting('row_security') AS security;",
  });
  const report = await runAs(db, role, harmless, UP, { counted: named("app.kept") });
  expect(report.row_counts).toEqual([{ relation: "app.kept", before: null, after: null }]);
  expect(report.warnings[0]?.message).toContain("row-level security policy");
  expect((await client.query("SELECT security FROM mine")).rows).toEqual([{ security: "on" }]);
  await client.query(`DROP OWNED BY ${role.name}`);
  await role.drop();
});

it("by size neither what is locked is waited for, nor a partitioned table read whole", async () => {
  await client.query(`CREATE TABLE app.parts (t text) PARTITION BY LIST (t);
    CREATE TABLE app.small PARTITION OF app.parts FOR VALUES IN ('a'); CREATE TABLE app.large PARTITION OF app.parts DEFAULT;
    INSERT INTO app.parts SELECT md5(x::text) FROM generate_series(1, 3000) x; CREATE TABLE app.locked ()`);
  await client.query("BEGIN; LOCK TABLE app.locked");
  const harmless = bundleOf({ "1_a.sql": "SELECT 1;" });
  const report = await run(db, harmless, UP, { counted: { named: [], under_bytes: 50_000 } });
  await client.query("ROLLBACK");
  expect(report.row_counts).toEqual([
    { relation: 'app."Old stock"', before: 1, after: 1 },
    { relation: "app.kept", before: 5, after: 5 },
    { relation: "app.locked", before: null, after: null },
    { relation: "app.small", before: 0, after: 0 },
  ]);
  expect(report.warnings.map(({ message }) => message)).toEqual([
    expect.stringContaining("app.locked was locked"),
  ]);
});

it("a stop is heeded between the tables", async () => {
  const asked: string[] = [];
  const sender: Sender = {
    send: async (messages) => {
      asked.push(...messages.map(({ text }) => text));
      const rows = asked.length > 1 ? [["1"]] : Array.from({ length: 25 }, (_, i) => [`t${i}`, null, "f"]);
      return messages.map(() => ({ kind: "done", results: [{ rows }] }) as unknown as Answer);
    },
    stopped: () => (asked.length > 1 ? "interrupt" : null),
    cancel: async () => {},
    remaining_ms: () => 0,
  };
  const { tables, warnings } = await countRows(named("x"), [], sender);
  expect(tables.map(({ rows }) => rows)).toEqual([...Array(10).fill(1), ...Array(15).fill(null)]);
  expect(warnings.map(({ message }) => message)).toEqual([
    "The run was stopped: 15 tables were not counted.",
  ]);
});
