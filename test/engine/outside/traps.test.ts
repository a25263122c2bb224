import type pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import { runChange } from "#engine/run/change.ts";
import { planChange } from "#engine/run/plan.ts";
import { cutWorld } from "../../support/cut_world.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { bundleOf, run, runOptions, UP, worldFor } from "../../support/engine.ts";

let db: TestDatabase;
let client: pg.Client;
beforeAll(async () => {
  db = await createDatabase("traps");
  client = await db.connect();
});
afterAll(() => db.drop());
beforeEach(async () => {
  await client.query("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
  await client.query(
    "CREATE TABLE t (a int, b int); INSERT INTO t VALUES (1, 1), (2, 1); CREATE TABLE log (n int)",
  );
});

const bundle = (sql: string) => bundleOf({ "1_out.sql": `-- migrate: no-transaction\n${sql};` });
const up = (sql: string) => run(db, bundle(sql));
const one = async (sql: string): Promise<unknown> =>
  (await client.query({ text: sql, rowMode: "array" })).rows[0]?.[0];
const valid = (index: string) =>
  one(`SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('${index}')`);
const begun = () => one("SELECT count(*)::int FROM schema_migration_statements");
const make = (sql: string) => client.query(sql);

const CIC = "CREATE INDEX CONCURRENTLY i ON t (a)";

test("IF NOT EXISTS over an INVALID index builds it", async () => {
  await make(
    "CREATE INDEX i ON t (a); UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'i'::regclass",
  );
  expect((await up("CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a)")).error).toBeNull();
  expect(await valid("i")).toBe(true);
});

test("IF NOT EXISTS takes a valid one of the same definition as it is", async () => {
  await make("CREATE INDEX i ON t (a)");
  const oid = await one("SELECT 'i'::regclass::oid");
  expect((await up("CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a)")).error).toBeNull();
  expect(await one("SELECT 'i'::regclass::oid")).toBe(oid);
});

test("one made by somebody else is the server's own error, however often", async () => {
  await make("CREATE INDEX i ON t (a)");
  for (let run = 0; run < 2; run++) {
    const { error } = await up(CIC);
    expect(error).toMatchObject({ code: "sql-error", sqlstate: "42P07", line: 2, file: "1_out.sql" });
    expect(await begun()).toBe(0);
  }
  await make("DROP INDEX i");
  expect((await up(CIC)).error).toBeNull();
});

test("one of another definition is refused, naming both", async () => {
  await make("CREATE INDEX i ON t (b)");
  for (const sql of [CIC, "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a)"]) {
    const { error } = await up(sql);
    expect(error).toMatchObject({ code: "index-differs", line: 2, excerpt: expect.stringContaining(sql) });
    expect(error?.message).toContain("CREATE INDEX i ON public.t USING btree (b)");
  }
  expect(await valid("i")).toBe(true);
});

test("a build that the server refuses leaves no INVALID index, and may be corrected in the file", async () => {
  const { error } = await up("CREATE UNIQUE INDEX CONCURRENTLY i ON t (b)");
  expect(error).toMatchObject({ code: "sql-error", sqlstate: "23505", line: 2 });
  expect(error?.remedy).toContain("goes on with this statement");
  expect([await valid("i"), await begun()]).toEqual([undefined, 0]);
  expect((await up("CREATE UNIQUE INDEX CONCURRENTLY i ON t (a)")).error).toBeNull();
});

test.each(["CREATE INDEX CONCURRENTLY i ON absent (a)", "VACUUM absent", "INSERT INTO absent VALUES (1)"])(
  "%s fails at its place; what stands before it stays, and it may be corrected",
  async (sql) => {
    const { error } = await up(`INSERT INTO log VALUES (1);\n${sql}`);
    expect(error).toMatchObject({ code: "sql-error", sqlstate: "42P01", line: 3, file: "1_out.sql" });
    expect((await up("INSERT INTO log VALUES (1);\nVACUUM log")).error).toBeNull();
    expect(await one("SELECT count(*)::int FROM log")).toBe(1);
  },
);

describe("a file that is edited underway", () => {
  const text = `INSERT INTO log VALUES (1);\n${CIC};\nINSERT INTO log VALUES (2)`;
  beforeEach(async () => {
    const cut = cutWorld(worldFor(db), { text: /^CREATE INDEX/, when: "before" });
    expect((await runChange(UP, loadedSource(bundle(text)), runOptions(), cut)).error?.code).toBe(
      "connection-lost",
    );
  });

  test.each([
    ["a statement that is done", text.replace("(1)", "(9)")],
    ["the one that was begun", text.replace("(a)", "(b)")],
    ["one more before them", `INSERT INTO log VALUES (0);\n${text}`],
    ["without the directive", null],
  ])("%s is refused, before anything is done", async (_, edited) => {
    const files = edited === null ? bundleOf({ "1_out.sql": "INSERT INTO log VALUES (1)" }) : bundle(edited);
    const report = await run(db, files);
    expect([report.status, report.error?.code]).toEqual(["refused", "changed-underway"]);
    expect(await one("SELECT count(*)::int FROM log")).toBe(1);
    expect(await valid("i")).toBeUndefined();
  });

  test("what stands behind them is free", async () => {
    const report = await up(`-- a comment\n${text.replace("(2)", "(3)")};\nINSERT INTO log VALUES (4)`);
    expect(report.error).toBeNull();
    expect(await one("SELECT string_agg(n::text, ',' ORDER BY n) FROM log")).toBe("1,3,4");
  });
});

test("the plan says what runs again, and that it runs statement by statement", async () => {
  const files = bundle(`INSERT INTO log VALUES (1);\nVACUUM t;\n${CIC};\nDO $$ BEGIN COMMIT; END $$`);
  const report = await planChange(UP, loadedSource(files), runOptions(), worldFor(db));
  expect(report.details).toMatchObject([
    { no_transaction: true, run_again: ["VACUUM in line 3", "DO in line 5"] },
  ]);
  const plain = await planChange(
    UP,
    loadedSource(bundleOf({ "1_a.sql": "SELECT 1" })),
    runOptions(),
    worldFor(db),
  );
  expect(plain.details).toMatchObject([{ no_transaction: false, run_again: [] }]);
});

test("the search path before what is done is a part of it", async () => {
  await make("CREATE SCHEMA IF NOT EXISTS s3");
  const text = (path: string, last: string) =>
    `SET search_path = ${path};\nCREATE TABLE made (a int);\nSET work_mem = '${last}';\nSELECT 1 / count(*) FROM public.log`;
  expect((await up(text("public", "1MB"))).error?.sqlstate).toBe("22012");
  const { error } = await up(text("s3", "1MB"));
  expect(error).toMatchObject({ code: "changed-underway", line: 3 });
  expect(error?.message).toContain("under the search path before it");
  await make("INSERT INTO log VALUES (1)");
  expect((await up(text("public", "2MB"))).error).toBeNull();
});

describe("a statement that left nothing may be edited", () => {
  test("where it had no effect", async () => {
    await make("CREATE VIEW i AS SELECT 1");
    expect((await up("CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a)")).error?.code).toBe("no-effect");
    expect((await up("CREATE INDEX CONCURRENTLY IF NOT EXISTS j ON t (a)")).error).toBeNull();
    expect(await valid("j")).toBe(true);
  });

  test.each([
    ["DO", "DO $$ BEGIN INSERT INTO log VALUES (1); PERFORM 1 / 0; END $$"],
    ["CALL", "CALL p(0)"],
  ])("where a %s was rolled back", async (_, wrong) => {
    await make(
      "CREATE PROCEDURE p(n int) LANGUAGE plpgsql AS 'BEGIN INSERT INTO log VALUES (1 / n); COMMIT; END'",
    );
    expect((await up(wrong)).error).toMatchObject({ code: "sql-error", sqlstate: "22012" });
    expect(await begun()).toBe(0);
    expect((await up("CALL p(1)")).error).toBeNull();
    expect(await one("SELECT count(*)::int FROM log")).toBe(1);
  });

  test("but not where a DO has committed a part, which it says", async () => {
    const wrong = "DO $$ BEGIN INSERT INTO log VALUES (1); COMMIT; PERFORM 1 / 0; END $$";
    const { error } = await up(wrong);
    expect(error).toMatchObject({ code: "sql-error", sqlstate: "22012" });
    expect(error?.remedy).toContain("It had committed a part");
    expect(error?.remedy).toContain("`paws-migrate mark 1 applied --reason TEXT`");
    expect((await up(wrong.replace("1 / 0", "1"))).error?.code).toBe("changed-underway");
  });

  test("where it did not begin behind an old transaction", async () => {
    const old = await db.connect();
    await old.query("BEGIN; INSERT INTO t VALUES (3, 3); SELECT pg_sleep(1.1)");
    const report = await run(db, bundle(CIC), UP, { ...runOptions(), retry_for_ms: 0 });
    expect(report.error?.code).toBe("old-transactions");
    await old.query("ROLLBACK");
    expect((await up("CREATE INDEX CONCURRENTLY j ON t (b)")).error).toBeNull();
    expect(await valid("i")).toBeUndefined();
  });
});

describe("DROP INDEX CONCURRENTLY of a name that two schemas of the search path have", () => {
  const text = "SET search_path = s1, s2;\nDROP INDEX CONCURRENTLY i";
  beforeEach(async () => {
    await make("DROP SCHEMA IF EXISTS s1, s2 CASCADE; CREATE SCHEMA s1; CREATE SCHEMA s2");
    for (const s of ["s1", "s2"]) await make(`CREATE TABLE ${s}.t (a int); CREATE INDEX i ON ${s}.t (a)`);
  });
  const left = () => one("SELECT concat_ws(' ', to_regclass('s1.i'), to_regclass('s2.i'))");

  test("drops the first, and says so", async () => {
    expect((await up(text)).error).toBeNull();
    expect(await left()).toBe("s2.i");
  });

  test("leaves the second alone where the answer was lost", async () => {
    const cut = cutWorld(worldFor(db), { text: /^DROP INDEX/, when: "after" });
    expect((await runChange(UP, loadedSource(bundle(text)), runOptions(), cut)).error?.code).toBe(
      "connection-lost",
    );
    expect((await up(text)).error).toBeNull();
    expect(await left()).toBe("s2.i");
  });

  test("and drops the first where nothing of it was done", async () => {
    const cut = cutWorld(worldFor(db), { text: /^DROP INDEX/, when: "before" });
    expect((await runChange(UP, loadedSource(bundle(text)), runOptions(), cut)).error?.code).toBe(
      "connection-lost",
    );
    expect((await up(text)).error).toBeNull();
    expect(await left()).toBe("s2.i");
  });
});

describe("what a statement must leave alone", () => {
  test.each([
    ["a session's advisory lock", "PERFORM pg_advisory_lock(7)", "advisory-lock-left"],
    ["the job's lock", "PERFORM pg_advisory_unlock_all()", "lock-lost"],
    ["its role", "SET SESSION AUTHORIZATION pg_monitor", "role-left"],
    [
      "the job's tables",
      "EXECUTE 'ALTER TABLE schema_migration_runs ADD extra int'; COMMIT",
      "own-tables-touched",
    ],
  ])("%s", async (_, body, code) => {
    const { error } = await up(`DO $$ BEGIN ${body}; END $$`);
    expect(error?.code).toBe(code);
    expect(error?.message).toContain("cannot be undone");
    expect(await one("SELECT state FROM schema_migration_statements")).toBe("started");
  });
});

test("each statement has a clean session", async () => {
  const { error } = await up("CREATE TEMP TABLE only_here (a int); INSERT INTO only_here VALUES (1)");
  expect(error).toMatchObject({ sqlstate: "42P01", line: 2 });
});

test("two runs at once: one does it all, the other finds it done", async () => {
  const files = bundle(`INSERT INTO log VALUES (1); ${CIC}; VACUUM t; INSERT INTO log VALUES (2)`);
  const reports = await Promise.all([run(db, files), run(db, files), run(db, files)]);
  expect(reports.map(({ error }) => error)).toEqual([null, null, null]);
  expect(reports.map(({ steps }) => steps.length).sort()).toEqual([0, 0, 1]);
  expect(await one("SELECT string_agg(n::text, ',' ORDER BY n) FROM log")).toBe("1,2");
});

test("beside transactional steps, before and behind it", async () => {
  const files = {
    "1_a.sql": "CREATE TABLE a (n int)",
    "2_b.sql": "-- migrate: no-transaction\nCREATE INDEX CONCURRENTLY i ON a (n)",
    "3_c.sql": "-- migrate: no-transaction\nVACUUM a",
    "4_d.sql": "CREATE TABLE d (n int)",
    "5_e.sql": "CREATE TABLE e (n int)",
  };
  const report = await run(db, bundleOf(files));
  expect(report.error).toBeNull();
  expect(report.steps.map(({ status }) => status)).toEqual(["done", "done", "done", "done", "done"]);
  expect(report.current_version).toBe("5");
  expect(await one("SELECT string_agg(version::text, ',' ORDER BY applied_seq) FROM schema_migrations")).toBe(
    "1,2,3,4,5",
  );
});
