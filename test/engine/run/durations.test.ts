import { afterEach, beforeEach, expect, it } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import type { ChangeReport } from "#engine/report.ts";
import { planChange } from "#engine/run/plan.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { bundleOf, rollback, run, runOptions, UP, worldFor } from "../../support/engine.ts";
import { stepsOf } from "../../support/faults.ts";

const header = (estimate: string) => `-- NOTES\n-- Estimated Duration: ${estimate}\n`;
const QUICK = { "1_one.sql": "CREATE TABLE one ();" };
const slow = (estimate: string) => ({
  "2_two.sql": `${header(estimate)}CREATE TABLE two ();`,
  "3_three.sql": "CREATE TABLE three ();",
});

let db: TestDatabase;
beforeEach(async () => {
  db = await createDatabase("durations");
});
afterEach(() => db.drop());

const tables = async (): Promise<readonly string[]> => {
  const { rows } = await (await db.connect()).query(
    "SELECT relname FROM pg_class WHERE relname IN ('one', 'two', 'three') ORDER BY 1",
  );
  return rows.map(({ relname }) => relname);
};

function expectNotBegun(report: ChangeReport, words: string): void {
  expect([report.status, report.error?.code]).toEqual(["incomplete", "deadline"]);
  expect(report.error?.message).toContain(words);
  expect(report.error?.remedy).toContain("--timeout");
}

it("a step that says it takes longer than what is left is not begun; with more time the next run goes on", async () => {
  const bundle = bundleOf({ ...QUICK, ...slow("1-2 minutes") });
  const report = await run(db, bundle, UP, { timeout_ms: 60_000 });
  expectNotBegun(report, "2_two takes 120.0 s, as its header says");
  expect(stepsOf(report)).toEqual(["1 up done", "2 up not_run", "3 up not_run"]);
  expect(await tables()).toEqual(["one"]);
  const next = await run(db, bundle, UP, { timeout_ms: 600_000 });
  expect([next.status, await tables()]).toEqual(["ok", ["one", "three", "two"]]);
});

it("also where it is the first", async () => {
  const report = await run(db, bundleOf(slow("5 min")), UP, { timeout_ms: 60_000 });
  expectNotBegun(report, "2_two");
  expect(stepsOf(report)).toEqual(["2 up not_run", "3 up not_run"]);
});

it.each(["30 s", "soon"])("one that fits, or of which nothing is known, is begun (%s)", async (estimate) => {
  const report = await run(db, bundleOf({ ...QUICK, ...slow(estimate) }), UP, { timeout_ms: 60_000 });
  expect(report.status).toBe("ok");
});

it("without a deadline nothing is left out", async () => {
  expect((await run(db, bundleOf(slow("3 hours")))).status).toBe("ok");
});

it("one that took longer before than what is left is not begun", async () => {
  const bundle = bundleOf({ ...QUICK, "rollback/1_rollback.sql": "DROP TABLE one; SELECT pg_sleep(0.1);" });
  for (const request of [UP, rollback(1), UP]) expect((await run(db, bundle, request)).status).toBe("ok");
  const plan = await planChange(rollback(1), loadedSource(bundle), runOptions(), worldFor(db));
  expect(plan.details[0]?.known_duration_ms).toBeGreaterThan(100);
  await (await db.connect()).query(
    "UPDATE schema_migration_events SET duration_ms = 90000 WHERE action = 'rollback'",
  );
  const report = await run(db, bundle, rollback(1), { timeout_ms: 60_000 });
  expectNotBegun(report, "1_one takes 90.0 s, as it took before");
  expect(await tables()).toEqual(["one"]);
  expect((await run(db, bundle, rollback(1), { timeout_ms: 600_000 })).status).toBe("ok");
});
