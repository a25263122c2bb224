import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import { runChange } from "#engine/run/change.ts";
import { runLockKey } from "#engine/run/lock_keys.ts";
import { bundleOf, runOptions, UP } from "../../support/engine.ts";
import { codes, stepsOf } from "../../support/faults.ts";
import { generatedFiles } from "../../support/generated_bundle.ts";
import { type OwnServer, startOwnServer } from "../../support/own_server.ts";
import { worldOn } from "../../support/worlds.ts";

let server: OwnServer;
beforeAll(async () => {
  server = await startOwnServer();
});
afterAll(() => server.stop());

async function query(database: string, sql: string): Promise<pg.QueryResultRow[]> {
  const client = new pg.Client({ ...server.connection, database });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

const around = { ...generatedFiles(5), ...generatedFiles(6, 7) };
const FILES = { ...around, "006_slow.sql": "CREATE TABLE slow (); SELECT pg_sleep(20);" };
const QUICK = { ...around, "006_slow.sql": "CREATE TABLE slow ();" };

describe.each(["fast", "immediate"] as const)(
  "the server is restarted in the middle of a run: %s",
  (mode) => {
    it("the report says what is done, and the next run finishes", async () => {
      const database = `restart_${mode}`;
      await query("postgres", `CREATE DATABASE ${database}`);
      const world = worldOn({ ...server.connection, database });
      const running = runChange(UP, loadedSource(bundleOf(FILES)), runOptions(), world);
      // The sixth sleeps, and the fifth is told to be done.
      const done = () => world.events.filter(({ type }) => type === "step-finished").length;
      while (done() < 5) await new Promise((resolve) => setTimeout(resolve, 10));
      await server.restart(mode);
      const report = await running;

      expect([report.status, report.error?.code]).toEqual(["failed", "connection-lost"]);
      const labels = Array.from({ length: 12 }, (_, i) => String(i + 1).padStart(3, "0"));
      expect(stepsOf(report)).toEqual(
        labels.map((label, i) => `${label} up ${i < 5 ? "done" : i === 5 ? "failed" : "not_run"}`),
      );
      expect(report.current_version).toBe("5");
      expect(codes(report.warnings)).toEqual([]);
      const history =
        "SELECT count(*)::int AS n, to_regclass('slow') IS NOT NULL AS slow FROM schema_migrations";
      expect(await query(database, history)).toEqual([{ n: 5, slow: false }]);

      // What was in flight left nothing behind: the table can be made.
      const next = await runChange(
        UP,
        loadedSource(bundleOf(QUICK)),
        runOptions(),
        worldOn({ ...server.connection, database }),
      );
      expect(next.error).toBeNull();
      expect(stepsOf(next)).toEqual(labels.slice(5).map((label) => `${label} up done`));
      expect(await query(database, history)).toEqual([{ n: 12, slow: true }]);
      expect(
        await query(
          database,
          "SELECT status, finished_at IS NOT NULL AS closed FROM schema_migration_runs ORDER BY started_at",
        ),
      ).toEqual([
        { status: "failed", closed: true },
        { status: "ok", closed: true },
      ]);
    });
  },
);

it("a server that shuts down while a run waits for the lock ends the wait", async () => {
  await query("postgres", "CREATE DATABASE waiting");
  const connection = { ...server.connection, database: "waiting" };
  const holder = new pg.Client(connection);
  holder.on("error", () => {});
  await holder.connect();
  await holder.query("SELECT pg_advisory_lock($1)", [String(runLockKey("public"))]);
  const world = worldOn(connection);
  const running = runChange(UP, loadedSource(bundleOf(generatedFiles(1))), runOptions(), world);
  while (!world.events.some(({ type }) => type === "waiting-for-lock"))
    await new Promise((resolve) => setTimeout(resolve, 10));
  await server.restart("fast");
  const report = await running;
  expect(report.error?.code).toBe("connection-lost");
  expect(report.steps).toEqual([]);
});
