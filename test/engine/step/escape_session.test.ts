import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, inject, it, vi } from "vitest";
import { runLockKey, stepLockKey } from "#engine/run/lock_keys.ts";
import { onServer } from "../../support/database.ts";
import { expectFailure, expectSuccess, openStage, type Stage } from "./attempt.ts";

// The reading of a file refuses most of these; the guards must see them by themselves.
vi.mock("#engine/script/script.ts", async (original) => ({
  ...(await original<typeof import("#engine/script/script.ts")>()),
  readScript: (await import("./unchecked_script.ts")).uncheckedScript,
}));

const role = `somebody_${randomBytes(5).toString("hex")}`;
/** May act as the job's own user, and so hide behind it. */
const member = `member_${randomBytes(5).toString("hex")}`;
const { user } = inject("server").connection;
let stage: Stage;
beforeAll(async () => {
  await onServer(`CREATE ROLE ${role}; CREATE ROLE ${member}; GRANT ${user} TO ${member}`);
  stage = await openStage("escape session", {
    "001_base.sql": `CREATE TABLE base (a int);
      CREATE PROCEDURE run_sql(sql text) LANGUAGE plpgsql AS $$ BEGIN EXECUTE sql; END $$`,
  });
});
afterAll(async () => {
  await stage.db.drop();
  await onServer(`DROP ROLE ${role}, ${member}`);
});

const verify = "SELECT 'PASS' AS status";
const runKey = runLockKey("public");
const both = "SELECT pg_advisory_lock(7), pg_advisory_xact_lock(7)";

type Row = [sql: string, code: string];
const left: Row[] = [
  [`SET SESSION AUTHORIZATION ${role}`, "role-left"],
  [`DO $$ BEGIN EXECUTE 'SET SESSION AUTHORIZATION ${role}'; END $$`, "role-left"],
  [`SET SESSION AUTHORIZATION ${member}; SET ROLE ${user}`, "role-left"],
  [`SET ROLE ${role}`, "role-left"],
  [`SET LOCAL ROLE ${role}`, "role-left"],
  [`CALL run_sql('SET ROLE ${role}')`, "role-left"],
  [`SELECT set_config('role', '${role}', false)`, "role-left"],
  ["SET client_encoding = 'LATIN1'", "encoding-left"],
  ["SET LOCAL client_encoding = 'SQL_ASCII'", "encoding-left"],
  ["SELECT set_config('client_encoding', 'WIN1252', false)", "encoding-left"],
  ["SELECT pg_advisory_unlock_all()", "lock-lost"],
  [`SELECT pg_advisory_unlock(${runKey})`, "lock-lost"],
  ["DO $$ BEGIN PERFORM pg_advisory_unlock_all(); END $$", "lock-lost"],
  ["SELECT pg_advisory_lock(7)", "advisory-lock-left"],
  ["SELECT pg_advisory_lock(-7)", "advisory-lock-left"],
  ["SELECT pg_try_advisory_lock(7)", "advisory-lock-left"],
  ["SELECT pg_advisory_lock_shared(7)", "advisory-lock-left"],
  ["SELECT pg_advisory_lock(-7, 2147483647)", "advisory-lock-left"],
  ["SELECT pg_advisory_lock_shared(7, -7)", "advisory-lock-left"],
  ["CALL run_sql('SELECT pg_advisory_lock(7)')", "advisory-lock-left"],
  [both, "advisory-lock-left"],
];

describe("a script that leaves behind", () => {
  it.each(left)("%s", async (sql, code) => {
    await expectFailure(stage, { sql: `CREATE TABLE made (a int); ${sql}`, code });
  });

  it.each(left.filter((_, i) => i % 4 === 0))("%s, with a verification", async (sql, code) => {
    await expectFailure(stage, { sql: `CREATE TABLE made (a int); ${sql}`, verify, code });
  });
});

const transient = `SELECT pg_advisory_xact_lock(7), pg_advisory_xact_lock_shared(8), pg_advisory_xact_lock(1, 2);
  SELECT pg_advisory_xact_lock_shared(-1, -2), pg_advisory_xact_lock(-9), pg_advisory_unlock(${stepLockKey("public")})`;

it.each([undefined, verify])(
  "lets a script take advisory locks that end with it; verified by %s",
  async (verification) => {
    const version = verification === undefined ? "801" : "802";
    const report = await expectSuccess(stage, {
      [`${version}_lock.sql`]: transient,
      ...(verification === undefined ? {} : { [`verify/${version}_verify.sql`]: verification }),
    });
    expect(report.steps.map((step) => step.status)).toEqual(["done"]);
  },
);

it("lets a script change its role and come back", async () => {
  const sql = `SET ROLE ${role}; RESET ROLE; SET LOCAL ROLE ${role}; SELECT 1; SET ROLE NONE`;
  await expectSuccess(stage, { "803_role.sql": sql, "verify/803_verify.sql": verify });
});
