import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundleOf, rollback, run } from "../../support/engine.ts";
import { expectSuccess, nextLabel, openStage, type Stage } from "./attempt.ts";
import { type Marked, marked, onLine40 } from "./marked.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage("position script", {
    "001_base.sql": `CREATE TABLE base (a int, b text); CREATE TABLE uniq (a int PRIMARY KEY); INSERT INTO uniq VALUES (1);
      CREATE FUNCTION older() RETURNS int LANGUAGE plpgsql AS $$
      BEGIN
        RETURN 1 / 0;
      END $$;
      CREATE FUNCTION older_query() RETURNS int LANGUAGE plpgsql AS $$
      BEGIN
        RETURN (SELECT nowhere FROM base);
      END $$`,
  });
});
afterAll(() => stage.db.drop());

/** Runs `text` as the next forward file, expects it to fail there, and returns the error. */
async function expectPlace(place: Marked, sqlstate: string): Promise<string | null> {
  const path = `${nextLabel(stage)}_step.sql`;
  const report = await run(stage.db, bundleOf({ ...stage.applied, [path]: place.text }));
  const { line, column, excerpt } = place;
  expect(report.error).toMatchObject({ code: "sql-error", sqlstate, file: path, line, column, excerpt });
  expect(report.steps[0]?.error).toEqual(report.error);
  return report.error?.where ?? null;
}

type Row = [what: string, source: string, sqlstate: string];
const statements: Row[] = [
  ["an unknown column in a group", "SELECT 'é😀'; SELECT '漢', b,\r\n  ¦nosuch FROM base;", "42703"],
  ["an unknown column behind odd characters", "SELECT 'é😀漢字', ¦nosuch FROM base;", "42703"],
  ["an unknown table", "\tINSERT INTO ¦nosuch VALUES ('😀');", "42P01"],
  [
    "a type that is not there, in a DDL",
    "INSERT INTO base VALUES (1, 'é');\nALTER TABLE base ADD c ¦nosuch;",
    "42704",
  ],
  ["a wrong literal", "INSERT INTO base (b, a) VALUES ('😀', ¦'é');", "22P02"],
  [
    "a duplicate key, which has no position",
    "INSERT INTO base VALUES (2);\n /* é */ ¦INSERT INTO uniq\nVALUES (1);",
    "23505",
  ],
  ["a division, which has no position", "SELECT '😀';  ¦SELECT 1 / (a - a) FROM uniq;", "22012"],
  [
    "a DDL without a position",
    "SELECT 1; ¦ALTER TABLE base ADD CHECK (a IS NOT NULL), ADD CHECK (b = 'é'), DROP nosuch;",
    "42703",
  ],
  ["a DDL after a directive's limit", "SET LOCAL lock_timeout = '1s'; ¦DROP TABLE nosuch;", "42P01"],
];

describe("line 40, after odd characters and CRLF", () => {
  it.each(statements)("%s", async (_what, source, sqlstate) => {
    expect(onLine40(source).line).toBe(40);
    await expectPlace(onLine40(source), sqlstate);
  });
});

describe("a file of many groups", () => {
  const filler = Array.from({ length: 3000 }, (_, i) => `INSERT INTO base VALUES (${i}, 'é😀 number ${i}');`);

  it.each([
    ["with a position", "SELECT '😀', ¦nosuch;", "42703"],
    ["without one", "  ¦INSERT INTO uniq VALUES (1);", "23505"],
  ])("%s", async (_what, line, sqlstate) => {
    const text = [...filler, line, ...filler].join("\r\n");
    expect(Buffer.byteLength(text)).toBeGreaterThan(2 * 64 * 1024);
    const place = marked(text);
    expect(place.line).toBe(3001);
    await expectPlace(place, sqlstate);
  });

  it("of which one statement is larger than a group", async () => {
    const values = Array.from({ length: 6000 }, (_, i) => `(${i}, 'é😀 ${i}')`).join(",\r\n");
    await expectPlace(
      marked(`SELECT 1;\r\nINSERT INTO base VALUES ${values}, (1, ¦nosuch);\r\nSELECT 2`),
      "42703",
    );
  });
});

it("counts from behind a byte order mark", async () => {
  const place = marked("SELECT ¦nosuch;");
  await expectPlace({ ...place, text: `\ufeff${place.text}` }, "42703");
});

describe("functions of an earlier migration", () => {
  it("point at the call, and tell where", async () => {
    const where = await expectPlace(
      onLine40("SELECT 1;\n ¦SELECT b, older() FROM (VALUES ('é')) v(b);"),
      "22012",
    );
    expect(where).toContain("function older() line 3");
  });

  it("with an internal query too, also where this file happens to hold the same text", async () => {
    const where = await expectPlace(
      onLine40("SELECT '(SELECT nowhere FROM base)'; ¦SELECT older_query();"),
      "42703",
    );
    expect(where).toContain("older_query");
  });
});

describe("a rollback", () => {
  const place = onLine40("DROP TABLE goes;\nSELECT '😀', ¦nosuch;");
  const up = "CREATE TABLE goes (a int);";

  it("points into its file", async () => {
    const label = nextLabel(stage);
    await expectSuccess(stage, { [`${label}_up.sql`]: up, [`rollback/${label}_rollback.sql`]: place.text });
    const report = await run(stage.db, bundleOf(stage.applied), rollback(1));
    const { line, column, excerpt } = place;
    expect(report.error).toMatchObject({ file: `rollback/${label}_rollback.sql`, line, column, excerpt });
  });

  it("points into the forward file where it stands in there", async () => {
    const label = nextLabel(stage);
    const body = onLine40(`-- MIGRATION DOWN\n/*\nDROP TABLE goes_too;\nSELECT '😀', ¦nosuch;\n*/`);
    const text = body.text
      .replace("SELECT 'after é';", "")
      .replace("-- é, 😀 and", "CREATE TABLE goes_too (a int); -- é, 😀 and");
    await expectSuccess(stage, { [`${label}_up.sql`]: text });
    const report = await run(stage.db, bundleOf(stage.applied), rollback(1));
    const { line, column, excerpt } = body;
    expect(report.error).toMatchObject({ file: `${label}_up.sql`, line, column, excerpt, sqlstate: "42703" });
  });
});

it("a verification points into its own file", async () => {
  const label = nextLabel(stage);
  const place = onLine40("SELECT true AS status;\n  SELECT '漢', ¦nosuch AS status;");
  const path = `verify/${label}_verify.sql`;
  const files = { ...stage.applied, [`${label}_s.sql`]: "SELECT 1", [path]: place.text };
  const report = await run(stage.db, bundleOf(files));
  const { line, column, excerpt } = place;
  expect(report.error).toMatchObject({ code: "verification-error", file: path, line, column, excerpt });
});
