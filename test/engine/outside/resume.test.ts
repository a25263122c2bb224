import type pg from "pg";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { runChange } from "#engine/run/change.ts";
import { type Cut, cutWorld } from "../../support/cut_world.ts";
import { createDatabase, onServer, type TestDatabase } from "../../support/database.ts";
import { bundleOf, run, runOptions, UP, worldFor } from "../../support/engine.ts";

let db: TestDatabase;
let client: pg.Client;
beforeEach(async () => {
  db = await createDatabase("resume");
  client = await db.connect();
});
afterEach(async () => {
  await onServer(`DROP DATABASE IF EXISTS ${db.name}_made`);
  await db.drop();
});

const BASE = `CREATE TABLE t (a int, b text); INSERT INTO t SELECT g FROM generate_series(1, 100) g;
  CREATE INDEX d ON t (b); CREATE TABLE log (n int); CREATE TYPE e AS ENUM ('one');
  CREATE TABLE p (a int) PARTITION BY RANGE (a); CREATE TABLE c PARTITION OF p FOR VALUES FROM (0) TO (9);
  CREATE TABLE oids AS SELECT 'd'::regclass::oid AS d;`;
const files = (sql: string) => ({ "1_base.sql": BASE, "2_out.sql": `-- migrate: no-transaction\n${sql};` });
const up = (sql: string) => run(db, bundleOf(files(sql)));

async function cutUp(sql: string, cut: Cut) {
  const report = await runChange(UP, bundleOf(files(sql)), runOptions(), cutWorld(worldFor(db), cut));
  expect(report.error?.code).toBe("connection-lost");
  return report;
}

const one = async (sql: string): Promise<unknown> =>
  (await client.query({ text: sql, rowMode: "array" })).rows[0]?.[0];
const rowState = () =>
  one("SELECT string_agg(state, ',' ORDER BY position) FROM schema_migration_statements");

async function expectApplied(effect: string): Promise<void> {
  expect(await one(effect)).toBe(true);
  expect(await one("SELECT state FROM schema_migrations WHERE version = 2")).toBe("applied");
  expect(await one("SELECT count(*)::int FROM schema_migration_statements")).toBe(0);
  expect(await one("SELECT count(*)::int FROM pg_index WHERE NOT indisvalid")).toBe(0);
}

interface Kind {
  readonly sql: () => string;
  /** What an interrupted one would leave; null where it leaves nothing. */
  readonly half: string | null;
  /** Whether all of it is there. */
  readonly effect: () => string;
}
const invalid = (index: string) =>
  `UPDATE pg_index SET indisvalid = false WHERE indexrelid = '${index}'::regclass`;

const KINDS: Readonly<Record<string, Kind>> = {
  "CREATE INDEX CONCURRENTLY": {
    sql: () => "CREATE INDEX CONCURRENTLY i ON t (a)",
    half: `CREATE INDEX i ON t (a); ${invalid("i")}`,
    effect: () => "SELECT bool_and(indisvalid) FROM pg_index WHERE indexrelid = to_regclass('i')",
  },
  "DROP INDEX CONCURRENTLY": {
    sql: () => "DROP INDEX CONCURRENTLY d",
    half: invalid("d"),
    effect: () => "SELECT to_regclass('d') IS NULL",
  },
  "REINDEX INDEX CONCURRENTLY": {
    sql: () => "REINDEX INDEX CONCURRENTLY d",
    half: `CREATE INDEX d_ccnew ON t (b); ${invalid("d_ccnew")}`,
    effect: () => "SELECT d <> 'd'::regclass::oid AND to_regclass('d_ccnew') IS NULL FROM oids",
  },
  "REINDEX TABLE CONCURRENTLY": {
    sql: () => "REINDEX TABLE CONCURRENTLY t",
    half: `CREATE INDEX d_ccold ON t (b); ${invalid("d_ccold")}`,
    effect: () => "SELECT d <> 'd'::regclass::oid AND to_regclass('d_ccold') IS NULL FROM oids",
  },
  "DETACH PARTITION CONCURRENTLY": {
    sql: () => "ALTER TABLE p DETACH PARTITION c CONCURRENTLY",
    half: "UPDATE pg_inherits SET inhdetachpending = true WHERE inhrelid = 'c'::regclass",
    effect: () => "SELECT NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = 'c'::regclass)",
  },
  "ALTER TYPE ... ADD VALUE": {
    sql: () => "ALTER TYPE e ADD VALUE 'two'",
    half: null,
    effect: () => "SELECT count(*) = 1 FROM pg_enum WHERE enumlabel = 'two'",
  },
  "CREATE DATABASE": {
    sql: () => `CREATE DATABASE ${db.name}_made TEMPLATE template0`,
    half: null,
    effect: () => `SELECT count(*) = 1 FROM pg_database WHERE datname = '${db.name}_made'`,
  },
  "a group": {
    sql: () => "BEGIN; INSERT INTO log VALUES (1); CREATE TABLE made (); COMMIT",
    half: null,
    effect: () => "SELECT count(*) = 1 AND to_regclass('made') IS NOT NULL FROM log",
  },
  "a single statement": {
    sql: () => "INSERT INTO log VALUES (1)",
    half: null,
    effect: () => "SELECT count(*) = 1 FROM log",
  },
  VACUUM: { sql: () => "VACUUM t", half: null, effect: () => "SELECT true" },
};
const STATEMENT = /^(CREATE INDEX|DROP INDEX|REINDEX|ALTER T|CREATE DATABASE|VACUUM)/;
const looked = Object.entries(KINDS).filter(([name]) => !/^a |VACUUM/.test(name));

describe.each(Object.entries(KINDS))("%s", (_, { sql, effect }) => {
  test("runs, is recorded and forgotten", async () => {
    const report = await up(sql());
    expect(report.error).toBeNull();
    await expectApplied(effect());
    const timings = await one("SELECT timings FROM schema_migration_events WHERE version = 2");
    expect(timings).toEqual([{ first: 1, last: sql().includes("BEGIN") ? 2 : 1, ms: expect.any(Number) }]);
  });
});

describe.each(looked)("%s, begun by a run that died", (_, { sql, effect, half }) => {
  test("before it ran", async () => {
    await cutUp(sql(), { text: STATEMENT, when: "before" });
    expect(await rowState()).toBe("started");
    expect((await up(sql())).error).toBeNull();
    await expectApplied(effect());
  });

  test.runIf(half !== null)("with its work half done", async () => {
    await cutUp(sql(), { text: STATEMENT, when: "before" });
    await client.query(half ?? "");
    expect((await up(sql())).error).toBeNull();
    await expectApplied(effect());
  });

  test("when it had taken effect", async () => {
    const report = await cutUp(sql(), { text: STATEMENT, when: "after" });
    expect(report.error?.message).toMatch(
      /^The connection was lost at the statement in line 2 of 2_out.sql: /,
    );
    expect(report.error?.remedy).toContain("looks at the catalog");
    await expect.poll(() => one(effect())).toBe(true);
    const before = await one("SELECT json_agg(c.oid ORDER BY c.oid) FROM pg_class c WHERE relkind = 'i'");
    // It does not run again: whatever would run it is answered as lost.
    const world = cutWorld(worldFor(db), { text: STATEMENT, when: "before" });
    expect((await runChange(UP, bundleOf(files(sql())), runOptions(), world)).error).toBeNull();
    await expectApplied(effect());
    expect(await one("SELECT json_agg(c.oid ORDER BY c.oid) FROM pg_class c WHERE relkind = 'i'")).toEqual(
      before,
    );
  });
});

describe.each([
  ["a group", KINDS["a group"]],
  ["a single statement", KINDS["a single statement"]],
])("%s takes effect once", (_, kind) => {
  test.each([
    ["before its COMMIT", "before", "^COMMIT$"],
    ["when its COMMIT was not answered", "after", "^COMMIT$"],
  ] as const)("where a run died %s", async (_, when, text) => {
    const sql = kind?.sql() ?? "";
    expect((await run(db, bundleOf({ "1_base.sql": BASE }))).error).toBeNull();
    // The first COMMIT is the claim's.
    let commits = 0;
    const second = { test: (message: string) => new RegExp(text).test(message) && ++commits === 2 };
    await cutUp(sql, { text: second as RegExp, when });
    expect((await up(sql)).error).toBeNull();
    await expectApplied(kind?.effect() ?? "");
  });
});

test("what nothing shows runs again, and the statements before it do not", async () => {
  const sql =
    "INSERT INTO log VALUES (1); DO $$ BEGIN INSERT INTO log VALUES (2); COMMIT; END $$; INSERT INTO log VALUES (3)";
  await cutUp(sql, { text: /^DO/, when: "after" });
  expect(await rowState()).toBe("done,started");
  expect(await one("SELECT tries FROM schema_migration_statements WHERE position = 2")).toBe(1);
  expect((await up(sql)).error).toBeNull();
  expect(await one("SELECT string_agg(n::text, ',' ORDER BY n) FROM log")).toBe("1,2,2,3");
});

test("settings are there for each statement behind them, also after a run that died", async () => {
  const note = (n: number) => `INSERT INTO log SELECT current_setting('my.n')::int + ${n}`;
  const sql = `SET my.n = 10; SELECT set_config('search_path', 'public, pg_catalog', false); ${note(1)};
    SET my.n = 20; CREATE INDEX CONCURRENTLY i ON t (a); ${note(2)}; RESET my.n; SET my.n = 30; ${note(3)}`;
  await cutUp(sql, { text: /^CREATE INDEX/, when: "before" });
  expect((await up(sql)).error).toBeNull();
  expect(await one("SELECT string_agg(n::text, ',' ORDER BY n) FROM log")).toBe("11,22,33");
});

test("a name without a schema is looked up by the script's own search path", async () => {
  const sql = "SET search_path = s, public; CREATE INDEX CONCURRENTLY i ON t (a)";
  const both = (text: string) => ({
    ...files(text),
    "1_base.sql": `${BASE} CREATE SCHEMA s; CREATE TABLE s.t (a int);`,
  });
  const cut = cutWorld(worldFor(db), { text: STATEMENT, when: "after" });
  expect((await runChange(UP, bundleOf(both(sql)), runOptions(), cut)).error?.code).toBe("connection-lost");
  expect((await run(db, bundleOf(both(sql)))).error).toBeNull();
  expect(await one("SELECT indrelid::regclass::text FROM pg_index WHERE indexrelid = 's.i'::regclass")).toBe(
    "s.t",
  );
});
