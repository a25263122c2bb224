import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import { runChange } from "#engine/run/change.ts";
import { type Cut, cutWorld } from "../../support/cut_world.ts";
import { createDatabase, onServer, type TestDatabase } from "../../support/database.ts";
import { bundleOf, run, runOptions, UP, worldFor } from "../../support/engine.ts";

/** All tests follow each other on one database: each begins with objects of its own, named with its number. */
let db: TestDatabase;
let client: pg.Client;
let n = 0;
const files: Record<string, string> = {};
beforeAll(async () => {
  db = await createDatabase("resume");
  client = await db.connect();
});
afterAll(async () => {
  await db.drop();
  for (let made = 1; made <= n; made++) await onServer(`DROP DATABASE IF EXISTS ${db.name}_m${made}`);
});

const base =
  () => `CREATE TABLE t${n} (a int, b text); INSERT INTO t${n} SELECT g FROM generate_series(1, 9) g;
  CREATE INDEX d${n} ON t${n} (b); CREATE TABLE log${n} (n int); CREATE TYPE e${n} AS ENUM ('one');
  CREATE TABLE p${n} (a int) PARTITION BY RANGE (a); CREATE TABLE c${n} PARTITION OF p${n} FOR VALUES FROM (0) TO (9);
  CREATE TABLE oids${n} AS SELECT 'd${n}'::regclass::oid AS d;`;

/** The next two versions: what the script needs, and the script. */
function next(sql: () => string): void {
  n++;
  files[`${2 * n - 1}_base.sql`] = base();
  files[`${2 * n}_out.sql`] = `-- migrate: no-transaction\n${sql()};`;
}
const up = () => run(db, bundleOf(files));

async function cutUp(cut: Cut) {
  const report = await runChange(
    UP,
    loadedSource(bundleOf(files)),
    runOptions(),
    cutWorld(worldFor(db), cut),
  );
  expect(report.error?.code).toBe("connection-lost");
  return report;
}

const one = async (sql: string): Promise<unknown> =>
  (await client.query({ text: sql, rowMode: "array" })).rows[0]?.[0];
const rowState = () =>
  one("SELECT string_agg(state, ',' ORDER BY position) FROM schema_migration_statements");

async function expectApplied(effect: string): Promise<void> {
  expect(await one(effect)).toBe(true);
  expect(await one(`SELECT state FROM schema_migrations WHERE version = 2 * ${n}`)).toBe("applied");
  expect(await one("SELECT count(*)::int FROM schema_migration_statements")).toBe(0);
  expect(await one("SELECT count(*)::int FROM pg_index WHERE NOT indisvalid")).toBe(0);
}

interface Kind {
  readonly sql: () => string;
  /** What an interrupted one would leave; null where it leaves nothing. */
  readonly half: (() => string) | null;
  /** Whether all of it is there. */
  readonly effect: () => string;
}
const invalid = (index: string) =>
  `UPDATE pg_index SET indisvalid = false WHERE indexrelid = '${index}'::regclass`;
/** `made`: another index than at first, and nothing left over. */
const rebuilt = (left: string) =>
  `SELECT d <> 'd${n}'::regclass::oid AND to_regclass('${left}') IS NULL FROM oids${n}`;

const KINDS: Readonly<Record<string, Kind>> = {
  "CREATE INDEX CONCURRENTLY": {
    sql: () => `CREATE INDEX CONCURRENTLY i${n} ON t${n} (a)`,
    half: () => `CREATE INDEX i${n} ON t${n} (a); ${invalid(`i${n}`)}`,
    effect: () => `SELECT bool_and(indisvalid) FROM pg_index WHERE indexrelid = to_regclass('i${n}')`,
  },
  "DROP INDEX CONCURRENTLY": {
    sql: () => `DROP INDEX CONCURRENTLY d${n}`,
    half: () => invalid(`d${n}`),
    effect: () => `SELECT to_regclass('d${n}') IS NULL`,
  },
  "REINDEX INDEX CONCURRENTLY": {
    sql: () => `REINDEX INDEX CONCURRENTLY d${n}`,
    half: () => `CREATE INDEX d${n}_ccnew ON t${n} (b); ${invalid(`d${n}_ccnew`)}`,
    effect: () => rebuilt(`d${n}_ccnew`),
  },
  "REINDEX TABLE CONCURRENTLY": {
    sql: () => `REINDEX TABLE CONCURRENTLY t${n}`,
    half: () => `CREATE INDEX d${n}_ccold ON t${n} (b); ${invalid(`d${n}_ccold`)}`,
    effect: () => rebuilt(`d${n}_ccold`),
  },
  "DETACH PARTITION CONCURRENTLY": {
    sql: () => `ALTER TABLE p${n} DETACH PARTITION c${n} CONCURRENTLY`,
    half: () => `UPDATE pg_inherits SET inhdetachpending = true WHERE inhrelid = 'c${n}'::regclass`,
    effect: () => `SELECT NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = 'c${n}'::regclass)`,
  },
  "ALTER TYPE ... ADD VALUE": {
    sql: () => `ALTER TYPE e${n} ADD VALUE 'two'`,
    half: null,
    effect: () => `SELECT count(*) = 1 FROM pg_enum WHERE enumlabel = 'two' AND enumtypid = 'e${n}'::regtype`,
  },
  "CREATE DATABASE": {
    sql: () => `CREATE DATABASE ${db.name}_m${n} TEMPLATE template0`,
    half: null,
    effect: () => `SELECT count(*) = 1 FROM pg_database WHERE datname = '${db.name}_m${n}'`,
  },
  "a group": {
    sql: () => `BEGIN; INSERT INTO log${n} VALUES (1); CREATE TABLE made${n} (); COMMIT`,
    half: null,
    effect: () => `SELECT count(*) = 1 AND to_regclass('made${n}') IS NOT NULL FROM log${n}`,
  },
  "a single statement": {
    sql: () => `INSERT INTO log${n} VALUES (1)`,
    half: null,
    effect: () => `SELECT count(*) = 1 FROM log${n}`,
  },
  VACUUM: { sql: () => `VACUUM t${n}`, half: null, effect: () => "SELECT true" },
};
const STATEMENT = /^(CREATE INDEX|DROP INDEX|REINDEX|ALTER T|CREATE DATABASE|VACUUM)/;
const looked = Object.entries(KINDS).filter(([name]) => !/^a |VACUUM/.test(name));

const halves = looked.flatMap(([name, kind]) =>
  kind.half === null ? [] : [[name, kind, kind.half] as const],
);

test.each(Object.entries(KINDS))("%s runs, is recorded and forgotten", async (_, { sql, effect }) => {
  next(sql);
  expect((await up()).error).toBeNull();
  await expectApplied(effect());
  const timings = await one(`SELECT timings FROM schema_migration_events WHERE version = 2 * ${n}`);
  expect(timings).toEqual([
    { first: 1, last: sql().includes("BEGIN") ? 2 : 1, ms: expect.any(Number), progress: null },
  ]);
});

test.each(looked)("%s, begun by a run that died before it ran", async (_, { sql, effect }) => {
  next(sql);
  await cutUp({ text: STATEMENT, when: "before" });
  expect(await rowState()).toBe("started");
  expect((await up()).error).toBeNull();
  await expectApplied(effect());
});

test.each(halves)("%s, with its work half done", async (_, { sql, effect }, half) => {
  next(sql);
  await cutUp({ text: STATEMENT, when: "before" });
  await client.query(half());
  expect((await up()).error).toBeNull();
  await expectApplied(effect());
});

test.each(looked)(
  "%s, begun by a run that died when it had taken effect, does not run again",
  async (_, { sql, effect }) => {
    next(sql);
    const report = await cutUp({ text: STATEMENT, when: "after" });
    expect(report.error?.message).toContain(
      `The connection was lost at the statement in line 2 of ${2 * n}_out.sql: `,
    );
    expect(report.error?.remedy).toContain("looks at the catalog");
    expect(await one(effect())).toBe(true);
    // Whatever would run it is answered as lost.
    const world = cutWorld(worldFor(db), { text: STATEMENT, when: "before" });
    expect((await runChange(UP, loadedSource(bundleOf(files)), runOptions(), world)).error).toBeNull();
    await expectApplied(effect());
  },
);

describe.each([
  ["a group", KINDS["a group"]],
  ["a single statement", KINDS["a single statement"]],
])("%s takes effect once", (_, kind) => {
  test.each([
    ["before its COMMIT", "before"],
    ["when its COMMIT was not answered", "after"],
  ] as const)("where a run died %s", async (_, when) => {
    next(kind?.sql ?? (() => ""));
    // The COMMITs before it are the claim's and that of the step before.
    const cut = cutWorld(worldFor(db), { text: /^COMMIT$/, when, nth: 3 });
    const report = await runChange(UP, loadedSource(bundleOf(files)), runOptions(), cut);
    // What was committed is learnt, and it was the last.
    expect(report.error?.code).toBe(when === "before" ? "connection-lost" : undefined);
    expect((await up()).error).toBeNull();
    await expectApplied(kind?.effect() ?? "");
  });
});

const logged = () => one(`SELECT string_agg(n::text, ',' ORDER BY n) FROM log${n}`);

test("what nothing shows runs again, and the statements before it do not", async () => {
  next(
    () => `INSERT INTO log${n} VALUES (1); DO $$ BEGIN INSERT INTO log${n} VALUES (2); COMMIT; END $$;
    INSERT INTO log${n} VALUES (3)`,
  );
  await cutUp({ text: /^DO/, when: "after" });
  expect(await rowState()).toBe("done,started");
  expect((await up()).error).toBeNull();
  expect(await logged()).toBe("1,2,2,3");
});

test("settings are there for each statement behind them, also after a run that died", async () => {
  const note = (m: number) => `INSERT INTO log${n} SELECT current_setting('my.n')::int + ${m}`;
  next(
    () => `SET my.n = 10; SELECT set_config('search_path', 'public, pg_catalog', false); ${note(1)};
    SET my.n = 20; CREATE INDEX CONCURRENTLY i${n} ON t${n} (a); ${note(2)}; RESET my.n; SET my.n = 30; ${note(3)}`,
  );
  await cutUp({ text: /^CREATE INDEX/, when: "before" });
  expect((await up()).error).toBeNull();
  expect(await logged()).toBe("11,22,33");
});

test("a name without a schema is looked up by the script's own search path", async () => {
  await client.query("CREATE SCHEMA s; CREATE TABLE s.t (a int); CREATE TABLE public.t (a int)");
  next(() => "SET search_path = s, public; CREATE INDEX CONCURRENTLY i ON t (a)");
  await cutUp({ text: STATEMENT, when: "after" });
  expect((await up()).error).toBeNull();
  expect(await one("SELECT indrelid::regclass::text FROM pg_index WHERE indexrelid = 's.i'::regclass")).toBe(
    "s.t",
  );
});
