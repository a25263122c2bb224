import type pg from "pg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import type { ChangeRequest } from "#engine/request.ts";
import { planChange } from "#engine/run/plan.ts";
import { readStatus } from "#engine/run/status.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { bundleOf, run, runOptions, UP, worldFor } from "../../support/engine.ts";
import { codes } from "../../support/faults.ts";

type Files = Readonly<Record<string, string>>;
const T = { "1_t.sql": "CREATE TABLE t (a int, b int);" };
/** The second stands on the first, and the third knows its name alone. */
const VIEWS: Files = {
  ...T,
  "R__010_v.sql": "CREATE OR REPLACE VIEW v AS SELECT a FROM t;",
  "R__020_w.sql": "CREATE OR REPLACE VIEW w AS SELECT a FROM v;",
  "R__030_grants.sql": "GRANT SELECT ON v TO PUBLIC;",
};
const ALL = ["010_v", "020_w", "030_grants"];

let db: TestDatabase;
let client: pg.Client;
beforeEach(async () => {
  db = await createDatabase("repeatable dropped");
  client = await db.connect();
});
afterEach(() => db.drop());

async function up(files: Files, request: ChangeRequest = UP) {
  const report = await run(db, bundleOf(files), request);
  expect([report.error, report.refusals]).toEqual([null, []]);
  return { applied: report.steps.map(({ name }) => name), warnings: codes(report.warnings) };
}
const there = async () => {
  const { rows } = await client.query(
    `SELECT to_regclass('v') IS NOT NULL AS v, to_regclass('w') IS NOT NULL AS w,
      EXISTS (SELECT FROM information_schema.role_table_grants WHERE table_name = 'v' AND grantee = 'PUBLIC') AS g`,
  );
  return rows[0];
};
const states = async (files: Files) => {
  const report = await readStatus(loadedSource(bundleOf(files)), runOptions(), worldFor(db));
  return report.repeatables.map(({ name, state }) => `${name} ${state}`);
};

describe("what a script drops", () => {
  const DROPPING = "DROP VIEW IF EXISTS v CASCADE; CREATE VIEW v AS SELECT a::text FROM t;";

  it("is made again by the repeatable ones behind it, in the same run and once", async () => {
    expect((await up(VIEWS)).applied).toEqual(["t", ...ALL]);
    const changed = { ...VIEWS, "R__010_v.sql": DROPPING };
    const planned = await planChange(UP, loadedSource(bundleOf(changed)), runOptions(), worldFor(db));
    expect(planned.steps.map(({ name }) => name)).toEqual(ALL);
    expect((await up(changed)).applied).toEqual(ALL);
    expect(await there()).toEqual({ v: true, w: true, g: true });
    expect((await up(changed)).applied).toEqual([]);
    // One before it by name was there without it.
    expect((await up({ ...changed, "R__000_other.sql": "SELECT 1;" })).applied).toEqual(["000_other"]);
  });

  it("is made again where a versioned migration takes it along", async () => {
    await up(VIEWS);
    const dropping = { ...VIEWS, "2_b.sql": "DO $$ BEGIN EXECUTE 'DROP VIEW v CASCADE'; END $$;" };
    expect((await up(dropping)).applied).toEqual(["b", ...ALL]);
    expect(await there()).toEqual({ v: true, w: true, g: true });
    expect((await up(dropping)).applied).toEqual([]);
  });

  it("is waited for where a run leaves migrations pending, and due afterwards", async () => {
    await up(VIEWS);
    const files = { ...VIEWS, "2_b.sql": "DROP VIEW v CASCADE;", "3_c.sql": "CREATE TABLE c ();" };
    const one = {
      command: "up",
      allow_out_of_order: false,
      target: { to: "steps", steps: 1 },
    } as const;
    expect(await up(files, one)).toEqual({ applied: ["b"], warnings: ["repeatables-wait"] });
    expect(await states(files)).toEqual(ALL.map((name) => `${name} pending`));
    expect((await up(files)).applied).toEqual(["c", ...ALL]);
    expect(await states(files)).toEqual(ALL.map((name) => `${name} applied`));
  });

  it("is due where the run that dropped it failed behind", async () => {
    await up(VIEWS);
    const broken = { ...VIEWS, "R__010_v.sql": DROPPING, "R__020_w.sql": "CREATE VIEW w AS SELECT nope;" };
    expect((await run(db, bundleOf(broken))).status).toBe("failed");
    const mended = { ...VIEWS, "R__010_v.sql": DROPPING };
    expect(await states(mended)).toEqual(["010_v applied", "020_w pending", "030_grants pending"]);
    expect((await up(mended)).applied).toEqual(["020_w", "030_grants"]);
  });

  it.each([
    "-- DROP VIEW v CASCADE;\nALTER TABLE t ALTER b SET DEFAULT 1;",
    "ALTER TABLE t ALTER b SET NOT NULL; ALTER TABLE t ALTER b DROP NOT NULL, ALTER a DROP DEFAULT;",
    "CREATE TABLE dropped_things ();",
  ])("is nothing: %s", async (sql) => {
    await up(VIEWS);
    expect((await up({ ...VIEWS, "2_b.sql": sql })).applied).toEqual(["b"]);
  });
});
