import { afterAll, beforeAll, expect, it } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import {
  CHECK_ROWS_KEPT,
  CHECK_TEXT_KEPT,
  LONGEST_NOTICE,
  LONGEST_TEXT,
  NOTICES_KEPT,
} from "#engine/limits.ts";
import { runChange } from "#engine/run/change.ts";
import { runVerify } from "#engine/run/verify.ts";
import { bundleOf, run, runOptions, UP, worldFor } from "../../support/engine.ts";
import { nextLabel, openStage, type Stage } from "./attempt.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage("large answers", { "001_base.sql": "CREATE TABLE base (a int)" });
});
afterAll(() => stage.db.drop());

const TEN_MB = 10 * 2 ** 20;
/** Nothing of what a server says makes a row of ours, or a report, larger than this. */
const LARGEST_RECORD = 2.5 * CHECK_TEXT_KEPT;

/** Tries a script as the next version; the largest row of ours afterwards is held against the limit. */
async function attempt(sql: string, verify?: string) {
  const label = nextLabel(stage);
  const files = {
    ...stage.applied,
    [`${label}_step.sql`]: sql,
    ...(verify === undefined ? {} : { [`verify/${label}_verify.sql`]: verify }),
  };
  const world = worldFor(stage.db);
  const report = await runChange(UP, loadedSource(bundleOf(files)), runOptions(), world);
  if (report.error === null) Object.assign(stage.applied, files);
  expect(JSON.stringify(report).length).toBeLessThan(LARGEST_RECORD);
  const { rows } = await stage.client.query<{ most: number }>(
    `SELECT max(length(to_jsonb(e)::text)) AS most FROM schema_migration_events e`,
  );
  expect(rows[0]?.most).toBeLessThan(LARGEST_RECORD);
  return { report, notices: world.events.filter((event) => event.type === "notice") };
}

it.each([
  ["a million rows", "SELECT 1 FROM generate_series(1, 1000000)"],
  ["wide rows", "SELECT repeat('x', 1000) FROM generate_series(1, 50000)"],
  ["one row of ten megabytes", `SELECT repeat('x', ${TEN_MB})`],
])("a script's own SELECT returns %s, which nobody keeps", async (_what, sql) => {
  const { report } = await attempt(sql);
  expect(report).toMatchObject({ status: "ok", steps: [{ checks: [], results: [] }] });
});

it("of a flood of notices the first are told, and that there are more", async () => {
  const { report, notices } = await attempt(
    "DO $$ BEGIN FOR i IN 1..20000 LOOP RAISE NOTICE 'notice %', i; END LOOP; END $$",
  );
  expect(report.status).toBe("ok");
  expect(notices).toHaveLength(NOTICES_KEPT + 1);
  expect(notices.at(-2)).toMatchObject({ message: `notice ${NOTICES_KEPT}` });
  expect(notices.at(-1)).toMatchObject({ message: "More notices follow; they are left out." });
});

it("a notice of ten megabytes is cut, and says by how much", async () => {
  const { notices } = await attempt(`DO $$ BEGIN RAISE NOTICE '%', repeat('x', ${TEN_MB}); END $$`);
  expect(notices).toEqual([
    {
      type: "notice",
      severity: "NOTICE",
      message: `${"x".repeat(LONGEST_NOTICE)} ... (${TEN_MB - LONGEST_NOTICE} more characters)`,
    },
  ]);
});

it("an error of ten megabytes in message, detail, hint and context is cut in all of them", async () => {
  const { report } = await attempt(`DO $$ BEGIN
    EXECUTE 'DO $b$ BEGIN RAISE EXCEPTION USING MESSAGE = ' || quote_literal(repeat('m', ${TEN_MB})) || ',
      DETAIL = repeat(''d'', ${TEN_MB}), HINT = repeat(''h'', ${TEN_MB}); END $b$'; END $$`);
  const cut = (letter: string) =>
    `${letter.repeat(LONGEST_TEXT)} ... (${TEN_MB - LONGEST_TEXT} more characters)`;
  expect(report.error).toMatchObject({
    code: "sql-error",
    message: cut("m"),
    detail: cut("d"),
    hint: cut("h"),
    line: 2,
  });
  expect(report.error?.where?.length).toBeLessThan(LONGEST_TEXT + 100);
  expect(report.error?.where).toMatch(/more characters\)$/);
});

it("a check's details of ten megabytes are cut, and the check still counts", async () => {
  const { report } = await attempt("SELECT 1", `SELECT 'PASS' AS status, repeat('x', ${TEN_MB}) AS details`);
  expect(report.status).toBe("ok");
  expect(report.steps.at(-1)?.checks).toEqual([
    {
      name: "check 1",
      status: "pass",
      details: expect.stringMatching(/^x{8000} \.\.\. \(\d+ more characters\)$/),
    },
  ]);
});

it.each([
  ["100,000 checks", "SELECT 'PASS' AS status FROM generate_series(1, 100000)", CHECK_ROWS_KEPT, 100_000],
  [
    "checks with more text than is kept",
    "SELECT 'PASS' AS status, repeat('x', 5000) AS details FROM generate_series(1, 1000)",
    Math.floor(CHECK_TEXT_KEPT / 5004),
    1_000,
  ],
])("%s cannot all be judged, so the step fails", async (_what, verify, read, all) => {
  const { report } = await attempt("SELECT 1", verify);
  expect(report).toMatchObject({ status: "failed", error: { code: "check-failed" } });
  expect(report.error?.message).toContain(`Only the first ${read} of ${all} rows were read.`);
});

it("many result sets of a verification together are bounded too", async () => {
  const one = "SELECT 'PASS' AS status, repeat('x', 4000) AS details FROM generate_series(1, 100);\n";
  const shown = "SELECT repeat('x', 1000) AS shown;\n";
  // So long that each travels in a message of its own.
  const verify = Array.from(
    { length: 8 },
    () => `${one}${shown.repeat(20)}SELECT /* ${"x".repeat(60_000)} */ 1;\n`,
  );
  const { report } = await attempt("SELECT 1", verify.join(""));
  expect(report.error?.message).toMatch(/Only the first \d+ of 800 checks are kept/);
});

it("the verb verify keeps as little", async () => {
  const label = nextLabel(stage);
  const files = {
    ...stage.applied,
    [`${label}_step.sql`]: "CREATE TABLE grown (a text)",
    [`verify/${label}_verify.sql`]:
      "SELECT 'PASS' AS status, a AS details FROM grown UNION ALL SELECT 'PASS', 'one'",
  };
  expect((await run(stage.db, bundleOf(files))).error).toBeNull();
  Object.assign(stage.applied, files);
  await stage.client.query("INSERT INTO grown SELECT repeat('x', 5000) FROM generate_series(1, 20000)");
  const report = await runVerify(
    { command: "verify", versions: [BigInt(label)] },
    loadedSource(bundleOf(files)),
    runOptions(),
    worldFor(stage.db),
  );
  expect(report.error?.message).toMatch(/Only the first \d+ of 20001 rows were read/);
  expect(JSON.stringify(report).length).toBeLessThan(LARGEST_RECORD);
});
