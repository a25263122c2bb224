import type pg from "pg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createDatabase, onServer, type TestDatabase } from "../../support/database.ts";
import { bundleOf, UP } from "../../support/engine.ts";
import { codes, stepsOf } from "../../support/faults.ts";
import { createRole, runAs, type TestRole } from "../../support/roles.ts";
import { snapshot } from "../../support/schema.ts";

const ONE = { "1_one.sql": "SELECT 1;" };

let db: TestDatabase;
let client: pg.Client;
let role: TestRole;
beforeEach(async () => {
  db = await createDatabase("privileges");
  client = await db.connect();
  role = await createRole();
  // PostgreSQL 14 and many a database still grant this.
  await client.query("REVOKE CREATE ON SCHEMA public FROM PUBLIC");
});
afterEach(async () => {
  await db.drop();
  await role.drop();
});

const everything = () => snapshot(client, { except: [] });

describe("a role that may not make the history", () => {
  it.each([
    ["in public", "public"],
    ["in a schema that is not there", "ops"],
    ["in a schema of another's", "theirs"],
  ])("%s is refused, and nothing is changed", async (_, history_schema) => {
    await client.query("CREATE SCHEMA theirs");
    const before = await everything();
    const report = await runAs(db, role, bundleOf(ONE), UP, { history_schema });
    expect([report.status, report.error?.code]).toEqual(["refused", "lacking-privilege"]);
    expect(report.error?.sqlstate).toBe("42501");
    expect(stepsOf(report)).toEqual(["1 up not_run"]);
    expect(await everything()).toEqual(before);
  });
});

describe("a role that may not use the history that is there", () => {
  beforeEach(async () => {
    const owner = await runAs(db, null, bundleOf(ONE));
    expect(owner.error).toBeNull();
  });

  it.each([
    ["read it", ""],
    ["write runs", "GRANT SELECT ON ALL TABLES IN SCHEMA public TO %r"],
  ])("%s: lacking-privilege", async (_, grant) => {
    if (grant !== "") await client.query(grant.replace("%r", role.name));
    const before = await everything();
    const report = await runAs(db, role, bundleOf({ ...ONE, "2_two.sql": "SELECT 2;" }));
    expect([report.status, report.error?.code]).toEqual(["refused", "lacking-privilege"]);
    expect(await everything()).toEqual(before);
  });

  it("may do with SELECT and INSERT, and UPDATE of runs, repeatable migrations and the bundle", async () => {
    await client.query(
      `GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA public TO ${role.name}; GRANT UPDATE ON schema_migration_runs,
         schema_migration_repeatables, schema_migration_bundles TO ${role.name}`,
    );
    const report = await runAs(db, role, bundleOf({ ...ONE, "2_two.sql": "SELECT 2;" }));
    expect(codes(report.error ? [report.error] : [])).toEqual([]);
    expect(stepsOf(report)).toEqual(["2 up done"]);
  });
});

it("an unknown --role, and one that the login may not take, are told", async () => {
  for (const [name, says] of [
    ["no_such_role", "does not exist"],
    ["postgres", "permission denied"],
  ] as const) {
    const report = await runAs(db, role, bundleOf(ONE), UP, { role: name });
    expect([report.status, report.error?.code]).toEqual(["refused", "lacking-privilege"]);
    expect(report.error?.message).toContain(says);
  }
  expect((await onServer("SELECT 1")).rows.length).toBe(1);
});
