import { describe, expect, test } from "vitest";
import type { ScriptRole } from "#engine/script/script.ts";
import { loadParser, parseStatement } from "#engine/sql/parse.ts";
import { cpuTimed } from "../../support/cpu_time.ts";
import { accepted, refused } from "../../support/read_script.ts";

await loadParser();

const MB = 2 ** 20;
const nested = (open: string, inner: string, close: string, times: number): string =>
  open.repeat(times) + inner + close.repeat(times);

/** Each fills the parser's stack, or JavaScript's, in another way. */
const BOMBS: readonly (readonly [what: string, sql: string])[] = [
  ["10,000 parentheses", `SELECT ${nested("(", "1", ")", 10_000)}`],
  ["a megabyte of parentheses", `SELECT ${nested("(", "1", ")", MB / 2)}`],
  ["10,000 CASEs", `SELECT ${nested("CASE WHEN true THEN ", "1", " END", 10_000)}`],
  ["3,000 SELECTs", `${nested("SELECT (", "SELECT 1", ")", 3_000)}`],
  ["10,000 SELECTs from one another", `SELECT * FROM ${nested("(SELECT * FROM ", "a", ") b", 10_000)}`],
  ["a megabyte of additions", `SELECT 1${"+1".repeat(MB / 2)}`],
  ["a megabyte of concatenations", `SELECT 'a'${"||a".repeat(MB / 3)}`],
  ["a megabyte of NOTs", `SELECT ${"NOT ".repeat(MB / 4)} true`],
  ["a megabyte of casts", `SELECT 1${"::int".repeat(MB / 5)}`],
  ["100,000 UNIONs", `SELECT 1${" UNION SELECT 1".repeat(100_000)}`],
  ["100,000 joins", `SELECT 1 FROM a${" CROSS JOIN a".repeat(100_000)}`],
  ["calls within calls", `SELECT ${nested("f(", "1", ")", 20_000)}`],
  ["100,000 comments in one another", `SELECT ${nested("/*", " ; ", "*/", 100_000)} 1`],
  ["20,000 array brackets", `SELECT ${nested("ARRAY[", "1", "]", 20_000)}`],
];

describe.each<ScriptRole>(["up", "verify"])("a statement too deep for the parser, in a %s script", (role) => {
  test.each(BOMBS)("%s", (_what, bomb) => {
    const { made, cpu_ms } = cpuTimed(() => refused(`SELECT 1;\n\n${bomb};\nSELECT 2;\n`, role));
    expect(made[0]).toMatch(/^3:\d+ statement-too-deep$/);
    expect(cpu_ms).toBeLessThan(5_000);
    expect(accepted("SELECT 1", role).statements).toHaveLength(1);
  });
});

test("what is long and not deep is read", () => {
  const rows = `INSERT INTO a VALUES ${Array.from({ length: 20_000 }, (_, i) => `(${i}, 'row ${i}')`).join(", ")}`;
  const ands = `SELECT 1 WHERE ${Array.from({ length: 20_000 }, (_, i) => `a > ${i}`).join(" AND ")}`;
  const values = `SELECT 1 WHERE a IN (${Array.from({ length: 50_000 }, (_, i) => i).join(", ")})`;
  expect(accepted(`${rows};\n${ands};\n${values};`).statements).toHaveLength(3);
});

test.each([
  ["comments", `SELECT ${nested("/* ", " ; ", "*/ ", 100_000)} 1`],
  ["dollar quotes", `SELECT ${Array.from({ length: 20_000 }, (_, i) => `$q${i}$`).join("")}`],
  ["dollar quotes that close", `SELECT $q$${"$a$;$b$".repeat(100_000)}$q$`],
  ["quotes", `SELECT '${"''".repeat(MB / 2)}'`],
])("nested %s are no depth", (_what, sql) => {
  const { made, cpu_ms } = cpuTimed(() => refused(`${sql};`));
  expect(made.filter((place) => !place.endsWith(" unterminated"))).toEqual([]);
  expect(cpu_ms).toBeLessThan(5_000);
});

// A script ends at its fiftieth fault.
test("the parser survives as many of them as a script may have", () => {
  const deep = `SELECT ${nested("(", "1", ")", 20_000)}`;
  const deeper = nested("SELECT (", "SELECT 1", ")", 3_000);
  for (let round = 0; round < 25; round++) {
    expect(parseStatement(deep)).toMatchObject({ code: "statement-too-deep" });
    expect(parseStatement(deeper)).toMatchObject({ code: "statement-too-deep" });
  }
  // It still has the stack for what is only rather deep.
  expect(parseStatement(`SELECT ${nested("(", "1", ")", 1_000)}`)).toMatchObject({ kind: "statement" });
  expect(parseStatement(nested("SELECT (", "SELECT 1", ")", 200))).toMatchObject({ kind: "statement" });
});
