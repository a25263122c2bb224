import { describe, expect, test } from "vitest";
import { inlineRollback, type ScriptRole } from "#engine/script/script.ts";
import { accepted, read, refused, sent } from "../../support/read_script.ts";

describe("statements", () => {
  test("without comments, blanks and semicolons around them", () => {
    expect(sent("-- a\r\nCREATE TABLE a ();;\r\n/* b */ INSERT INTO a DEFAULT VALUES -- c\r\n;")).toEqual([
      "CREATE TABLE a ()",
      "INSERT INTO a DEFAULT VALUES",
    ]);
  });

  test("offsets count UTF-16 units of the file", () => {
    const text = "SELECT '😀é'; SELECT 2";
    expect(accepted(text).statements.at(1)).toMatchObject({
      start: text.indexOf("SELECT 2"),
      end: text.length,
    });
  });
});

describe("every fault is gathered, in order of place", () => {
  test("of all kinds", () => {
    const text = `-- migrate: nonsense
\\i other.sql
SELECT 1 FRM a b;
COMMIT;
SELECT pg_advisory_lock(1), pg_advisory_unlock(1);
CREATE INDEX CONCURRENTLY ON a (b);
SELECT (1`;
    expect(refused(text)).toEqual([
      "1:1 directive-unknown",
      "2:1 meta-command",
      "3:14 syntax-error",
      "4:1 transaction-control",
      "5:8 advisory-lock",
      "5:29 advisory-lock",
      "6:1 needs-no-transaction",
      "7:8 unbalanced-parenthesis",
    ]);
  });

  test("but no more than anybody reads", () => {
    expect(refused("SELECT 1 1;\n".repeat(10_000))).toHaveLength(50);
    expect(refused("\\i a\n".repeat(10_000))).toHaveLength(50);
  });

  test("the message is the parser's, the place the file's", () => {
    const [fault] = read("-- é\r\nSELECT '😀',\tfoo FRM a b;\r\n").faults;
    expect(fault).toMatchObject({
      code: "syntax-error",
      message: 'syntax error at or near "a"',
      file: "1_a.sql",
      line: 2,
      column: 21,
      excerpt: "SELECT '😀',\tfoo FRM a b;\n           \t        ^",
    });
  });
});

describe("what cannot be split", () => {
  test.each([
    ["SELECT 1;\nSELECT 'a;\n", "2:8 unterminated"],
    ['SELECT "a', "1:8 unterminated"],
    ["DO $a$ BEGIN END $$;", "1:4 unterminated"],
    ["SELECT 1; /* a /* b */", "1:11 unterminated"],
    ["CREATE TABLE a (b numeric(1, 2);\nSELECT 1;", "1:16 unbalanced-parenthesis"],
    ["SELECT 1);", "1:9 unbalanced-parenthesis"],
    ["CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1;", "1:33 unterminated"],
    ["SELECT 1 SELECT 2", "1:17 syntax-error"],
  ])("%j", (text, fault) => {
    expect(refused(text)).toEqual([fault]);
  });

  test("a statement too deep for the parser", () => {
    expect(refused(`SELECT 1;\nSELECT ${"(".repeat(20_000)}1${")".repeat(20_000)}`)).toEqual([
      "2:10004 statement-too-deep",
    ]);
  });
});

describe("psql's commands", () => {
  test("harmless ones on lines of their own are dropped", () => {
    const text = "\\set ON_ERROR_STOP on\n\\echo 'it;s'\n\\timing\n\\restrict a\nSELECT 1;\n\\unrestrict a\n";
    expect(sent(text)).toEqual(["SELECT 1"]);
  });

  test.each([
    ["\\i other.sql", "1:1"],
    ["\\set name value", "1:1"],
    ["\\connect other", "1:1"],
    ["\\copy a FROM 'a.csv'", "1:1"],
    ["SELECT 1 \\gset", "1:10"],
    ["SELECT 1\\; SELECT 2;", "1:9"],
    ["SELECT 1\n\\echo a\n+ 1;", "2:1"],
    ["\\echo a \\\\ DROP TABLE b;", "1:1"],
    ["SELECT 1;\n\\.", "2:1"],
  ])("%j is refused", (text, place) => {
    expect(refused(text)).toEqual([`${place} meta-command`]);
  });
});

describe("COPY ... FROM stdin", () => {
  const rowsOf = (text: string, role: ScriptRole = "up") => {
    const { statements, file } = accepted(text, role);
    return [...statements].map(({ rows }) => rows && file.text.slice(rows.start, rows.end));
  };
  const copies =
    "BEGIN;\nSELECT 1;\nCOPY a (b) FROM stdin;\n1\t'\\N;\n(\n\\.\nCOPY a FROM stdin;\n\\.\nCOMMIT;";

  test("has its rows, whatever they look like", () => {
    expect(rowsOf(copies)).toEqual([null, "1\t'\\N;\n(\n", ""]);
    expect(rowsOf(copies, "rollback")).toEqual([null, "1\t'\\N;\n(\n", ""]);
    const units = accepted(`-- migrate: no-transaction\n${copies}`).units;
    expect(units).toMatchObject([{ kind: "transactional", statements: [{ rows: null }, {}, {}] }]);
  });

  test("of an inline rollback too", () => {
    const file = `SELECT 1;\n-- MIGRATION DOWN\n/*\n${copies}\n*/\n`;
    expect(rowsOf(inlineRollback("a.sql", file) ?? "", "rollback")).toEqual([null, "1\t'\\N;\n(\n", ""]);
  });

  test("its rows belong to what a later run compares", () => {
    const hashes = (rows: string) =>
      accepted(`-- migrate: no-transaction\nCOPY a FROM stdin;\n${rows}\\.\n`).units.map((unit) =>
        unit.kind === "setting" ? null : unit.hash,
      );
    expect(hashes("1\n")).toEqual(hashes("1\n"));
    expect(hashes("1\r\n")).toEqual(hashes("1\n"));
    expect(hashes("2\n")).not.toEqual(hashes("1\n"));
  });

  test.each([
    ["SELECT 1;\nCOPY a FROM stdin;\n1\n", "2:1 copy-from-stdin"],
    ["SELECT 1;\nCOPY a FROM stdin", "2:1 copy-from-stdin"],
    ["COPY a FROM stdin; SELECT 1;\n1\n\\.\n", "1:20 copy-from-stdin"],
    ["COPY a FROM stdin WITH (FORMAT binary);\n1\n\\.\n", "1:1 copy-from-stdin"],
    ["COPY BINARY a FROM stdin;\n1\n\\.\n", "1:1 copy-from-stdin"],
    ["COPY a FROM stdin WHERE;\n1\n\\.\nSELECT 1;", "1:24 syntax-error"],
  ])("%j is refused", (text, fault) => {
    expect(refused(text)).toEqual([fault]);
  });

  test("in a verification is refused", () => {
    expect(refused("COPY a FROM stdin;\n1\n\\.\n", "verify")).toEqual(["1:1 verification-writes"]);
  });
});

describe("no statement", () => {
  test.each(["", "-- a\n", "/* a */;;\n", "BEGIN;\nCOMMIT;\n"])(
    "a forward file of %j draws a warning",
    (text) => {
      const script = accepted(text);
      expect(script.statements).toHaveLength(0);
      expect(script.warnings.map(({ code }) => code)).toEqual(["empty-migration"]);
    },
  );

  test.each(["rollback", "verify"] as const)("a %s script says nothing", (role) => {
    const script = accepted("BEGIN;\n-- nothing\nCOMMIT;", role);
    expect(script.statements).toHaveLength(0);
    expect(script.warnings).toEqual([]);
  });
});

describe("settings left behind", () => {
  test.each([
    ["SET work_mem = '1GB'; SET LOCAL a.b = 1; SET TIME ZONE 'UTC'", ["timezone", "work_mem"]],
    ["SELECT set_config('a.b', '1', false), set_config('a.c', '1', true)", ["a.b"]],
    ["SET work_mem = '1GB'; RESET work_mem", []],
    ["SET work_mem = '1GB'; SET work_mem TO DEFAULT", []],
    ["SET work_mem = '1GB'; RESET ALL", []],
    ["SET ROLE a; SET TRANSACTION DEFERRABLE", []],
    ["SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE", ["default_transaction_read_only"]],
  ])("%s", (text, names) => {
    expect(accepted(text).settings_left).toEqual(names);
  });
});

describe("what the parser cannot know", () => {
  test.each([
    "DO $$ $$",
    "CALL a()",
    "SELECT a()",
    "INSERT INTO a VALUES (now())",
    "CREATE TABLE a AS SELECT b()",
  ])("%s", (text) => {
    expect(accepted(text).opaque).toBe(true);
  });

  test.each([
    "SELECT 1",
    "CREATE TABLE a (b uuid DEFAULT gen_random_uuid())",
    "CREATE FUNCTION f() RETURNS int RETURN g()",
    "SET a.b = 1",
  ])("not: %s", (text) => {
    expect(accepted(text).opaque).toBe(false);
  });
});

test("a name that the server would cut is warned of", () => {
  const text = `CREATE TABLE a ();\nCREATE TABLE ${"é".repeat(32)} ()`;
  expect(accepted(text).warnings).toMatchObject([{ code: "identifier-truncated", line: 2, column: 14 }]);
});

test("lock_timeout = 0 outside of a prologue would wait without a limit", () => {
  expect(refused("SELECT 1; SET LOCAL lock_timeout = 0")).toEqual(["1:11 directive-invalid"]);
});

test("no-transaction means nothing to a verification", () => {
  expect(refused("-- migrate: no-transaction\nSELECT 1", "verify")).toEqual(["1:1 directive-invalid"]);
});
