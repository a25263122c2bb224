import type pg from "pg";
import { afterEach, beforeEach, expect, it } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import { readStatus } from "#engine/run/status.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { bundleOf, run, runOptions, UP, worldFor } from "../../support/engine.ts";
import { stepsOf } from "../../support/faults.ts";

const FIRST = { "1_one.sql": "CREATE TABLE one ();" };
const BOTH = bundleOf({ ...FIRST, "2_two.sql": "CREATE TABLE two ();" });

let db: TestDatabase;
let other: pg.Client;
beforeEach(async () => {
  db = await createDatabase("history_locked");
  expect((await run(db, bundleOf(FIRST))).error).toBeNull();
  other = await db.connect();
  await other.query("BEGIN");
});
afterEach(() => db.drop());

it("a history that cannot be read for a lock is no fault of the SQL", async () => {
  await other.query("LOCK TABLE schema_migrations");
  const reports = [await run(db, BOTH), await readStatus(loadedSource(BOTH), runOptions(), worldFor(db))];
  for (const { error } of reports) {
    expect([error?.code, error?.sqlstate]).toEqual(["lock-timeout", "55P03"]);
    expect(error?.remedy).toContain("lock on the history's tables");
  }
});

it("a history that cannot be written for a lock has no trigger to be removed", async () => {
  await other.query("LOCK TABLE schema_migrations IN SHARE MODE");
  const report = await run(db, BOTH);
  expect([report.error?.code, report.error?.sqlstate]).toEqual(["lock-timeout", "55P03"]);
  expect(report.error?.remedy).toContain("lock on the history's tables");
  expect(stepsOf(report)).toEqual(["2 up failed"]);
  await other.query("ROLLBACK");
  expect(stepsOf(await run(db, BOTH))).toEqual(["2 up done"]);
});

it("nor has one that a statement outside a transaction is to be recorded in", async () => {
  await other.query("LOCK TABLE schema_migration_statements IN SHARE MODE");
  const files = { ...FIRST, "2_two.sql": "-- migrate: no-transaction\nVACUUM one;" };
  const report = await run(db, bundleOf(files), UP, { retry_for_ms: 300 });
  expect([report.error?.code, report.error?.sqlstate]).toEqual(["lock-timeout", "55P03"]);
  expect(report.error?.remedy).toContain("lock on the history's tables");
  await other.query("ROLLBACK");
  expect(stepsOf(await run(db, bundleOf(files)))).toEqual(["2 up done"]);
});
