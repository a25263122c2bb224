import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Check } from "#engine/step/checks.ts";
import { expectFailure, expectSuccess, nextLabel, openStage, type Stage } from "./attempt.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage("verification rules", { "001_base.sql": "CREATE TABLE base (a int)" });
});
afterAll(() => stage.db.drop());

type Passed = [verify: string, checks: Check[]];
const pass = (name: string, details: string | null = null): Check => ({ name, status: "pass", details });

const passing: Passed[] = [
  ["SELECT 'PASS' AS status", [pass("check 1")]],
  ["SELECT 'pass' AS \"STATUS\"", [pass("check 1")]],
  ["SELECT ' Ok ' AS status, 'c' AS check_name, 'why' AS details", [pass("c", "why")]],
  ["SELECT 'TRUE' AS status", [pass("check 1")]],
  ["SELECT true AS status", [pass("check 1")]],
  ["SELECT 'ok'::char(10) AS status", [pass("check 1")]],
  [
    "SELECT 'WARNING' AS status, 'late' AS details",
    [{ name: "check 1", status: "warning", details: "late" }],
  ],
  [
    "SELECT 'PASS' AS status WHERE false",
    [{ name: "check 1", status: "warning", details: "The check returned no rows." }],
  ],
  [
    "SELECT 'PASS' AS status; SELECT 2 AS other; SELECT 'a' AS check_name, true AS status UNION ALL SELECT 'b', true",
    [pass("check 1"), pass("a"), pass("b")],
  ],
  ["BEGIN; SELECT 'PASS' AS status; COMMIT", [pass("check 1")]],
  ["BEGIN READ ONLY; SELECT 'PASS' AS status; ROLLBACK", [pass("check 1")]],
  ["SET LOCAL search_path = pg_catalog; SELECT to_regclass('base') IS NULL AS status", [pass("check 1")]],
  ["DO $$ BEGIN ASSERT true; END $$; SELECT 'PASS' AS status", [pass("check 1")]],
  [
    "SELECT 'PASS' AS status FROM generate_series(1, 2000)",
    Array.from({ length: 2000 }, (_, i) => pass(`check ${i + 1}`)),
  ],
];

it.each(passing)("passes: %s", async (verify, checks) => {
  const label = nextLabel(stage);
  const report = await expectSuccess(stage, {
    [`${label}_s.sql`]: "SELECT 1",
    [`verify/${label}_verify.sql`]: verify,
  });
  expect(report.steps[0]?.checks).toEqual(checks);
  const { rows } = await stage.client.query("SELECT checks FROM schema_migration_events WHERE version = $1", [
    label,
  ]);
  expect(rows).toEqual([{ checks }]);
});

type Failed = [verify: string, details: string];
const failing: Failed[] = [
  ["SELECT 'FAIL' AS status, 'rooms' AS check_name, 'no rooms' AS details", "rooms: no rooms."],
  ["SELECT NULL AS status", "check 1: The status was null."],
  ["SELECT 'maybe' AS status", "check 1: The status was maybe."],
  ["SELECT '' AS status", "check 1: The status was ."],
  ["SELECT false AS status", "check 1: The status was f."],
  ["SELECT NULL::boolean AS status", "check 1: The status was null."],
  ["SELECT 1 AS status", "check 1: The status was 1."],
  [
    "SELECT 'PASS' AS status; SELECT 'PASS' AS status UNION ALL SELECT 'FAIL'",
    "check 3: The status was FAIL.",
  ],
  [
    "SELECT 'PASS' AS status FROM generate_series(1, 10001)",
    "check 10001: Only the first 10000 of 10001 rows were read.",
  ],
];

describe("a check that does not pass", () => {
  it.each(failing)("fails the step and keeps nothing: %s", async (verify, details) => {
    const sql = "CREATE TABLE made (a int); INSERT INTO base VALUES (1)";
    const report = await expectFailure(stage, { sql, verify, code: "check-failed" });
    expect(report.error?.message).toBe(`1 of the checks failed: ${details}`);
    expect(report.error?.file).toMatch(/^verify\/\d+_verify.sql$/);
    expect(report.steps[0]?.checks.filter(({ status }) => status === "fail").length).toBe(1);
  });
});

it("shows what has no status, and warns of a file that checks nothing", async () => {
  const label = nextLabel(stage);
  const verify = "SELECT n, 'x' || n AS name FROM pg_class, (VALUES (1)) v(n) LIMIT 25; SELECT 'two' AS only";
  const report = await expectSuccess(stage, {
    [`${label}_s.sql`]: "SELECT 1",
    [`verify/${label}_verify.sql`]: verify,
  });
  const [first, second] = report.steps[0]?.results ?? [];
  expect(first).toMatchObject({ columns: ["n", "name"], row_count: 25 });
  expect(first?.rows.slice(0, 2)).toEqual([
    ["1", "x1"],
    ["1", "x1"],
  ]);
  expect(second).toEqual({ columns: ["only"], rows: [["two"]], row_count: 1 });
  expect(report.steps[0]?.checks).toEqual([]);
  const warned = report.warnings.filter(({ code }) => code === "verification-checks-nothing");
  expect(warned.map(({ file }) => file)).toEqual([`verify/${label}_verify.sql`]);
});
