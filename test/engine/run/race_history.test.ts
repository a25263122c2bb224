import type pg from "pg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import { runChange } from "#engine/run/change.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { bundleOf, rollback, run, runOptions, UP, worldFor } from "../../support/engine.ts";
import { stepsOf } from "../../support/faults.ts";
import { generatedFiles } from "../../support/generated_bundle.ts";

/** The second migration waits for the gate, so that a test can do something meanwhile. */
const GATE =
  "DO $$ BEGIN FOR i IN 1..1000 LOOP EXIT WHEN EXISTS (SELECT FROM gate); PERFORM pg_sleep(0.02); END LOOP; END $$;";
const FILES = {
  ...generatedFiles(1),
  "002_wait.sql": GATE,
  "rollback/002_rollback.sql": GATE,
  ...generatedFiles(1, 3),
};

let db: TestDatabase;
let client: pg.Client;
beforeEach(async () => {
  db = await createDatabase("meanwhile");
  client = await db.connect();
  await client.query("CREATE TABLE gate (open int)");
});
afterEach(() => db.drop());

/** Until the second migration waits for the gate: all before it is committed and told. */
async function asleep(): Promise<void> {
  const looks = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'";
  while ((await client.query(looks)).rowCount === 0) await new Promise((resolve) => setTimeout(resolve, 10));
}

describe("a history that somebody else changes during the run stops it", () => {
  it("the next step's row is there already", async () => {
    const running = runChange(UP, loadedSource(bundleOf(FILES)), runOptions(), worldFor(db));
    await asleep();
    await client.query(
      "INSERT INTO schema_migrations (version, name) VALUES (3, 'by hand'); INSERT INTO gate VALUES (1)",
    );
    const report = await running;
    expect([report.status, report.error?.code]).toEqual(["failed", "history-moved"]);
    expect(stepsOf(report)).toEqual(["001 up done", "002 up done", "003 up failed"]);
    const { rows } = await client.query("SELECT to_regclass('t00003') AS made");
    expect(rows).toEqual([{ made: null }]);
    const { rows: runs } = await client.query("SELECT status FROM schema_migration_runs WHERE run_id = $1", [
      report.run_id,
    ]);
    expect(runs).toEqual([{ status: "failed" }]);
  });

  it("a row came after the one to roll back", async () => {
    await client.query("INSERT INTO gate VALUES (1)");
    const two = bundleOf({ ...generatedFiles(1), "002_wait.sql": GATE, "rollback/002_rollback.sql": GATE });
    expect((await run(db, two)).error).toBeNull();
    await client.query("TRUNCATE gate");
    const running = runChange(rollback(2), loadedSource(two), runOptions(), worldFor(db));
    await asleep();
    await client.query(
      "INSERT INTO schema_migrations (version, name) VALUES (99, 'x'); INSERT INTO gate VALUES (1)",
    );
    const report = await running;
    expect(report.error?.code).toBe("history-moved");
    expect(stepsOf(report)).toEqual(["002 down done", "001 down failed"]);
    const { rows } = await client.query("SELECT to_regclass('t00001') IS NOT NULL AS kept");
    expect(rows).toEqual([{ kept: true }]);
  });
});

it("a backend that is terminated loses its step only, and its lock with it", async () => {
  const running = runChange(UP, loadedSource(bundleOf(FILES)), runOptions(), worldFor(db));
  await asleep();
  await client.query(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'paws-migrate/%' AND datname = current_database()",
  );
  const report = await running;
  expect([report.status, report.error?.code]).toEqual(["failed", "connection-lost"]);
  expect(stepsOf(report)).toEqual(["001 up done", "002 up failed", "003 up not_run"]);
  await client.query("INSERT INTO gate VALUES (1)");
  expect(stepsOf(await run(db, bundleOf(FILES)))).toEqual(["002 up done", "003 up done"]);
});

it("versions of 14 and 18 digits are compared as numbers", async () => {
  const files = {
    ...generatedFiles(1, 7),
    "20250102_120000_one.sql": "CREATE TABLE one ();",
    "rollback/20250102_120000_rollback.sql": "DROP TABLE one;",
    "999999999999999999_two.sql": "CREATE TABLE two ();",
    "rollback/999999999999999999_rollback.sql": "DROP TABLE two;",
  };
  const up = await run(db, bundleOf(files));
  expect(up.error).toBeNull();
  expect(up.current_version).toBe("999999999999999999");
  const down = await run(db, bundleOf(files), {
    command: "rollback",
    target: { remove: "above", version: 7n },
    verify: "last",
  });
  expect(down.steps.map(({ version }) => version)).toEqual(["999999999999999999", "20250102120000"]);
  expect([down.error, down.current_version]).toEqual([null, "7"]);
});
