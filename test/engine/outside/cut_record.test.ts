import type pg from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import { runChange } from "#engine/run/change.ts";
import { cancelledAt } from "../../support/cancelled_at.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { bundleOf, run, runOptions, UP, worldFor } from "../../support/engine.ts";
import { LONG_MS } from "../../support/time_over.ts";

let db: TestDatabase;
let client: pg.Client;
beforeAll(async () => {
  db = await createDatabase("cut_record");
  client = await db.connect();
});
afterAll(() => db.drop());
beforeEach(async () => {
  await client.query("DROP SCHEMA public CASCADE; CREATE SCHEMA public; CREATE TABLE t (a int)");
});

const FILES = {
  "1_out.sql": "-- migrate: no-transaction\nVACUUM t;\nCREATE INDEX CONCURRENTLY i ON t (a);",
  "verify/1_out_verify.sql": "SELECT true AS status",
};
const one = async (sql: string): Promise<unknown> =>
  (await client.query({ text: sql, rowMode: "array" })).rows[0]?.[0];

test.each([
  ["a statement is begun", /INSERT INTO .*"schema_migration_statements"/, "at the statement in line 2", 2],
  ["a statement is done", /UPDATE .*"schema_migration_statements"/, "at the statement in line 2", 2],
  ["the migration is applied", /INSERT INTO .*"schema_migrations"/, "all of its statements are done", null],
  ["it is verified", /UPDATE .*"schema_migrations"/, "before the verification was at its end", null],
])("a deadline that comes while it is recorded that %s, is told as one", async (_, text, says, line) => {
  const world = cancelledAt(worldFor(db), text);
  const options = runOptions({ timeout_ms: LONG_MS });
  const report = await runChange(UP, loadedSource(bundleOf(FILES)), options, world);
  expect(report).toMatchObject({ status: "incomplete", error: { code: "deadline", line } });
  expect(report.error?.message).toContain(says);
  expect((await run(db, bundleOf(FILES))).error).toBeNull();
  expect(await one("SELECT state FROM schema_migrations")).toBe("applied");
  expect(await one("SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass")).toBe(true);
});
