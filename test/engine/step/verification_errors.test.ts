import { afterAll, beforeAll, expect, it } from "vitest";
import { bundleOf, rollback, run } from "../../support/engine.ts";
import { snapshot } from "../../support/schema.ts";
import { expectFailure, expectSuccess, historyOf, openStage, type Stage } from "./attempt.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage("verification errors", { "001_base.sql": "CREATE TABLE base (a int)" });
});
afterAll(() => stage.db.drop());

const sql = "CREATE TABLE made (a int); INSERT INTO base VALUES (1)";
const code = "verification-error";

type Row = [what: string, verify: string, error: object];
const raising: Row[] = [
  [
    "raises",
    "DO $$ BEGIN\n  RAISE 'no rooms';\nEND $$",
    { message: "no rooms", sqlstate: "P0001", line: 2, column: 3 },
  ],
  [
    "asserts",
    "DO $$ BEGIN\n  ASSERT false, 'no rooms';\nEND $$",
    { message: "no rooms", sqlstate: "P0004", line: 2 },
  ],
  [
    "names a table that is not there",
    "SELECT 'PASS' AS status\nFROM nowhere",
    { sqlstate: "42P01", line: 2, column: 6 },
  ],
  [
    "divides by zero",
    "SELECT 'PASS' AS status;\nSELECT 1 / (a - a) FROM base",
    { sqlstate: "22012", line: 2, column: 1 },
  ],
  [
    "takes too long",
    "-- migrate: statement-timeout 500ms\nSELECT 'PASS' AS status;\nSELECT pg_sleep(20)",
    { sqlstate: "57014", line: 3, remedy: expect.stringContaining("has 10 s") },
  ],
  [
    "sets a limit of its own",
    "SET LOCAL statement_timeout = '500ms';\nSELECT pg_sleep(20)",
    { sqlstate: "57014", line: 2 },
  ],
  [
    "has wrong syntax in what it runs",
    "DO $$ BEGIN\n  EXECUTE 'SELEC 1';\nEND $$",
    { sqlstate: "42601", line: 2 },
  ],
];

it.each(raising)("a verification that %s fails the step", async (_what, verify, error) => {
  const report = await expectFailure(stage, { sql, verify, code });
  expect(report.error).toMatchObject(error);
  expect(report.error?.file).toMatch(/^verify\//);
});

it("has ten seconds a statement where it says nothing", async () => {
  const verify = "SELECT current_setting('statement_timeout') = '10s' AS status; SELECT pg_sleep(0.01)";
  await expectSuccess(stage, { "101_s.sql": "SELECT 1", "verify/101_verify.sql": verify });
});

it("a rollback whose verification fails keeps what it would have removed", async () => {
  await expectSuccess(stage, {
    "201_s.sql": "CREATE TABLE t201 (a int)",
    "verify/201_verify.sql":
      "SELECT to_regclass('t202') IS NOT NULL OR to_regclass('t202') IS NULL AS status",
    "rollback/201_rollback.sql": "DROP TABLE t201",
    "202_s.sql": "CREATE TABLE t202 (a int)",
    "rollback/202_rollback.sql": "DROP TABLE t202; DROP TABLE base",
  });
  const bundle = bundleOf({
    ...stage.applied,
    "verify/201_verify.sql": "SELECT to_regclass('base') IS NOT NULL AS status",
  });
  const [before, history] = [await snapshot(stage.client), await historyOf(stage.client)];
  const report = await run(stage.db, bundle, rollback(2));
  expect(report).toMatchObject({ status: "failed", current_version: "202", error: { code: "check-failed" } });
  expect(report.steps.map(({ status }) => status)).toEqual(["failed", "not_run"]);
  expect(await snapshot(stage.client)).toEqual(before);
  expect(await historyOf(stage.client)).toEqual(history);
});
