import { describe, expect, test } from "vitest";
import type { FindingCode } from "#engine/audit/findings.ts";
import { withFolder } from "#engine/audit/summary.ts";
import { surveyPileFolder } from "#io/pile_folder.ts";
import { auditOf, type PileFiles, saidOf } from "../../support/audited.ts";

const bytes = (...values: readonly number[]): Uint8Array => new Uint8Array(values);
const deep = (head: string, count: number): string => `SELECT ${head.repeat(count)}1;`;

describe("goes on with the rest, whatever a file is", () => {
  const CASES: readonly (readonly [string, string | Uint8Array, FindingCode])[] = [
    ["a NUL byte", bytes(0x53, 0, 0x3b), "not-text"],
    ["another encoding", bytes(0x2d, 0x2d, 0xe9, 0x0a), "not-text"],
    ["UTF-16", bytes(0xff, 0xfe, 0x53, 0), "not-text"],
    ["no text at all", Uint8Array.from({ length: 5000 }, (_, i) => (i * 31) % 256), "not-text"],
    ["nothing", "", "empty"],
    ["parentheses too deep for the parser", `SELECT ${"(".repeat(100_000)}`, "unparsable"],
    ["a sum too long for the machine's stack", deep("1+", 100_000), "unparsable"],
    ["a negation too deep for the parser", deep("NOT ", 60_000), "unparsable"],
    ["prose", "Dear colleague, please run this on Friday's window", "unparsable"],
  ];
  test.each(CASES)("%s", async (_, content, code) => {
    const found = await auditOf({ "1_x.sql": content, "2_y.sql": "CREATE TABLE y ();" });
    expect(found.findings.filter(({ file }) => file === "1_x.sql").map((one) => one.code)).toContain(code);
    expect(found.files[1]?.objects).toMatchObject([{ name: "y" }]);
    expect(found.files[0]?.statements === null).toBe(code === "not-text");
  });

  test("a text of 200 kB", async () => {
    const { files } = await auditOf({ "1_x.sql": "INSERT INTO a VALUES (1, 'some text');\n".repeat(5500) });
    expect(files[0]).toMatchObject({ statements: 5500, size: 5500 * 39 });
  });
});

describe("files that are no migration", () => {
  test("are listed, and told", async () => {
    const found = await auditOf({
      "20250102_030405_x.sql": "SELECT 1;",
      "seed/rows.sql": "INSERT INTO a VALUES (1);\nSELEC",
    });
    expect(found.files[1]).toMatchObject({
      path: "seed/rows.sql",
      role: "other",
      statements: 2,
      migrations: [],
    });
    expect(saidOf(found)).toEqual(["left-out seed/rows.sql", "unparsable seed/rows.sql:2"]);
  });

  test("a script without its migration is listed, and told", async () => {
    const found = await auditOf({ "1_x.sql": "SELECT 1;", "down/2_y.sql": "DROP TABLE y;" });
    expect(saidOf(found)).toContain("lone-script down/2_y.sql:1");
    expect(found.files.map(({ path, role }) => [path, role])).toEqual([
      ["1_x.sql", "migration"],
      ["down/2_y.sql", "other"],
    ]);
  });
});

test("a migration's row names its scripts, and theirs name it", async () => {
  const pile = {
    "1_x.sql": "CREATE TABLE a ();",
    "rollback/1_x_rollback.sql": "DROP TABLE a;",
    "verify/1_x_verify.sql": "SELECT * FROM a;",
  };
  const { files, tool } = await auditOf(pile, null);
  expect(tool).toBe("paws-migrate");
  expect(files).toMatchObject([
    { path: "1_x.sql", rollback: "rollback/1_x_rollback.sql", verification: "verify/1_x_verify.sql" },
    { role: "rollback", migrations: ["1"], objects: [{ change: "drops", name: "a" }], rollback: null },
    { role: "verify", migrations: ["1"], objects: [] },
  ]);
});

test("a rollback in the file itself is there, and its lines are the file's", async () => {
  const text = "CREATE TABLE a ();\n-- MIGRATION DOWN\n/*\nDROP TABLE a CASCADE;\n*/\n";
  const { files, findings } = await auditOf({ "1_x.sql": text }, "paws-migrate");
  expect(files[0]).toMatchObject({ rollback: "1_x.sql", statements: 2 });
  expect(findings.find(({ code }) => code === "cascade")).toMatchObject({ file: "1_x.sql", line: 4 });
});

/** One pile for each kind of finding that the other files here do not name by its kind. */
const RARE: Readonly<Partial<Record<FindingCode, PileFiles>>> = {
  "copy-rows": { "1_x.sql": "COPY a FROM stdin;\n1\n" },
  "layout-broken": { "V1__a.sql": "SELECT 1;", "V1__b.sql": "SELECT 2;", "bundle.json": '{"names": 1}' },
  untranslated: { "V1__a.sql": "SELECT 1;", "V2__B.java": "" },
};

test.each(Object.entries(RARE))("%s", async (code, files) => {
  const tool = "V1__a.sql" in files ? "flyway" : "plain";
  expect((await auditOf(files, tool)).findings.map((one) => one.code)).toContain(code);
});

test("the summary counts every finding, the weightiest kinds first", async () => {
  const { findings, summary } = await auditOf({
    "a.sql": "SELEC;",
    "20250102_b.sql": "DROP TABLE t CASCADE;",
  });
  expect(summary.map(({ code, weight, count }) => [code, weight, count])).toEqual([
    ["unparsable", "error", 1],
    ["name-unusable", "error", 1],
    ["name-convention", "warning", 1],
    ["no-rollback", "warning", 2],
    ["no-verification", "warning", 2],
    ["drops-data", "warning", 1],
    ["cascade", "warning", 1],
  ]);
  expect(summary.reduce((sum, { count }) => sum + count, 0)).toBe(findings.length);
  expect(summary[0]?.remedy).toBe(
    "Correct the SQL at the places shown; `paws-migrate audit sql` looks again.",
  );
});

test.each([
  ["migrations/x", "run migrations/x now"],
  ["my files", "run 'my files' now"],
  ["it's $&", "run 'it'\\''s $&' now"],
  ["-x", "run ./-x now"],
])("a command line takes the folder %s as one word", (folder, remedy) => {
  expect(withFolder({ remedy: "run DIR now" }, folder)).toEqual({ remedy });
});

test("our own bundle has neither errors nor warnings", async () => {
  const root = new URL("../../../migrations/paws360", import.meta.url).pathname;
  const { files } = surveyPileFolder(root);
  const found = await auditOf(
    Object.fromEntries(files.map(({ path, bytes }) => [path, bytes as Uint8Array])),
    null,
  );
  expect(found.tool).toBe("paws-migrate");
  expect(found.findings.filter(({ weight }) => weight !== "info")).toEqual([]);
});
