import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { FINDINGS } from "#engine/audit/findings.ts";

const page = readFileSync(new URL("../../docs/audit.md", import.meta.url), "utf8");

test("the page lists every kind of finding as the code has it, in its order", () => {
  const rows = [...page.matchAll(/^\| `([a-z-]+)` \| (error|warning|info) \| (.+) \|$/gm)].map(
    ([, code, weight, what = ""]) => [code, weight, what.toLowerCase()],
  );
  const kinds = Object.entries(FINDINGS).map(([code, { weight, what }]) => [
    code,
    weight,
    what.toLowerCase(),
  ]);
  expect(rows).toEqual(kinds);
});
