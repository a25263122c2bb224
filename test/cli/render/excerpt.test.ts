import { expect, test } from "vitest";
import { locate } from "#engine/sql/position.ts";
import { excerptLines } from "../../../cli/render/excerpt.ts";

/** The excerpt of the only `token` in a line, as reports have it. */
const excerptOf = (line: string, token: string): string => locate(line, line.indexOf(token)).excerpt;

test.each([
  ["plain", "SELECT x FROM cours;", ["SELECT x FROM cours;", "              ^"]],
  [
    "after wide characters",
    "SELECT '学生' FROM cours;",
    ["SELECT '学生' FROM cours;", "                   ^"],
  ],
  [
    "after an emoji and a combined accent",
    "'\u{1f600}e\u0301' cours",
    ["'\u{1f600}e\u0301' cours", "      ^"],
  ],
  ["after tabs", "\tSELECT\tcours", ["    SELECT  cours", "            ^"]],
  ["at the beginning", "cours", ["cours", "^"]],
])("the caret stands under the token: %s", (_, line, shown) => {
  expect(excerptLines(excerptOf(line, "cours"), 80)).toEqual(shown);
});

test("a control character that is spelled out moves the caret", () => {
  expect(excerptLines("a\u001bb cours\n    ^", 80)).toEqual(["a\\x1bb cours", "       ^"]);
});

test("at the end of the line, where something is missing", () => {
  expect(excerptLines(locate("SELECT (1", 9).excerpt, 80)).toEqual(["SELECT (1", "         ^"]);
});

test("a line that is wider than the terminal is cut around the caret", () => {
  const line = `SELECT ${"a, ".repeat(20)}cours, ${"b, ".repeat(20)}z`;
  const cut = excerptLines(excerptOf(line, "cours"), 40);
  expect(cut).toEqual(["..., a, a, a, a, a, a, a, a, cours, b...", "                             ^"]);
  expect(cut[0]).toHaveLength(40);
  // The engine has cut this one already.
  const engine = excerptLines(excerptOf(`SELECT ${"x".repeat(200)} cours`, "cours"), 120);
  expect(engine).toEqual([`...${"x".repeat(66)} cours`, `${" ".repeat(70)}^`]);
});

test("what is no excerpt of ours is shown as it is, printable", () => {
  expect(excerptLines("one\u001b\ntwo", 80)).toEqual(["one\\x1b", "two"]);
  expect(excerptLines("one line", 80)).toEqual(["one line"]);
});
