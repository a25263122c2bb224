import { describe, expect, test } from "vitest";
import { lex } from "#engine/sql/lex.ts";
import { cpuTimed } from "../../support/cpu_time.ts";

const split = (text: string) =>
  Array.from(lex(text).statements).map(({ start, end }) => text.slice(start, end));
const faults = (text: string) => lex(text).faults.map(({ kind, offset }) => `${kind} ${offset}`);

describe("a semicolon ends a statement", () => {
  test("and is not part of it; nor are blanks and comments around it", () => {
    expect(split(" -- a\nSELECT 1 -- b\n;/* c */;; select /* d */ 2 /* e */")).toEqual([
      "SELECT 1",
      "select /* d */ 2",
    ]);
  });

  test.each([
    ["a string", "SELECT ';', 'it''s;'"],
    ["a string with a backslash", "SELECT '\\', ';'"],
    ["a string over lines", "SELECT 'a\n;\r\n'"],
    ["a quoted name", 'SELECT "a;""b;"'],
    ["an escape string", "SELECT E'\\';', e'\\\\'"],
    ["an escape string that goes on in a later line", "SELECT E'a' -- b\n '\\';'"],
    ["a string with Unicode escapes", "SELECT U&'\\0061;', U&\"a;\""],
    ["bits and national strings", "SELECT B'1;', x'f;', N';'"],
    ["a dollar quote", "SELECT $$;$$, $a$;$$;$a$"],
    ["a dollar quote of other letters", "SELECT $é_1$;$é$;$é_1$"],
    ["a line comment", "SELECT 1 -- ;\n + 1"],
    ["a block comment", "SELECT /* ; /* ; */ ; */ 1"],
    ["parentheses", "CREATE RULE r AS ON INSERT TO a DO ALSO (DELETE FROM b; DELETE FROM c)"],
    ["an operator that ends in a comment", "SELECT 1 +/* ; */ 2 *-- ;\n 3"],
  ])("but not within %s", (_what, sql) => {
    expect(split(`${sql};SELECT 2;`)).toEqual([sql, "SELECT 2"]);
  });

  test("an escape string does not go on in its own line", () => {
    expect(split("SELECT E'a' '\\'; SELECT 2")).toEqual(["SELECT E'a' '\\'", "SELECT 2"]);
  });

  test.each([
    ["$ within a name", "SELECT a$b$ FROM c"],
    ["a parameter", "PREPARE p AS SELECT $1, $12"],
    ["a parameter before a dollar quote", "SELECT $1$$;$$"],
    ["a word that ends in e", "SELECT type'\\'"],
  ])("%s opens nothing", (_what, sql) => {
    expect(split(`${sql};SELECT 2`)).toEqual([sql, "SELECT 2"]);
  });

  test("a lone \\r ends a line comment, as for the server", () => {
    expect(split("-- a\rSELECT 1;\r\nSELECT 2")).toEqual(["SELECT 1", "SELECT 2"]);
  });
});

describe("the body of a routine", () => {
  const body = "BEGIN ATOMIC SELECT CASE WHEN a THEN 1 END; SELECT 2; END";

  test.each([
    `CREATE FUNCTION f(a bool) RETURNS int ${body}`,
    `create or replace procedure p() ${body}`,
    "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1 AS end; SELECT x.end FROM x; END",
    "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT (CASE WHEN a THEN 1 END); END",
  ])("%s", (sql) => {
    expect(split(`${sql}; SELECT 3`)).toEqual([sql, "SELECT 3"]);
  });

  test("BEGIN elsewhere begins none", () => {
    expect(split("BEGIN; CREATE TABLE function (atomic int); END")).toEqual([
      "BEGIN",
      "CREATE TABLE function (atomic int)",
      "END",
    ]);
    expect(split("CREATE FUNCTION begin() RETURNS int RETURN 1; SELECT 2")).toHaveLength(2);
  });

  test("without END", () => {
    expect(faults("CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1;")).toEqual(["body 32"]);
  });
});

describe("what is opened and not closed, with the place where it opened", () => {
  test.each([
    ["SELECT 1; SELECT 'a", "quote 17"],
    ["SELECT E'\\'", "quote 7"],
    ['SELECT "a', "identifier 7"],
    ["SELECT $a$ $$ $b$", "dollar-quote 7"],
    ["/* /* */ SELECT 1;", "comment 0"],
    ["SELECT ((1); SELECT 2;", "parenthesis 7"],
    ["SELECT 1); SELECT 2", "closing 8"],
  ])("%s", (sql, fault) => {
    expect(faults(sql)).toEqual([fault]);
  });

  test("statements before and after the faulty one remain", () => {
    expect(split("SELECT 1; SELECT 2); SELECT 3")).toEqual(["SELECT 1", "SELECT 3"]);
    expect(split("SELECT 1; SELECT 'a; SELECT 3")).toEqual(["SELECT 1"]);
  });
});

describe("psql's commands", () => {
  test("a backslash outside of quotes, to the end of the line", () => {
    const { metas } = lex("\\set a 'b;'\r\nSELECT '\\x';\n \\echo a;");
    expect(metas).toEqual([
      { start: 0, end: 11, inside: false },
      { start: 27, end: 35, inside: false },
    ]);
  });

  test("\\gset ends its statement, \\echo does not", () => {
    expect(split("SELECT 1 \\gset\nSELECT 2;")).toEqual(["SELECT 2"]);
    expect(split("SELECT 1 \\echo a\n+ 1; SELECT 2;")).toEqual(["SELECT 2"]);
  });
});

describe("rows behind COPY ... FROM stdin", () => {
  /** The rows of each COPY, behind the statement they belong to. */
  const rowsOf = (text: string) =>
    lex(text).copy_rows.map(({ of, start, end }) => [text.slice(of, of + 6), text.slice(start, end)]);

  test.each([
    ["COPY a (b) FROM STDIN;\n1\t'\n\\.\nSELECT 1;", "1\t'\n", ["COPY a (b) FROM STDIN", "SELECT 1"]],
    ["COPY a FROM stdin;\n\\.\n", "", ["COPY a FROM stdin"]],
    ["COPY a FROM stdin;\n1;\n\\.", "1;\n", ["COPY a FROM stdin"]],
    ["COPY a FROM stdin;\r\n1\r\n\\.\r\n;SELECT 1", "1\r\n", ["COPY a FROM stdin", "SELECT 1"]],
    ["COPY a FROM stdin; -- é\n1\n\\.\n", "1\n", ["COPY a FROM stdin"]],
    ['COPY a FROM stdin CSV;\n"/*\n"\n\\.\n', '"/*\n"\n', ["COPY a FROM stdin CSV"]],
    ['COPY a FROM stdin CSV;\n"\n\\.\n;', '"\n', ["COPY a FROM stdin CSV"]],
    ["COPY a FROM stdin;\n1\\.\n\\. \n \\.\n\\.x\n\\.\n", "1\\.\n\\. \n \\.\n\\.x\n", ["COPY a FROM stdin"]],
    ["copy a\nfrom /* b */ -- c\n STDIN;\n1\n\\.\n", "1\n", ["copy a\nfrom /* b */ -- c\n STDIN"]],
    ['COPY a."from" ("b;") FROM stdout;\n1\n\\.\n', "1\n", ['COPY a."from" ("b;") FROM stdout']],
    ["COPY BINARY a FROM stdin;\n1\n\\.\n", "1\n", ["COPY BINARY a FROM stdin"]],
  ])("%j", (text, rows, statements) => {
    expect(rowsOf(text)).toEqual([[text.slice(0, 6), rows]]);
    expect(split(text)).toEqual(statements);
    expect(lex(text).faults).toEqual([]);
  });

  test.each([
    "COPY a FROM '/stdin';\n\\.",
    "COPY a FROM PROGRAM 'stdin';",
    "COPY (SELECT 1 FROM stdin) TO '/a';",
    "COPY a TO stdin;",
    "COPY a FROM 'stdin' (FORMAT csv, NULL 'FROM stdin');",
    "SELECT 'COPY a FROM stdin;';",
    "DO $$ COPY a FROM stdin; $$;",
    "-- COPY a FROM stdin;\nSELECT 1;",
    "SELECT copy FROM stdin;",
  ])("there are none behind %j", (text) => {
    expect(lex(text)).toMatchObject({ copy_rows: [], faults: [] });
  });

  test("they end or are a fault, and so is what stands in their way", () => {
    const at = (kind: string, offset: number) => [{ kind, offset }];
    expect(lex("SELECT 1;\nCOPY a FROM stdin;\n1\n\\.x\nSELECT 2;").faults).toEqual(at("rows", 10));
    expect(lex("COPY a FROM stdin;").faults).toEqual(at("rows", 0));
    expect(lex("COPY a FROM stdin").faults).toEqual(at("rows", 0));
    expect(lex("COPY a FROM stdin;  SELECT 1;\n1\n\\.\n").faults).toEqual(at("before-rows", 20));
    expect(lex("COPY a FROM stdin; -- a\r SELECT 1;\n1\n\\.\n").faults).toEqual(at("before-rows", 19));
    expect(split("COPY a FROM stdin;\n1\nSELECT 2;")).toEqual(["COPY a FROM stdin"]);
  });

  test("their comment is one of the file's", () => {
    expect(lex("COPY a FROM stdin; -- b\r\n\\.\n").comments).toEqual([{ kind: "line", start: 19, end: 23 }]);
  });
});

test("comments, with their kind", () => {
  expect(lex("-- a\nSELECT 1 /* b */").comments).toEqual([
    { kind: "line", start: 0, end: 4 },
    { kind: "block", start: 14, end: 21 },
  ]);
});

test("names of more than 63 bytes", () => {
  const long = "a".repeat(64);
  const letters = "é".repeat(32);
  const text = `SELECT ${long}, "${long}", ${letters}, ${"é".repeat(31)}, '${long}', ${"a".repeat(63)}`;
  const names = lex(text).long_names.map(({ start, end }) => text.slice(start, end));
  expect(names).toEqual([long, long, letters]);
});

test("100,000 statements in linear time", () => {
  const text = "INSERT INTO a VALUES (1, E'b\\'', 'c''d'); -- e\n".repeat(100_000);
  const { made, cpu_ms } = cpuTimed(() => lex(text));
  expect(made.statements).toHaveLength(100_000);
  expect(cpu_ms).toBeLessThan(5_000);
});
