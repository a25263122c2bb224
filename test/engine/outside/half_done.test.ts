import type pg from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import { runMark } from "#engine/run/mark.ts";
import { planChange } from "#engine/run/plan.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { bundleOf, rollback, run, runOptions, UP, worldFor } from "../../support/engine.ts";

let db: TestDatabase;
let client: pg.Client;
beforeAll(async () => {
  db = await createDatabase("half_done");
  client = await db.connect();
});
afterAll(() => db.drop());
beforeEach(async () => {
  await client.query("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
});

const NO = "-- migrate: no-transaction\n";
const FAILS = "SELECT 1 / 0;\n";
const FILES = {
  "1_base.sql": "CREATE TABLE t (a int)",
  "rollback/1_base_rollback.sql": "DROP TABLE t",
  "2_out.sql": `${NO}CREATE INDEX CONCURRENTLY i ON t (a);\nINSERT INTO t VALUES (1);\n`,
  "rollback/2_out_rollback.sql": `${NO}DROP INDEX CONCURRENTLY i;\n`,
};
const GOOD = bundleOf(FILES);
const UP_FAILS = bundleOf({ ...FILES, "2_out.sql": FILES["2_out.sql"] + FAILS });
const DOWN_FAILS = bundleOf({
  ...FILES,
  "rollback/2_out_rollback.sql": FILES["rollback/2_out_rollback.sql"] + FAILS,
});
const BASE_ONLY = bundleOf({
  "1_base.sql": FILES["1_base.sql"],
  "rollback/1_base_rollback.sql": FILES["rollback/1_base_rollback.sql"],
});
const RENUMBERED = bundleOf({ "1_base.sql": FILES["1_base.sql"], "3_out.sql": FILES["2_out.sql"] });

const one = async (sql: string): Promise<unknown> =>
  (await client.query({ text: sql, rowMode: "array" })).rows[0]?.[0];
const rows = () => one("SELECT count(*)::int FROM t");
const mark = (bundle: typeof GOOD, to: "applied" | "pending") =>
  runMark(
    { command: "mark", version: 2n, to },
    loadedSource(bundle),
    runOptions({ reason: "by hand" }),
    worldFor(db),
  );

async function expectRefused(bundle: typeof GOOD, request: typeof UP, says: string): Promise<void> {
  const planned = await planChange(request, loadedSource(bundle), runOptions(), worldFor(db));
  expect(planned.error).toMatchObject({ code: "half-done" });
  const report = await run(db, bundle, request);
  expect([report.status, report.error?.code]).toEqual(["refused", "half-done"]);
  expect(report.error?.remedy).toContain(says);
}

test("half applied: what it rests on is not rolled back, until it is finished", async () => {
  expect((await run(db, UP_FAILS)).error?.sqlstate).toBe("22012");
  await expectRefused(UP_FAILS, rollback(1), "`paws-migrate mark 2 pending --reason TEXT`");
  expect(await rows()).toBe(1);
  expect((await run(db, GOOD)).error).toBeNull();
  expect((await run(db, GOOD, rollback(2))).error).toBeNull();
  expect((await run(db, GOOD)).error).toBeNull();
  expect([await rows(), await one("SELECT to_regclass('i') IS NOT NULL")]).toEqual([1, true]);
});

test("half applied and undone by hand: the rollback goes on, and all of it is applied again", async () => {
  await run(db, UP_FAILS);
  await client.query("DROP INDEX i; DELETE FROM t");
  expect((await mark(UP_FAILS, "pending")).error).toBeNull();
  expect((await run(db, UP_FAILS, rollback(1))).error).toBeNull();
  expect((await run(db, GOOD)).error).toBeNull();
  expect([await rows(), await one("SELECT to_regclass('i') IS NOT NULL")]).toEqual([1, true]);
});

test("half applied under a version that the bundle has no more: it is not done once more under another", async () => {
  await run(db, UP_FAILS);
  await expectRefused(RENUMBERED, UP, "Bring the file back under its version");
  await expectRefused(BASE_ONLY, UP, "Bring the file back under its version");
  expect(await rows()).toBe(1);
  await client.query("DROP INDEX i; DELETE FROM t");
  expect((await mark(RENUMBERED, "pending")).error).toBeNull();
  expect((await run(db, RENUMBERED)).error).toBeNull();
  expect(await rows()).toBe(1);
});

test("half rolled back: up is no success, until the rollback is finished or settled", async () => {
  expect((await run(db, DOWN_FAILS)).error).toBeNull();
  expect((await run(db, DOWN_FAILS, rollback(1))).error?.sqlstate).toBe("22012");
  await expectRefused(DOWN_FAILS, UP, "`paws-migrate mark 2 applied --reason TEXT`");
  expect((await run(db, GOOD, rollback(1))).error).toBeNull();
  expect((await run(db, DOWN_FAILS)).error).toBeNull();

  expect((await run(db, DOWN_FAILS, rollback(1))).error?.sqlstate).toBe("22012");
  await client.query("CREATE INDEX i ON t (a)");
  expect((await mark(DOWN_FAILS, "applied")).error).toBeNull();
  expect((await run(db, DOWN_FAILS)).status).toBe("ok");
});
