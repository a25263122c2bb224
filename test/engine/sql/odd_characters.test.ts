import { describe, expect, test } from "vitest";
import { read, refused } from "../../support/read_script.ts";

const first = (text: string) => read(text).faults[0];

describe("where the parser fails, what stands there is named", () => {
  test.each([
    ["INSERT INTO a VALUES (‘b c’)", "1:23", "found ‘ (U+2018), wanted '"],
    ["SELECT a FROM b WHERE “c d”", "1:23", 'found “ (U+201C), wanted "'],
    ["SELECT 1 – – 2", "1:10", "found – (U+2013), wanted -"],
    ["ALTER TABLE a\u00a0ADD b int", "1:14", "found (U+00A0), wanted a space"],
    ["SELECT\u00a01", "1:7", "found (U+00A0), wanted a space"],
    ["SELECT 1 a\u200b b", "1:11", "found (U+200B), wanted nothing"],
    ["SELECT `a`, FROM", "1:8", 'found ` (U+0060), wanted "'],
    ["SELECT * FROM a WHERE b = :id", "1:27", "found :id, a variable of psql; wanted its value"],
    ["SELECT * FROM a WHERE b = :'id'", "1:27", "found :'id', a variable of psql; wanted its value"],
    ['SELECT * FROM :"table"', "1:15", 'found :"table", a variable of psql; wanted its value'],
  ])("%s", (sql, place, message) => {
    expect(refused(sql)).toEqual([`${place} syntax-error`]);
    expect(first(sql)?.message).toContain(message);
    expect(first(sql)?.message).toMatch(/^syntax error at or near/);
  });

  test("an error elsewhere is left as the parser says it", () => {
    expect(first("SELECT 'it’s' frm a b")?.message).toBe('syntax error at or near "a"');
    expect(first("SELECT 'it’s' 'a'")?.message).toBe(`syntax error at or near "'a'"`);
    expect(first("SELECT größe, FROM a")?.message).toBe('syntax error at or near "FROM"');
  });
});

test.each(["SELECT a[1:n] FROM b", "SELECT f(x := 1)", "SELECT größe, ’a’ FROM b", "SELECT '‘’“”\u00a0 :a'"])(
  "%s is SQL",
  (sql) => {
    expect(refused(sql)).toEqual([]);
  },
);
