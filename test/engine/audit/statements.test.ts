import { describe, expect, test } from "vitest";
import { auditOf, saidOf } from "../../support/audited.ts";

/** Findings of one file, `code line`; names are not what these are about. */
async function found(sql: string, path = "20250102_030405_x.sql"): Promise<readonly string[]> {
  return saidOf(await auditOf({ [path]: sql })).map((said) =>
    said.replace(` ${path}:`, " ").replace(` ${path}`, ""),
  );
}

const CASES: readonly (readonly [sql: string, ...said: string[]])[] = [
  ["CREATE TABLE a ();"],
  // what cannot be parsed or is meant for another program
  ["CREATE TABLE a ();\nCREATE TABEL b ();\nSELECT 1;", "unparsable 2"],
  ["CREATE TABLE a (\n", "unparsable 1"],
  ["SELECT 'a", "unparsable 1"],
  ["\\i other.sql\nSELECT 1;", "psql-command 1"],
  ["\\set ON_ERROR_STOP on\nSELECT 1;"],
  ["SELECT 1;\nGRANT SELECT ON a TO :reader;", "psql-variable 2"],
  ["SELECT :'name';", "psql-variable 1"],
  ["SELECT ':name', a[1:2] FROM b;"],
  [`CREATE TABLE \${schema}.a ();`, "template-variable 1"],
  ["\n\nCREATE TABLE {{ schema }}.a ();", "template-variable 3"],
  [`SELECT '\${schema}';`],
  // transactions
  ["BEGIN;\nCREATE TABLE a ();\nCOMMIT;", "own-transaction 1"],
  ["BEGIN;\nSELECT 1;\nCOMMIT;\nBEGIN;\nSELECT 2;\nCOMMIT;", "own-transaction 1", "transaction-control 4"],
  ["CREATE INDEX CONCURRENTLY i ON a (b);", "non-transactional 1"],
  ["SELECT 1;\nVACUUM a;", "non-transactional 2"],
  ["-- migrate: no-transaction\nCREATE INDEX CONCURRENTLY i ON a (b);", "outside-transaction 1"],
  ["ALTER TYPE e ADD VALUE 'x';\nINSERT INTO a SELECT 'x' FROM b;", "enum-value-used 2"],
  ["ALTER TYPE e ADD VALUE 'x';\nINSERT INTO a SELECT 'xx' FROM b;"],
  ["CREATE TYPE e AS ENUM ();\nALTER TYPE e ADD VALUE 'x';\nCREATE TABLE a (b e DEFAULT 'x');"],
  ["ALTER TYPE e RENAME VALUE 'y' TO 'x';\nINSERT INTO a SELECT 'x' FROM b;"],
  ["-- MIGRATION DOWN\nDROP VIEW v;", "down-runs 2"],
  // what a run refuses
  ["ALTER SYSTEM SET work_mem = '1GB';", "refused 1"],
  // rows among the schema
  ["CREATE TABLE a ();\n\nINSERT INTO b VALUES (1);", "seed-in-schema 3"],
  ["INSERT INTO b SELECT 1;\nCREATE VIEW a AS SELECT 1;", "seed-in-schema 1"],
  ["CREATE TABLE a ();\nINSERT INTO a SELECT * FROM b;"],
  ["INSERT INTO b VALUES (1);\nINSERT INTO b VALUES (2);"],
  ["CREATE TABLE a ();\nCOPY a FROM '/x';", "seed-in-schema 2"],
  // harm
  ["SELECT 1;\nDROP TABLE s.a, b;", "drops-data 2", "drops-data 2"],
  ["DROP TABLE a CASCADE;", "cascade 1", "drops-data 1"],
  ["DROP SCHEMA s;", "drops-data 1"],
  ["DROP TYPE t;", "drops-data 1"],
  ["DROP MATERIALIZED VIEW v;", "drops-data 1"],
  ["DROP OWNED BY somebody;", "drops-data 1"],
  ["DROP OWNED BY somebody CASCADE;", "cascade 1", "drops-data 1"],
  ["DROP VIEW v;\nDROP FUNCTION f();\nDROP INDEX i;"],
  ["DROP VIEW v CASCADE;", "cascade 1"],
  ["ALTER TABLE a DROP COLUMN b, DROP COLUMN c;", "drops-data 1", "drops-data 1"],
  ["ALTER TABLE a DROP CONSTRAINT b CASCADE;", "cascade 1"],
  ["ALTER TABLE a ALTER COLUMN b TYPE bigint;", "column-type 1"],
  ["TRUNCATE a, b;", "drops-data 1", "drops-data 1"],
  ["DELETE FROM a;", "every-row 1"],
  ["UPDATE a SET b = 1;", "every-row 1"],
  ["DELETE FROM a WHERE b = 1;\nUPDATE a SET b = 1 WHERE b = 2;"],
  // of what the file made itself nobody loses anything
  ["CREATE TABLE a (b int);\nUPDATE a SET b = 1;\nALTER TABLE a ALTER b TYPE bigint;\nDROP TABLE a;"],
  ["CREATE TEMP TABLE a (b int);\nDELETE FROM a;\nDROP TABLE a;"],
  ["CREATE TYPE e AS ENUM ();\nDROP TYPE e;"],
  ["CREATE TABLE IF NOT EXISTS a (b int);\nDROP TABLE a;", "drops-data 2"],
  ["DROP TABLE a;\nCREATE TABLE a ();", "drops-data 1"],
  // good to know
  ["SET search_path = s;\nSELECT 1;", "setting-left"],
  ["SET LOCAL search_path = s;\nSELECT 1;"],
  ["-- only words\n", "empty"],
  [`SELECT 1 AS ${"x".repeat(64)};`, "long-name 1"],
];

test.each(CASES)("%j", async (sql, ...said) => {
  expect([...(await found(sql))].sort()).toEqual(said.toSorted());
});

test("of one kind fifty are told of one file, and all are counted by the statements", async () => {
  const { findings, files } = await auditOf({ "1_x.sql": "DELETE FROM a;\n".repeat(80) });
  expect(findings.filter(({ code }) => code === "every-row")).toHaveLength(50);
  expect(files[0]?.statements).toBe(80);
});

test("BEGIN and COMMIT count as no statements", async () => {
  const { files } = await auditOf({ "1_x.sql": "BEGIN;\nSELECT 1;\nSAVEPOINT s;\nCOMMIT;" });
  expect(files[0]?.statements).toBe(2);
});

describe("a statement that cannot be parsed", () => {
  test("is told with its place and words, and the rest of the file is read", async () => {
    const { findings, files } = await auditOf({
      "1_x.sql": "CREATE TABLE a ();\nSELEC 1;\nCREATE TABLE b ();",
    });
    expect(findings.find(({ code }) => code === "unparsable")).toMatchObject({
      line: 2,
      column: 1,
      message: 'syntax error at or near "SELEC"',
      excerpt: "SELEC 1;\n^",
    });
    expect(files[0]?.objects.map(({ name }) => name)).toEqual(["a", "b"]);
  });
});

describe("rollbacks", () => {
  test("may drop, but not take along what they do not name", async () => {
    const pile = { "1_x.sql": "CREATE TABLE a ();", "down/1_x.sql": "DROP TABLE b CASCADE;\nDELETE FROM c;" };
    expect(saidOf(await auditOf(pile))).toContain("cascade down/1_x.sql:1");
    expect(saidOf(await auditOf(pile)).join()).not.toMatch(/drops-data|every-row/);
  });

  test.each([
    [{ "1_x.sql": "SELECT 1;" }, "no-rollback 1_x.sql"],
    [{ "1_x.sql": "-- migrate: irreversible it is gone\nSELECT 1;" }, null],
    [{ "1_x.sql": "SELECT 1;", "down/1_x.sql": "-- to be written" }, "empty-rollback down/1_x.sql"],
    [{ "1_x.sql": "SELECT 1;", "down/1_x.sql": "SELECT 1;" }, null],
  ] as const)("%j: %s", async (pile, said) => {
    const all = saidOf(await auditOf(pile), []).filter((one) => one.includes("rollback"));
    expect(all).toEqual(said === null ? [] : [said]);
  });
});

test.each([
  ["SELECT 1;", null],
  ["DO $$ BEGIN IF true THEN RAISE EXCEPTION 'no'; END IF; END $$;", "1_x.sql"],
  ["DO $$ BEGIN RAISE NOTICE 'no'; END $$;", null],
])("a verification within the migration: %s", async (sql, path) => {
  const found = await auditOf({ "1_x.sql": sql });
  expect(found.files[0]?.verification).toBe(path);
  expect(saidOf(found, []).includes("no-verification 1_x.sql")).toBe(path === null);
});
