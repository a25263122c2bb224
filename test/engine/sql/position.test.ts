import { describe, expect, test } from "vitest";
import { advanceBytes, advanceCodePoints, locate } from "#engine/sql/position.ts";

const MIXED = "aé€😀z";

describe("units", () => {
  test("code points to UTF-16", () => {
    expect([0, 1, 2, 3, 4, 5, 9].map((count) => advanceCodePoints(MIXED, 0, count))).toEqual([
      0, 1, 2, 3, 5, 6, 6,
    ]);
    expect(advanceCodePoints(MIXED, 3, 1)).toBe(5);
  });

  test("UTF-8 bytes to UTF-16", () => {
    expect([0, 1, 3, 6, 10, 11].map((bytes) => advanceBytes(MIXED, 0, bytes))).toEqual([0, 1, 2, 3, 5, 6]);
  });

  test("a lone surrogate is one code point", () => {
    expect(advanceCodePoints("\ud83da", 0, 1)).toBe(1);
  });
});

describe("line and column", () => {
  test.each(["\n", "\r\n", "\r"])("lines that end with %j", (end) => {
    const text = ["SELECT 1", "", "FROM x"].join(end);
    expect(locate(text, text.indexOf("x"))).toEqual({ line: 3, column: 6, excerpt: "FROM x\n     ^" });
    expect(locate(text, 0)).toMatchObject({ line: 1, column: 1 });
    expect(locate(text, text.length)).toMatchObject({ line: 3, column: 7 });
  });

  test("the column counts code points, and so does the caret", () => {
    const text = "SELECT 'é😀' x";
    expect(locate(text, text.indexOf("x"))).toEqual({
      line: 1,
      column: 13,
      excerpt: `${text}\n            ^`,
    });
  });

  test("a tab before the token stays a tab below it", () => {
    expect(locate("\ta\tb", 3).excerpt).toBe("\ta\tb\n\t \t^");
  });

  test("at a line's end", () => {
    expect(locate("a\r\nb", 1)).toMatchObject({ line: 1, column: 2, excerpt: "a\n ^" });
    expect(locate("a\r\nb", 2)).toMatchObject({ line: 1 });
  });

  test("a long line is cut around the column", () => {
    const text = `${"a".repeat(500)}X${"b".repeat(5_000)}`;
    const { column, excerpt } = locate(text, 500);
    const [line = "", caret = ""] = excerpt.split("\n");
    expect(column).toBe(501);
    expect(line.length).toBeLessThan(120);
    expect(line).toMatch(/^\.\.\.a+Xb+\.\.\.$/);
    expect(line[caret.indexOf("^")]).toBe("X");
  });

  test("what a terminal would obey is not passed on", () => {
    expect(locate("a\u001b[2Jb", 6).excerpt).toBe("a\ufffd[2Jb\n      ^");
  });
});
