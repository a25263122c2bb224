import type pg from "pg";
import { afterEach, beforeEach, expect, it } from "vitest";
import { readBundle } from "#engine/bundle/bundle.ts";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import { runChange } from "#engine/run/change.ts";
import { connect } from "#io/connect.ts";
import { readFolder } from "#io/folder.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { bundleOf, run, runOptions, settingsFor, UP, worldFor } from "../../support/engine.ts";
import { stepsOf } from "../../support/faults.ts";
import { startProxy } from "../../support/proxy.ts";
import { snapshot } from "../../support/schema.ts";
import { applyAsSeed } from "../../support/seed_runner.ts";

const folder = readFolder("migrations/paws360");
const paws360 = readBundle(folder.files, folder.source);

let db: TestDatabase;
let client: pg.Client;
beforeEach(async () => {
  db = await createDatabase("seed");
  client = await db.connect();
  await applyAsSeed(client, { performance: true });
});
afterEach(() => db.drop());

const everything = () => snapshot(client, { except: [] });

it("an upgrade that is interrupted leaves the seed's tables as they were", async () => {
  const before = await everything();
  // The connection breaks after the statements of the upgrade were sent, before their COMMIT.
  let upgraded = false;
  const proxy = await startProxy(db.config, {
    cut: ({ sql }) => {
      upgraded ||= sql?.includes("ALTER COLUMN version TYPE bigint") === true;
      return upgraded && sql === "COMMIT" ? "reset" : undefined;
    },
  });
  const settings = settingsFor(db, { host: proxy.host, port: proxy.port });
  const world = worldFor(db);
  const report = await runChange(UP, loadedSource(paws360), runOptions(), {
    ...world,
    connect: (runId) => connect(settings, runId, world.emit),
  });
  await proxy.close();
  expect(upgraded).toBe(true);
  expect(report.error?.code).toBe("connection-lost");
  expect(report.steps.every((step) => step.status === "not_run")).toBe(true);
  expect(await everything()).toEqual(before);
  expect(stepsOf(await run(db, paws360))).toEqual(["005 up done", "006 up done", "007 up done"]);
});

it("a view of the user's on the seed's table is named, and nothing is changed", async () => {
  await client.query("CREATE VIEW my_migrations AS SELECT version, name FROM schema_migrations");
  const before = await everything();
  const report = await run(db, paws360);
  expect(report.status).toBe("refused");
  expect(`${report.error?.message} ${report.error?.detail}`).toContain("my_migrations");
  expect(report.error?.remedy).toContain("view");
  expect(await everything()).toEqual(before);
  await client.query("DROP VIEW my_migrations");
  expect((await run(db, paws360)).error).toBeNull();
});

it("a refused run does not upgrade", async () => {
  const before = await everything();
  const report = await run(db, bundleOf({ "9_nine.sql": "SELECT 1;" }));
  expect(report.status).toBe("refused");
  expect(await everything()).toEqual(before);
});

it("a seed's table with a version that no file has is missing-migration", async () => {
  await client.query("INSERT INTO schema_migrations (version, name) VALUES (99, 'by hand')");
  const report = await run(db, paws360);
  expect(report.error?.code).toBe("missing-migration");
  expect(report.error?.message).toContain("99_by hand");
});
