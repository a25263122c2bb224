import { expect, it } from "vitest";
import { readBundle } from "#engine/bundle/bundle.ts";
import { checkBundle } from "#engine/bundle/check.ts";

const OPTIONS = { allow: [], history_schema: "public", under_role: false, placeholders: null } as const;

async function check(files: Readonly<Record<string, string>>) {
  const encoder = new TextEncoder();
  const sources = Object.entries(files).map(([path, text]) => ({ path, bytes: encoder.encode(text) }));
  const {
    files: listed,
    faults,
    warnings,
  } = await checkBundle(readBundle(sources, { name: "b", path: "/b" }), OPTIONS);
  return {
    listed: listed.map(({ path, role, statements }) => `${path} ${role} ${statements}`),
    faults: faults.map(({ code, file, line }) => `${code} ${file}:${line}`),
    warnings: warnings.map(({ code, file }) => `${code} ${file}`),
  };
}

it("parses every script, in order of version", async () => {
  const checked = await check({
    "002_b.sql": "BEGIN; SELECT 1; SELECT 2; COMMIT;",
    "001_a.sql": "CREATE TABLE a ();",
    "rollback/001_rollback.sql": "DROP TABLE a;",
    "verify/001_verify.sql": "SELECT 'PASS' AS status;",
  });
  expect(checked).toEqual({
    listed: [
      "001_a.sql up 1",
      "rollback/001_rollback.sql rollback 1",
      "verify/001_verify.sql verify 1",
      "002_b.sql up 2",
    ],
    faults: [],
    warnings: [],
  });
});

it("tells every fault of every file, and goes on behind it", async () => {
  const checked = await check({
    "001_a.sql": "SELECT 1;\nCOMMIT;\nSELEC 2;",
    "rollback/001_rollback.sql": "\n\nDROP TABEL a;",
    "verify/001_verify.sql": "SELECT 1 AS n;",
    "002_b.sql": "-- nothing yet\n",
  });
  expect(checked.faults).toEqual([
    "transaction-control 001_a.sql:2",
    "syntax-error 001_a.sql:3",
    "syntax-error rollback/001_rollback.sql:3",
  ]);
  expect(checked.listed).toHaveLength(4);
  expect(checked.warnings).toEqual([
    "verification-checks-nothing verify/001_verify.sql",
    "empty-migration 002_b.sql",
  ]);
});

it("lists a rollback that stands in the forward file", async () => {
  const text = "CREATE TABLE a ();\n-- MIGRATION DOWN\n/*\nDROP TABLE a;\n*/\n";
  expect((await check({ "001_a.sql": text })).listed).toEqual(["001_a.sql up 1", "001_a.sql rollback 1"]);
});
