import type pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import { runChange } from "#engine/run/change.ts";
import { planChange } from "#engine/run/plan.ts";
import { readRuns } from "#engine/run/runs.ts";
import { readStatus } from "#engine/run/status.ts";
import { runVerify } from "#engine/run/verify.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { bundleOf, rollback, run, runOptions, UP, worldFor } from "../../support/engine.ts";
import { codes, stepsOf } from "../../support/faults.ts";
import { type OwnServer, startOwnServer } from "../../support/own_server.ts";
import { snapshot } from "../../support/schema.ts";
import { worldOn } from "../../support/worlds.ts";

const ONE = { "1_one.sql": "CREATE TABLE one ();", "rollback/1_rollback.sql": "DROP TABLE one;" };
const TWO = { ...ONE, "2_two.sql": "CREATE TABLE two ();", "verify/2_verify.sql": "SELECT true AS status;" };

describe("a standby", () => {
  let server: OwnServer;
  beforeAll(async () => {
    server = await startOwnServer();
    const first = await runChange(UP, loadedSource(bundleOf(ONE)), runOptions(), worldOn(server.connection));
    expect(first.error).toBeNull();
    await server.becomeStandby();
  });
  afterAll(() => server.stop());

  it("is refused before anything is tried, also where everything is applied", async () => {
    for (const bundle of [bundleOf(TWO), bundleOf(ONE)]) {
      for (const report of [
        await runChange(UP, loadedSource(bundle), runOptions(), worldOn(server.connection)),
        await runChange(rollback(1), loadedSource(bundle), runOptions(), worldOn(server.connection)),
        await planChange(UP, loadedSource(bundle), runOptions(), worldOn(server.connection)),
        await readStatus(loadedSource(bundle), runOptions(), worldOn(server.connection)),
        await readRuns(null, runOptions(), worldOn(server.connection)),
        await runVerify(
          { command: "verify", versions: [] },
          loadedSource(bundle),
          runOptions(),
          worldOn(server.connection),
        ),
      ]) {
        expect([report.status, ...codes(report.refusals)], report.command).toEqual(["refused", "standby"]);
        expect(report.steps).toEqual([]);
      }
    }
  });
});

describe("in a database", () => {
  let db: TestDatabase;
  let client: pg.Client;
  beforeEach(async () => {
    db = await createDatabase("server");
    client = await db.connect();
  });
  afterEach(() => db.drop());

  describe("that is read-only by its own default", () => {
    beforeEach(async () => {
      expect((await run(db, bundleOf(ONE))).error).toBeNull();
      await client.query(`ALTER DATABASE ${db.name} SET default_transaction_read_only = on`);
    });

    it("what writes is refused, and nothing is changed", async () => {
      const before = await snapshot(client, { except: [] });
      for (const request of [UP, rollback(1)]) {
        const report = await run(db, bundleOf(TWO), request);
        expect([report.status, ...codes(report.refusals)]).toEqual(["refused", "read-only"]);
      }
      expect(await snapshot(client, { except: [] })).toEqual(before);
    });

    it("what reads works", async () => {
      const status = await readStatus(loadedSource(bundleOf(TWO)), runOptions(), worldFor(db));
      expect([status.status, status.pending.length]).toEqual(["ok", 1]);
      const plan = await planChange(UP, loadedSource(bundleOf(TWO)), runOptions(), worldFor(db));
      expect(stepsOf(plan)).toEqual(["2 up not_run"]);
    });
  });
});

describe("a database without an encoding (SQL_ASCII)", () => {
  let db: TestDatabase;
  beforeEach(async () => {
    db = await createDatabase("ascii", "ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'");
  });
  afterEach(() => db.drop());

  it.each([
    ["a forward file", { "1_one.sql": "CREATE TABLE one (); COMMENT ON TABLE one IS 'größe';" }],
    ["a comment of one", { ...TWO, "2_two.sql": "-- für zwei\nCREATE TABLE two ();" }],
  ])("%s that is not ASCII is refused", async (_, files) => {
    const report = await run(db, bundleOf(files));
    expect([report.status, ...codes(report.refusals)]).toEqual(["refused", "sql-ascii"]);
    expect(report.error?.file).toMatch(/^[12]_/);
    const client = await db.connect();
    const { rows } = await client.query(
      "SELECT to_regclass('schema_migrations') AS ours, to_regclass('one') AS one",
    );
    expect(rows).toEqual([{ ours: null, one: null }]);
  });

  it("ASCII files are applied, verified and rolled back", async () => {
    expect((await run(db, bundleOf(TWO))).error).toBeNull();
    const again = await runVerify(
      { command: "verify", versions: [] },
      loadedSource(bundleOf(TWO)),
      runOptions(),
      worldFor(db),
    );
    expect(again.error).toBeNull();
    const files = { ...TWO, "rollback/2_rollback.sql": "DROP TABLE two;" };
    expect(stepsOf(await run(db, bundleOf(files), rollback(2)))).toEqual(["2 down done", "1 down done"]);
  });

  it("a rollback script that is not ASCII is refused", async () => {
    const files = { ...ONE, "rollback/1_rollback.sql": "-- zurück\nDROP TABLE one;" };
    expect((await run(db, bundleOf(ONE))).error).toBeNull();
    const report = await run(db, bundleOf(files), rollback(1));
    expect(codes(report.refusals)).toEqual(["sql-ascii"]);
  });
});

it("a database in LATIN1 takes what it can hold, and the rest is the server's error at its place", async () => {
  const db = await createDatabase("latin", "ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'");
  const good = { "1_one.sql": "CREATE TABLE one AS SELECT 'größe' AS word;" };
  expect((await run(db, bundleOf(good))).error).toBeNull();
  const client = await db.connect();
  expect((await client.query("SELECT word, length(word) AS n FROM one")).rows).toEqual([
    { word: "größe", n: 5 },
  ]);
  const report = await run(db, bundleOf({ ...good, "2_two.sql": "CREATE TABLE two (); SELECT '漢字';" }));
  expect(report.error).toMatchObject({ code: "sql-error", sqlstate: "22P05" });
  expect((await client.query("SELECT to_regclass('two') AS two")).rows).toEqual([{ two: null }]);
  await db.drop();
});
