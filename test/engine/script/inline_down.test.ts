import { describe, expect, test } from "vitest";
import { inlineRollback } from "#engine/script/script.ts";
import { accepted, read, refused, sent } from "../../support/read_script.ts";

const FILE = `-- ====
-- MIGRATION UP
-- ====
BEGIN;
CREATE TABLE a (); -- é😀
COMMIT;

-- ====
-- MIGRATION DOWN (Rollback)
-- ====
-- Uncomment to rollback:
/*
BEGIN;
  DROP TABLE a; /* nested */
COMMIT;
*/
-- NOTES
`;

test("the block after the banner, at its place in the file", () => {
  const down = inlineRollback("1_a.sql", FILE) ?? "";
  expect(down).toHaveLength(FILE.length);
  expect(down.split("\n")).toHaveLength(FILE.split("\n").length);
  const lines = FILE.replaceAll("\n", "\r");
  expect(inlineRollback("1_a.sql", lines)?.split("\r")).toHaveLength(lines.split("\r").length);
  expect(sent(down, "rollback")).toEqual(["DROP TABLE a"]);
  expect(accepted(down, "rollback").statements.at(0)?.start).toBe(FILE.indexOf("DROP TABLE"));
});

test("a fault within has the file's line", () => {
  const down =
    inlineRollback("1_a.sql", FILE.replace("DROP TABLE a", "DROP TABEL a").replaceAll("\n", "\r\n")) ?? "";
  const [fault] = read(down, "rollback").faults;
  expect(fault).toMatchObject({ code: "syntax-error", line: 14, column: 8 });
  expect(fault?.excerpt).toBe("  DROP TABEL a; /* nested */\n       ^");
});

test("the forward script does not see it", () => {
  expect(sent(FILE)).toEqual(["CREATE TABLE a ()"]);
});

test("an untouched block has no statement", () => {
  const down =
    inlineRollback("1_a.sql", "-- MIGRATION DOWN\n/*\nBEGIN;\n-- [Rollback SQL]\nCOMMIT;\n*/") ?? "";
  expect(accepted(down, "rollback").statements).toHaveLength(0);
});

describe("none", () => {
  test.each([
    ["without a banner", "SELECT 1;\n/* DROP TABLE a; */"],
    ["without a block", "SELECT 1;\n-- MIGRATION DOWN\n-- DROP TABLE a;"],
    ["where the block stands before", "/* DROP TABLE a; */\n-- MIGRATION DOWN\n"],
    ["where the banner is text", "SELECT '\n-- MIGRATION DOWN\n';\n/* DROP TABLE a; */"],
    ["where a statement stands between", "-- MIGRATION DOWN\nSELECT 1;\n/* DROP TABLE a; */"],
    ["where the forward part comes after", "-- MIGRATION DOWN\n/* a */\n-- MIGRATION UP\nSELECT 1;"],
    ["where the block is not closed", "-- MIGRATION DOWN\n/* DROP TABLE a;"],
  ])("%s", (_why, text) => {
    expect(inlineRollback("1_a.sql", text)).toBeNull();
  });
});

test("a rollback that was taken out of its comment would run with the migration", () => {
  expect(refused("CREATE TABLE a ();\n-- MIGRATION DOWN\nDROP TABLE a;")).toEqual(["3:1 down-uncommented"]);
  expect(refused("-- MIGRATION DOWN\n/* a */\n-- MIGRATION UP\nSELECT 1;")).toEqual([]);
  expect(refused("-- MIGRATION DOWN\nDROP TABLE a;", "rollback")).toEqual([]);
});
