import { beforeAll, describe, expect, test } from "vitest";
import { loadParser, parseStatement } from "#engine/sql/parse.ts";

beforeAll(loadParser);

test("a statement is a node type and its fields", () => {
  const parsed = parseStatement("CREATE TABLE a.b (c int)");
  expect(parsed).toMatchObject({ kind: "statement", type: "CreateStmt" });
  expect(parsed).toHaveProperty("tree.relation.relname", "b");
});

test("a syntax error's place is in UTF-16 units, also behind other letters", () => {
  const sql = "SELECT 'é😀' frm x y";
  expect(parseStatement(sql)).toEqual({
    kind: "error",
    code: "syntax-error",
    message: 'syntax error at or near "x"',
    offset: sql.indexOf("x"),
  });
});

test("an error at the end of a statement", () => {
  expect(parseStatement("SELECT 1 +")).toMatchObject({ message: "syntax error at end of input", offset: 10 });
});

describe("exactly one statement", () => {
  test.each(["SELECT 1; SELECT 2", "-- nothing", ";"])("%j is refused", (sql) => {
    expect(parseStatement(sql)).toMatchObject({ kind: "error", code: "split-disagreement" });
  });
});

describe("nesting too deep fails closed, and the parser goes on", () => {
  test.each([
    ["parentheses", `SELECT ${"(".repeat(20_000)}1${")".repeat(20_000)}`],
    ["subqueries", `${"SELECT (".repeat(8_000)}1${")".repeat(8_000)}`],
    ["additions", `SELECT 1${"+1".repeat(200_000)}`],
  ])("%s", (_what, sql) => {
    expect(parseStatement(sql)).toMatchObject({ kind: "error", code: "statement-too-deep" });
    expect(parseStatement("SELECT 1")).toMatchObject({ kind: "statement" });
  });
});
