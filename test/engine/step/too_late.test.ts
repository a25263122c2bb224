import { afterAll, beforeAll, expect, it } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import { runChange } from "#engine/run/change.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { bundleOf, runOptions, UP, worldFor } from "../../support/engine.ts";
import { AGES_MS, LONG_MS } from "../../support/time_over.ts";

let db: TestDatabase;
beforeAll(async () => {
  db = await createDatabase("too_late");
});
afterAll(() => db.drop());

it.each([
  ["a step", "\nALTER TABLE busy ADD COLUMN b int"],
  ["a statement outside of a transaction", "-- migrate: no-transaction\nREINDEX INDEX i"],
])("%s is not tried again where the run's time is over before, and says so", async (_what, sql) => {
  const holder = await db.connect();
  await holder.query("DROP TABLE IF EXISTS busy; CREATE TABLE busy (a int); CREATE INDEX i ON busy (a)");
  await holder.query("BEGIN; LOCK TABLE busy");
  // The pause would be longer than what is left.
  const world = { ...worldFor(db), random: () => LONG_MS };
  const options = runOptions({ timeout_ms: LONG_MS, retry_for_ms: 100 * AGES_MS });
  const report = await runChange(UP, loadedSource(bundleOf({ "1_s.sql": sql })), options, world);
  await holder.query("ROLLBACK");
  expect(report).toMatchObject({
    status: "incomplete",
    error: { code: "deadline", sqlstate: "55P03", file: "1_s.sql", line: 2 },
  });
  expect(report.error?.message).toContain("(tried once); the run's time does not suffice to try again");
});
