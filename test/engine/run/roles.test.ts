import type pg from "pg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import type { RunOptions } from "#engine/request.ts";
import { runChange } from "#engine/run/change.ts";
import { readStatus } from "#engine/run/status.ts";
import { runVerify } from "#engine/run/verify.ts";
import { createDatabase, onServer, type TestDatabase } from "../../support/database.ts";
import { bundleOf, rollback, runOptions, UP, worldFor } from "../../support/engine.ts";
import { stepsOf } from "../../support/faults.ts";
import { RAISING_SCHEMA } from "../../support/raising_schema.ts";
import { createRole, type TestRole } from "../../support/roles.ts";

/** Applies, verifies, fails, rolls back: whatever the defaults of the role, it comes to the same. */
const FILES = {
  "1_one.sql":
    "CREATE TABLE home.one (id int PRIMARY KEY, at timestamptz NOT NULL DEFAULT pg_catalog.now());",
  "2_two.sql":
    "ALTER TABLE home.one ADD COLUMN note text; INSERT INTO home.one (id, note) SELECT n, 'n' FROM generate_series(1, 10) n;",
  "rollback/2_rollback.sql": "DELETE FROM home.one; ALTER TABLE home.one DROP COLUMN note;",
  "verify/1_verify.sql": "SELECT 'one' AS check_name, to_regclass('home.one') IS NOT NULL AS status;",
  "verify/2_verify.sql":
    "SELECT 'ten' AS check_name, count(*) OPERATOR(pg_catalog.=) 10 AS status FROM home.one;",
};
const BAD = { ...FILES, "3_bad.sql": "SELECT 1;", "verify/3_verify.sql": "SELECT 'FAIL' AS status;" };

let db: TestDatabase;
let client: pg.Client;
let role: TestRole;
beforeEach(async () => {
  db = await createDatabase("roles");
  client = await db.connect();
  role = await createRole();
  // What a role that owns nothing in a database must be given.
  await onServer(`GRANT CREATE ON DATABASE ${db.name} TO ${role.name}`);
  await client.query(`CREATE SCHEMA home AUTHORIZATION ${role.name}`);
});
afterEach(async () => {
  await db.drop();
  await role.drop();
});

async function expectAll(more: Partial<RunOptions> = {}): Promise<void> {
  const options = (given: Partial<RunOptions> = {}) =>
    runOptions({ history_schema: "ops", ...more, ...given });
  const world = () => worldFor(db, role.settings);
  const up = await runChange(UP, loadedSource(bundleOf(FILES)), options(), world());
  expect(up.error).toBeNull();
  expect(stepsOf(up)).toEqual(["1 up done", "2 up done"]);
  expect(up.steps.map((step) => step.checks.length)).toEqual([1, 1]);
  const verified = await runVerify(
    { command: "verify", versions: [] },
    loadedSource(bundleOf(FILES)),
    options(),
    world(),
  );
  expect([verified.error, verified.recorded]).toEqual([null, true]);
  const bad = await runChange(UP, loadedSource(bundleOf(BAD)), options(), world());
  expect(bad.error?.code).toBe("check-failed");
  expect(bad.warnings.map(({ code }) => code)).not.toContain("not-recorded");
  const failed = await readStatus(loadedSource(bundleOf(FILES)), options(), world());
  expect(failed.failed_runs).toMatchObject([{ run_id: bad.run_id, status: "failed" }]);
  const nothing = await runChange(UP, loadedSource(bundleOf(FILES)), options(), world());
  expect([nothing.error, nothing.steps]).toEqual([null, []]);
  const down = await runChange(rollback(1), loadedSource(bundleOf(FILES)), options(), world());
  expect(down.error).toBeNull();
  expect(stepsOf(down)).toEqual(["2 down done"]);
  const status = await readStatus(loadedSource(bundleOf(FILES)), options(), world());
  expect(status.error).toBeNull();
  expect(status.applied).toMatchObject([{ label: "1" }]);
  expect(status.applied[0]?.applied_at).toMatch(/^20\d\d-[01]\d-[0-3]\dT[0-2]\d:\d\d:\d\d\.\d+Z$/);
  expect(Math.abs(Date.parse(status.applied[0]?.applied_at ?? "") - Date.now())).toBeLessThan(120_000);
  const { rows } = await client.query(
    `SELECT array_agg(status ORDER BY started_at)::text[] AS runs FROM ${options().history_schema}.schema_migration_runs`,
  );
  expect(rows[0].runs).toEqual(["ok", "ok", "failed", "ok", "ok"]);
}

const DEFAULTS: readonly [string, string][] = [
  ["serializable", "SET default_transaction_isolation = 'serializable'"],
  ["read-only", "SET default_transaction_read_only = on"],
  ["deferrable", "SET default_transaction_deferrable = on"],
  ["a time zone", "SET TimeZone = 'Pacific/Kiritimati'"],
  ["dates by day and slash", "SET DateStyle = 'SQL, DMY'"],
  ["an interval style", "SET IntervalStyle = 'sql_standard'"],
  ["row_security off", "SET row_security = off"],
  ["a search_path", "SET search_path = home"],
  ["an empty search_path", "SET search_path = ''"],
  ["a lock and statement timeout", "SET lock_timeout = '1ms'; ALTER ROLE %r SET statement_timeout = '1s'"],
  ["quoted strings of old", "SET standard_conforming_strings = off"],
  ["few decimals", "SET extra_float_digits = -15"],
  ["bytea as escapes", "SET bytea_output = 'escape'"],
  ["errors only", "SET client_min_messages = 'error'"],
  ["no notices of time", "SET idle_in_transaction_session_timeout = '1ms'"],
];

describe("a role whose defaults are odd", () => {
  it.each(DEFAULTS)("%s", async (_, set) => {
    await onServer(`ALTER ROLE ${role.name} ${set.replaceAll("%r", role.name)}`);
    await expectAll();
  });

  it("all the transaction's at once, in this database only", async () => {
    for (const set of ["isolation = 'serializable'", "read_only = on", "deferrable = on"]) {
      await onServer(`ALTER ROLE ${role.name} IN DATABASE ${db.name} SET default_transaction_${set}`);
    }
    await expectAll();
  });

  // Both lock keys of the second one are negative: a minus is an operator too.
  it.each(["ops", "ops2"])("an evil schema before pg_catalog, history in %s", async (history_schema) => {
    await client.query(RAISING_SCHEMA);
    await onServer(`ALTER ROLE ${role.name} SET search_path = evil, pg_catalog, home`);
    await expectAll({ history_schema });
  });

  it("statement_timeout of 1 s: a migration of 1.5 s is not cut short", async () => {
    await onServer(`ALTER ROLE ${role.name} SET statement_timeout = '1s'`);
    const slow = bundleOf({
      "1_slow.sql": "SELECT pg_sleep(1.5);",
      "verify/1_verify.sql": "SELECT pg_sleep(1.2), true AS status",
    });
    const report = await runChange(
      UP,
      loadedSource(slow),
      runOptions({ history_schema: "ops" }),
      worldFor(db, role.settings),
    );
    expect(report.error).toBeNull();
    expect(report.steps[0]?.duration_ms).toBeGreaterThan(1_500);
  });

  it("a script still sees the role's own defaults", async () => {
    await onServer(
      `ALTER ROLE ${role.name} SET TimeZone = 'Asia/Kolkata'; ALTER ROLE ${role.name} SET search_path = home`,
    );
    const bundle = bundleOf({
      "1_one.sql":
        "CREATE TABLE seen AS SELECT current_setting('TimeZone') AS zone, timestamptz '2024-01-01 00:00' AS at;",
      "verify/1_verify.sql": "SELECT current_setting('TimeZone') = zone AS status FROM seen;",
    });
    const report = await runChange(
      UP,
      loadedSource(bundle),
      runOptions({ history_schema: "ops" }),
      worldFor(db, role.settings),
    );
    expect(report.error).toBeNull();
    const { rows } = await client.query("SELECT zone, at = '2023-12-31 18:30Z' AS as_meant FROM home.seen");
    expect(rows).toEqual([{ zone: "Asia/Kolkata", as_meant: true }]);
  });
});

it("a role that owns nothing but may CREATE in the database", () => expectAll());

describe("--role", () => {
  it("what is made belongs to the owner, also the history", async () => {
    const owner = await createRole("NOLOGIN");
    await client.query(
      `GRANT ${owner.name} TO ${role.name}; GRANT CREATE ON DATABASE ${db.name} TO ${owner.name}; ALTER SCHEMA home OWNER TO ${owner.name};
       REVOKE CREATE ON DATABASE ${db.name} FROM ${role.name}`,
    );
    await onServer(`ALTER ROLE ${role.name} NOINHERIT`);
    await expectAll({ role: owner.name });
    const { rows } = await client.query(
      `SELECT DISTINCT pg_get_userbyid(relowner) AS owner FROM pg_class WHERE relnamespace IN ('ops'::regnamespace, 'home'::regnamespace)`,
    );
    expect(rows).toEqual([{ owner: owner.name }]);
    await db.drop();
    await owner.drop();
  });

  it("its name is quoted", async () => {
    await client.query(
      `CREATE ROLE "Odd ""Owner" NOLOGIN; GRANT "Odd ""Owner" TO ${role.name}; GRANT CREATE ON DATABASE ${db.name} TO "Odd ""Owner"`,
    );
    const report = await runChange(
      UP,
      loadedSource(
        bundleOf({
          "1_one.sql": "CREATE SCHEMA mine;",
          "verify/1_verify.sql": "SELECT current_user = 'Odd \"Owner' AS status",
        }),
      ),
      runOptions({ role: 'Odd "Owner', history_schema: "ops" }),
      worldFor(db, role.settings),
    );
    expect(report.error).toBeNull();
    await db.drop();
    await onServer('DROP ROLE "Odd ""Owner"');
  });
});
