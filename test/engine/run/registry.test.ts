import type pg from "pg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import { REGISTRY_VERSION } from "#engine/registry/schema.ts";
import { OWN_RELATIONS } from "#engine/registry/tables.ts";
import { planChange } from "#engine/run/plan.ts";
import { readStatus } from "#engine/run/status.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { bundleOf, rollback, run, runOptions, UP, worldFor } from "../../support/engine.ts";
import { codes, stepsOf } from "../../support/faults.ts";
import { snapshot } from "../../support/schema.ts";
import { applyAsSeed } from "../../support/seed_runner.ts";

const ONE = { "1_one.sql": "CREATE TABLE one ();", "rollback/1_rollback.sql": "DROP TABLE one;" };
const TWO = { ...ONE, "2_two.sql": "CREATE TABLE two ();" };

let db: TestDatabase;
let client: pg.Client;
beforeEach(async () => {
  db = await createDatabase("registry");
  client = await db.connect();
});
afterEach(() => db.drop());

/** Tables, views and columns of ours without a COMMENT, and how many have one. */
async function comments(schema: string): Promise<{ missing: string[]; found: number }> {
  const { rows } = await client.query<{ name: string; comment: string | null }>(
    `SELECT concat_ws('.', c.relname, a.attname) AS name, CASE WHEN a.attnum IS NULL
       THEN obj_description(c.oid, 'pg_class') ELSE col_description(c.oid, a.attnum) END AS comment
     FROM pg_class c JOIN LATERAL (SELECT NULL::int2 AS attnum, NULL::name AS attname
       UNION ALL SELECT attnum, attname FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped
         AND c.relkind = 'r') a ON true
     WHERE c.relnamespace = $1::regnamespace AND c.relname = ANY ($2)`,
    [schema, OWN_RELATIONS],
  );
  const missing = rows.filter(({ comment }) => (comment ?? "") === "").map(({ name }) => name);
  return { missing, found: rows.length - missing.length };
}

describe("every table and column of ours has a COMMENT", () => {
  it("where the job made them", async () => {
    expect((await run(db, bundleOf(ONE))).error).toBeNull();
    const { missing, found } = await comments("public");
    expect(missing).toEqual([]);
    expect(found).toBeGreaterThan(50);
  });

  it("where it upgraded the seed's, which then have the same columns", async () => {
    expect((await run(db, bundleOf(ONE), UP, { history_schema: "ours" })).error).toBeNull();
    await applyAsSeed(client, { performance: true, files: [] });
    await client.query("INSERT INTO schema_migrations (version, name) VALUES (1, 'one')");
    expect((await run(db, bundleOf(TWO))).error).toBeNull();
    expect((await comments("public")).missing).toEqual([]);
    const columns = async (schema: string) =>
      (
        await client.query(
          `SELECT relname, attname, format_type(atttypid, atttypmod) AS type, attnotnull, attidentity,
             pg_get_expr(adbin, adrelid) AS fallback
           FROM pg_class c JOIN pg_attribute a ON attrelid = c.oid AND attnum > 0 AND NOT attisdropped
           LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = attnum
           WHERE relnamespace = $1::regnamespace AND relname = ANY ($2) ORDER BY 1, 2`,
          [schema, OWN_RELATIONS],
        )
      ).rows;
    expect(await columns("public")).toEqual(await columns("ours"));
  });
});

describe("row-level security on a table of ours is refused: rows may be hidden", () => {
  it.each(OWN_RELATIONS.filter((name) => name.startsWith("schema_")))("%s", async (table) => {
    expect((await run(db, bundleOf(ONE))).error).toBeNull();
    await client.query(`ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`);
    for (const report of [
      await run(db, bundleOf(TWO)),
      await run(db, bundleOf(TWO), rollback(1)),
      await readStatus(loadedSource(bundleOf(TWO)), runOptions(), worldFor(db)),
      await planChange(UP, loadedSource(bundleOf(TWO)), runOptions(), worldFor(db)),
    ]) {
      expect(codes(report.refusals), report.command).toEqual(["row-security"]);
      expect(report.error?.message).toContain(table);
    }
    await client.query(`ALTER TABLE ${table} DISABLE ROW LEVEL SECURITY`);
    expect(stepsOf(await run(db, bundleOf(TWO)))).toEqual(["2 up done"]);
  });
});

describe("a newer format of our tables is refused", () => {
  it.each([
    ["whose columns are the same", ""],
    ["whose columns have other names", "ALTER TABLE schema_migrations RENAME applied_seq TO seq"],
  ])("%s", async (_, change) => {
    expect((await run(db, bundleOf(ONE))).error).toBeNull();
    await client.query(`INSERT INTO schema_migration_registry VALUES (${REGISTRY_VERSION + 1}); ${change}`);
    const before = await snapshot(client, { except: [] });
    for (const report of [
      await run(db, bundleOf(TWO)),
      await run(db, bundleOf(TWO), rollback(1)),
      await readStatus(loadedSource(bundleOf(TWO)), runOptions(), worldFor(db)),
    ]) {
      expect(codes(report.refusals), report.command).toEqual(["registry-too-new"]);
      expect(report.error?.message).toContain(String(REGISTRY_VERSION + 1));
    }
    expect(await snapshot(client, { except: [] })).toEqual(before);
  });
});

describe("what is recorded of a run", () => {
  it("a refused one is recorded only where our tables are, and bad input nowhere", async () => {
    const more = (sql: string) => bundleOf({ ...ONE, "2_two.sql": sql });
    const disagreed = { expected_plan: "another" };
    const first = await run(db, more("SELECT 1"), UP, disagreed);
    expect([first.status, first.error?.code]).toEqual(["refused", "plan-changed"]);
    const { rows: tables } = await client.query("SELECT to_regclass('schema_migration_runs') AS found");
    expect(tables).toEqual([{ found: null }]);
    await run(db, bundleOf(ONE));
    const second = await run(db, more("SELECT 1"), UP, disagreed);
    const bad = await run(db, more("CREATE TABLE two (;"));
    expect(bad.status).toBe("bad_input");
    const { rows } = await client.query(
      "SELECT status, error->>'code' AS code FROM schema_migration_runs WHERE run_id = ANY ($1)",
      [[second.run_id, bad.run_id]],
    );
    expect(rows).toEqual([{ status: "refused", code: "plan-changed" }]);
  });

  it("nothing to do on an empty database leaves nothing", async () => {
    const report = await run(db, bundleOf(ONE), rollback(1));
    expect([report.status, report.steps]).toEqual(["ok", []]);
    expect(
      (
        await client.query(
          "SELECT count(*)::int AS n FROM pg_class WHERE relnamespace = 'public'::regnamespace",
        )
      ).rows[0].n,
    ).toBe(0);
  });

  it("who, why, what and with what it was asked for, and what came of it", async () => {
    const bundle = bundleOf({ ...ONE, "bundle.json": '{"version": "1.2.3"}' });
    const report = await run(db, bundle, UP, { requested_by: "Ann", reason: "because", request_id: "r-1" });
    const { rows } = await client.query(
      `SELECT command, status, requested_by, reason, request_id, request, plan, bundle, bundle_version, bundle_digest,
         bundle_source, request_hash ~ '^[0-9a-f]{64}$' AS hashed, holder_pid IS NOT NULL AS pid,
         holder_started_at < started_at AS before, started_at < finished_at AS finished, duration_ms > 0 AS took, error
       FROM schema_migration_runs WHERE run_id = $1`,
      [report.run_id],
    );
    expect(rows).toEqual([
      {
        command: "up",
        status: "ok",
        requested_by: "Ann",
        reason: "because",
        request_id: "r-1",
        request: { command: "up", target: { to: "latest" }, allow_out_of_order: false },
        plan: [{ version: "1", label: "1", name: "one", direction: "up", expect_last: null, verifies: [] }],
        bundle: "suite",
        bundle_version: "1.2.3",
        bundle_digest: bundle.digest,
        bundle_source: "/bundles/suite",
        hashed: true,
        pid: true,
        before: true,
        finished: true,
        took: true,
        error: null,
      },
    ]);
  });

  it("a run that died is marked abandoned by the next one that holds the lock, and by no other", async () => {
    await run(db, bundleOf(ONE));
    await client.query(
      `INSERT INTO schema_migration_runs (run_id, command, status, request_hash, request, plan, bundle, bundle_digest, bundle_source)
       VALUES ('dead', 'up', 'running', '', '{}', '[]', 'suite', '', '')`,
    );
    const status = await readStatus(loadedSource(bundleOf(TWO)), runOptions(), worldFor(db));
    expect(status.running).toBeNull();
    expect(status.failed_runs).toMatchObject([{ run_id: "dead", status: "running", alive: false }]);
    const dead = async () =>
      (
        await client.query(
          "SELECT status, finished_at IS NOT NULL AS closed FROM schema_migration_runs WHERE run_id = 'dead'",
        )
      ).rows[0];
    expect(await dead()).toEqual({ status: "running", closed: false });
    await run(db, bundleOf(TWO));
    expect(await dead()).toEqual({ status: "abandoned", closed: true });
    const after = await readStatus(loadedSource(bundleOf(TWO)), runOptions(), worldFor(db));
    // What failed before the last good run is past.
    expect(after.failed_runs).toEqual([]);
  });
});
