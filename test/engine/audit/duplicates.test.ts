import { expect, test } from "vitest";
import { auditOf, type PileFiles, saidOf } from "../../support/audited.ts";

const CASES: readonly (readonly [string, PileFiles, ...string[]])[] = [
  ["nothing", { "1_a.sql": "CREATE TABLE a ();", "2_b.sql": "CREATE TABLE b ();" }],
  [
    "a file in other spacing, capitals and comments",
    {
      "1_a.sql": "CREATE TABLE a (\n  id int -- the id\n);\nSELECT 1;\n",
      "2_b.sql": "/* copy */ create table A (id INT); select 1",
    },
    "duplicate-file 2_b.sql",
  ],
  [
    "files that hold nothing but a transaction",
    { "1_a.sql": "BEGIN;\n-- to do\nCOMMIT;", "2_b.sql": "BEGIN;\nCOMMIT;" },
  ],
  [
    "a text that differs in a literal",
    { "1_a.sql": "INSERT INTO a VALUES ('x  y');", "2_b.sql": "INSERT INTO a VALUES ('x y');" },
  ],
  [
    "a literal that looks like a place in the tree",
    {
      "1_a.sql": `INSERT INTO a VALUES ('"location":1,');`,
      "2_b.sql": `INSERT INTO a VALUES ('"location":2,');`,
    },
  ],
  [
    "a statement of another file",
    {
      "1_a.sql": "CREATE TABLE a ();\nCREATE VIEW v AS SELECT 1;",
      "2_b.sql": "CREATE TABLE b ();\n\nCREATE VIEW v AS SELECT 1;",
    },
    "duplicate-statement 2_b.sql:3",
  ],
  [
    "statements that do nothing of their own",
    {
      "1_a.sql": "SET a.b = 1;\nSELECT 1;\nCREATE TABLE a ();",
      "2_b.sql": "SET a.b = 1;\nSELECT 1;\nCREATE TABLE b ();",
    },
  ],
  ["a statement twice in one file", { "1_a.sql": "INSERT INTO a VALUES (1);\nINSERT INTO a VALUES (1);" }],
  ["files that cannot be parsed", { "1_a.sql": "SELEC 1;", "2_b.sql": "SELEC 1;" }, "duplicate-file 2_b.sql"],
  ["empty files", { "1_a.sql": "-- a", "2_b.sql": "-- b" }],
];

test.each(CASES.map(([of, files, ...said]) => ({ of, files, said })))("$of", async ({ files, said }) => {
  expect(saidOf(await auditOf(files)).filter((one) => one.startsWith("duplicate"))).toEqual(said);
});

test("a file says how many of its statements stand elsewhere, and where", async () => {
  const text = "INSERT INTO a VALUES (1);\nINSERT INTO a VALUES (2);\nINSERT INTO a VALUES (3);\n";
  const { findings } = await auditOf({ "1_a.sql": text, "2_b.sql": `${text}SELECT 1;` });
  expect(findings.find(({ code }) => code === "duplicate-statement")).toMatchObject({
    message: "2_b.sql:1 says what 1_a.sql:1 says, and 2 more.",
    related: ["1_a.sql"],
  });
});
