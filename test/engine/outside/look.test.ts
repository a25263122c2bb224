import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decide } from "#engine/outside/decide.ts";
import { type Found, toFound } from "#engine/outside/found.ts";
import { holdersQuery, toHolders } from "#engine/outside/holders.ts";
import { lookQuery } from "#engine/outside/look.ts";
import type { Message } from "#engine/seam.ts";
import { type Effect, effectOf } from "#engine/sql/effect.ts";
import { loadParser, parseStatement } from "#engine/sql/parse.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";

await loadParser();

let db: TestDatabase;
let client: pg.Client;
beforeAll(async () => {
  db = await createDatabase("look");
  client = await db.connect();
  await client.query(`CREATE SCHEMA s;
    CREATE TABLE s.t (a int, b text, c int, "Ä b" int, EXCLUDE USING gist (int4range(a, c) WITH &&));
    CREATE TABLE public.t (z int);
    CREATE TABLE s.p (a int PRIMARY KEY) PARTITION BY RANGE (a);
    CREATE TABLE s.c PARTITION OF s.p FOR VALUES FROM (0) TO (9);
    CREATE TYPE s.e AS ENUM ('one')`);
});
afterAll(() => db.drop());

function effect(sql: string): Effect {
  const parsed = parseStatement(sql);
  const found = parsed.kind === "statement" ? effectOf(parsed.type, parsed.tree) : null;
  if (found === null) throw new Error(`no effect: ${sql}`);
  return found;
}

const rows = async ({ text, values }: Message, on = client) => {
  const { rows } = await on.query({ text, values: [...(values ?? [])], rowMode: "array" });
  return {
    tag: "SELECT",
    columns: [],
    row_count: rows.length,
    rows: rows.map((row: unknown[]) => row.map((value) => JSON.stringify(value))),
  };
};
const look = async (sql: string): Promise<Found> => toFound(await rows(lookQuery(effect(sql))));
const found = async (sql: string, index: string) => {
  const of = await look(sql);
  return of.kind === "create-index" ? (of.index?.[index as "valid"] ?? null) : null;
};

describe("an index is found as the statement that made it", () => {
  test.each([
    "CREATE INDEX CONCURRENTLY plain ON s.t (a)",
    'CREATE UNIQUE INDEX CONCURRENTLY "Quoted ""i" ON s.t ("Ä b" DESC)',
    "CREATE INDEX CONCURRENTLY many ON s.t USING btree (a DESC NULLS LAST, b NULLS FIRST, lower(b)) INCLUDE (c, a)",
    "CREATE INDEX CONCURRENTLY part ON s.t (b) WHERE a > 0",
    "CREATE INDEX CONCURRENTLY hashed ON s.t USING hash (a)",
    "CREATE INDEX CONCURRENTLY inet_gist ON s.t USING gist (int4range(a, c))",
    `CREATE INDEX CONCURRENTLY ${"long_".repeat(15)} ON s.t (a)`,
  ])("%s", async (sql) => {
    expect(await look(sql)).toEqual({ kind: "create-index", index: null, busy: [] });
    await client.query(sql);
    const before = { kind: "create-index", index: null, busy: [] } as const;
    expect(decide(effect(sql), await look(sql), before)).toEqual({ kind: "done" });
    const other = sql.replace(/ ON s.t (USING \w+ )?\(/, " ON s.t $1(c, ");
    if (!/hash|gist/.test(sql)) expect(decide(effect(other), await look(other), before).kind).toBe("refuse");
  });

  test("by the search path in force, in the schema of its table", async () => {
    await client.query("CREATE INDEX pathed ON s.t (a)");
    expect(await found("CREATE INDEX CONCURRENTLY pathed ON t (a)", "valid")).toBeNull();
    await client.query("SET search_path TO s");
    expect(await found("CREATE INDEX CONCURRENTLY pathed ON t (a)", "valid")).toBe(true);
    await client.query("RESET search_path");
  });

  test("not where names and operators are somebody else's", async () => {
    await client.query(`CREATE SCHEMA evil; CREATE FUNCTION evil.always(oid, oid) RETURNS bool LANGUAGE sql AS 'SELECT true';
      CREATE OPERATOR evil.= (LEFTARG = oid, RIGHTARG = oid, FUNCTION = evil.always);
      SET search_path TO evil, pg_catalog`);
    expect(await found("CREATE INDEX CONCURRENTLY nowhere ON s.t (a)", "valid")).toBeNull();
    await client.query("RESET search_path");
  });
});

test("REINDEX: indexes of the table, its TOAST table and its partitions, and who works on it", async () => {
  const names = async (sql: string) => {
    const of = await look(sql);
    if (of.kind !== "reindex") throw new Error(of.kind);
    return of.indexes.map(({ name, exclusion }) => (exclusion ? `${name}!` : name)).sort();
  };
  const all = await names("REINDEX TABLE CONCURRENTLY s.t");
  expect(all).toContain("t_int4range_excl!");
  expect(all.some((name) => name.startsWith("pg_toast_"))).toBe(true);
  expect(await names("REINDEX TABLE CONCURRENTLY s.p")).toEqual(["c_pkey"]);
  expect(await names("REINDEX INDEX CONCURRENTLY s.p_pkey")).toEqual(["c_pkey"]);
  expect(await names("REINDEX INDEX CONCURRENTLY s.c_pkey")).toEqual(["c_pkey"]);
  expect(await names("REINDEX INDEX CONCURRENTLY s.absent")).toEqual([]);

  const other = await db.connect();
  await other.query("BEGIN; LOCK TABLE s.t IN SHARE UPDATE EXCLUSIVE MODE");
  const { rows: own } = await other.query("SELECT pg_backend_pid() AS pid");
  for (const sql of [
    "REINDEX TABLE CONCURRENTLY s.t",
    "REINDEX INDEX CONCURRENTLY s.t_int4range_excl",
    "CREATE INDEX CONCURRENTLY i ON s.t (a)",
  ]) {
    expect(await look(sql)).toMatchObject({ busy: [own[0].pid] });
  }
  await other.query("ROLLBACK; BEGIN; LOCK TABLE s.t IN ROW EXCLUSIVE MODE");
  expect(await look("CREATE INDEX CONCURRENTLY i ON s.t (a)")).toMatchObject({ busy: [] });
  await other.query("ROLLBACK");
});

test("partitions, labels and what a server holds", async () => {
  const detach = "ALTER TABLE s.p DETACH PARTITION s.c CONCURRENTLY";
  expect(await look(detach)).toMatchObject({ state: "attached" });
  await client.query("ALTER TABLE s.p DETACH PARTITION s.c");
  expect(await look(detach)).toMatchObject({ state: "detached" });
  const present = async (sql: string) => ((await look(sql)) as { present?: boolean }).present;
  expect(await present("ALTER TYPE s.e ADD VALUE 'one'")).toBe(true);
  expect(await present("ALTER TYPE s.e ADD VALUE 'two'")).toBe(false);
  expect(await present("ALTER TYPE s.absent ADD VALUE 'two'")).toBe(false);
  expect(await present(`CREATE DATABASE ${db.name}`)).toBe(true);
  expect(await present("CREATE DATABASE absent")).toBe(false);
  expect(await present("DROP TABLESPACE pg_default")).toBe(true);
  expect(await present("DROP TABLESPACE absent")).toBe(false);
  expect(await present("DROP SUBSCRIPTION absent")).toBe(false);
  await client.query("CREATE SUBSCRIPTION here CONNECTION '' PUBLICATION p WITH (connect = false)");
  expect(await present("DROP SUBSCRIPTION here")).toBe(true);
  await client.query("ALTER SUBSCRIPTION here SET (slot_name = NONE); DROP SUBSCRIPTION here");
  await client.query("CREATE INDEX dropped ON s.t (a)");
  expect(await present("DROP INDEX CONCURRENTLY s.dropped")).toBe(true);
  expect(await present("DROP INDEX CONCURRENTLY s.absent")).toBe(false);
});

describe("who would make a CONCURRENTLY statement wait", () => {
  const build = effect("CREATE INDEX CONCURRENTLY i ON s.t (a)");
  const drop = effect("DROP INDEX CONCURRENTLY s.t_int4range_excl");
  const names = async (of: Effect) =>
    toHolders(await rows(holdersQuery(of)))
      .map(({ application }) => application)
      .filter((name) => name?.startsWith("holder"));

  test.each([
    [
      "a snapshot of another table",
      "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM public.t",
      true,
      false,
    ],
    ["a writer of the table", "BEGIN; INSERT INTO s.t (b) VALUES ('x')", true, true],
    ["a reader of the table without a snapshot", "BEGIN; SELECT count(*) FROM s.t", false, true],
    ["a writer of another table", "BEGIN; INSERT INTO public.t VALUES (1)", false, false],
    ["nobody", "SELECT 1", false, false],
  ])("%s", async (_, sql, builds, drops) => {
    const other = await db.connect();
    await other.query("SET application_name TO holder");
    await other.query(sql);
    expect([await names(build), await names(drop)]).toEqual([
      builds ? ["holder"] : [],
      drops ? ["holder"] : [],
    ]);
    await other.end();
  });

  test("a prepared transaction, by its name", async () => {
    const other = await db.connect();
    await other.query("BEGIN; INSERT INTO s.t (b) VALUES ('x')");
    await other.query("PREPARE TRANSACTION 'holder of t'");
    const [holder] = toHolders(await rows(holdersQuery(build)));
    expect(holder).toMatchObject({ pid: null, application: "holder of t", hidden: false });
    await other.query("ROLLBACK PREPARED 'holder of t'");
  });
});
