import { expect, test } from "vitest";
import { matchesGlob } from "#engine/bundle/glob.ts";
import { cpuTimed } from "../../support/cpu_time.ts";

test.each([
  ["setup.sql", "setup.sql"],
  ["*.sql", "setup.sql"],
  ["set?p.sql", "setup.sql"],
  ["tools/*.sql", "tools/a.sql"],
  ["tools/**", "tools/a.sql"],
  ["tools/**", "tools/deep/er/a.sql"],
  ["**/setup.sql", "setup.sql"],
  ["**/setup.sql", "a/b/setup.sql"],
  ["a/**/z/*.sql", "a/z/x/z/m.sql"],
  ["*_*_x.sql", "a_b_c_x.sql"],
  ["?.sql", "ä.sql"],
  ["?.sql", "🎉.sql"],
  ["[a](b)+.sql", "[a](b)+.sql"],
])("%s matches %s", (pattern, path) => {
  expect(matchesGlob(pattern, path)).toBe(true);
});

test.each([
  ["setup.sql", "tools/setup.sql"],
  ["*.sql", "tools/setup.sql"],
  ["tools/*", "tools/deep/a.sql"],
  ["setup.sql", "setupxsql"],
  ["tools", "tools/a.sql"],
  ["?.sql", ".sql"],
  ["**/a.sql", "b/aa.sql"],
])("%s does not match %s", (pattern, path) => {
  expect(matchesGlob(pattern, path)).toBe(false);
});

test("a pattern of many stars takes no time", () => {
  const { made, cpu_ms } = cpuTimed(() =>
    ["", "b"].map((end) => matchesGlob(`${"*a".repeat(200)}${end}`, "a".repeat(4000))),
  );
  expect(made).toEqual([true, false]);
  expect(cpu_ms).toBeLessThan(10_000);
});
