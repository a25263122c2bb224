import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import pg from "pg";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import { runChange } from "#engine/run/change.ts";
import { readStatus } from "#engine/run/status.ts";
import { runVerify } from "#engine/run/verify.ts";
import type { World } from "#engine/seam.ts";
import { createDatabase, onServer, type TestDatabase } from "../../support/database.ts";
import { bundleOf, rollback, runOptions, UP, worldFor } from "../../support/engine.ts";
import { codes, stepsOf } from "../../support/faults.ts";

const prefix = `b${randomBytes(5).toString("hex")}`;
const master = `${prefix}_master`;
const iam = `${prefix}_rds_iam`;
const options = (role: string | null = null) => runOptions({ history_schema: `${prefix}_migrations`, role });
const bundle = () =>
  loadedSource(
    bundleOf({
      "1_one.sql": `CREATE TABLE ${prefix}.one (id int);`,
      "verify/1_verify.sql": `SELECT count(*) = 0 AS status FROM ${prefix}.one;`,
      "rollback/1_rollback.sql": `DROP TABLE ${prefix}.one;`,
    }),
  );
const VERIFY = { command: "verify", versions: [] } as const;

let db: TestDatabase;
let client: pg.Client;
beforeAll(async () => {
  db = await createDatabase("bootstrap");
  // As the master user of RDS is: no superuser, and the owner of the database.
  await onServer(`CREATE ROLE ${master} LOGIN CREATEROLE CREATEDB PASSWORD 'm'; CREATE ROLE ${iam} NOLOGIN`);
  // It is a member of rds_iam with the right to hand it on.
  await onServer(`GRANT ${iam} TO ${master} WITH ADMIN OPTION; ALTER DATABASE ${db.name} OWNER TO ${master}`);
  client = new pg.Client({ ...inject("server").connection, database: db.name, user: master, password: "m" });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await db.drop();
  const roles = ["job", "reader", "owner", "history"].map((name) => `${prefix}_${name}`);
  await onServer(`DROP ROLE ${[...roles, master, iam].join(", ")}`);
});

async function run(file: string): Promise<void> {
  const sql = readFileSync(`docs/${file}`, "utf8")
    .replaceAll(/\bapp_db\b/g, db.name)
    .replaceAll(/\brds_iam\b/g, iam)
    .replaceAll(/\bapp(?=\b|_)/g, prefix);
  await client.query(sql);
}

/** By a password, as `\password` of psql sets it. */
const as = (role: "job" | "reader"): World =>
  worldFor(db, { user: `${prefix}_${role}`, password: async () => `${role}'s` });

it("docs/roles.sql is run by who is no superuser, and again", async () => {
  await run("roles.sql");
  await run("roles.sql");
  for (const role of ["job", "reader"]) {
    await client.query(`ALTER ROLE ${prefix}_${role} PASSWORD '${role}''s'`);
  }
  const { rows } = await client.query(
    "SELECT rolname FROM pg_roles WHERE pg_has_role($1, oid, 'USAGE') AND rolname LIKE $2 || '%' ORDER BY 1",
    [master, prefix],
  );
  const kept = rows.map(({ rolname }) => rolname).filter((name) => name !== master && name !== iam);
  expect(kept, "who ran it is left no member").toEqual([]);
});

it("the migrator applies, and the reader verifies, reads the status and records nothing", async () => {
  const up = await runChange(UP, bundle(), options(`${prefix}_owner`), as("job"));
  expect([up.error, stepsOf(up)]).toEqual([null, ["1 up done"]]);
  const verified = await runVerify(VERIFY, bundle(), options(), as("reader"));
  expect([verified.error, verified.recorded, verified.steps.map((step) => step.checks.length)]).toEqual([
    null,
    false,
    [1],
  ]);
  const status = await readStatus(bundle(), options(), as("reader"));
  expect([status.error, status.applied.map(({ label }) => label)]).toEqual([null, ["1"]]);
});

it("docs/roles_record.sql lets the reader record its verification, and nothing else", async () => {
  await run("roles_record.sql");
  await run("roles_record.sql");
  const verified = await runVerify(VERIFY, bundle(), options(), as("reader"));
  expect([verified.error, verified.recorded, codes(verified.warnings)]).toEqual([null, true, []]);
  for (const request of [UP, rollback(1)]) {
    const refused = await runChange(request, bundle(), options(), as("reader"));
    expect([refused.status, refused.error?.code]).toEqual(["refused", "lacking-privilege"]);
  }
  const reader = new pg.Client({ ...db.config, user: `${prefix}_reader`, password: "reader's" });
  await reader.connect();
  for (const sql of [
    `INSERT INTO ${prefix}_migrations.schema_migrations SELECT * FROM ${prefix}_migrations.schema_migrations`,
    `UPDATE ${prefix}_migrations.schema_migration_runs SET status = 'ok'`,
    `DELETE FROM ${prefix}_migrations.schema_migration_events`,
    `INSERT INTO ${prefix}.one VALUES (1)`,
  ]) {
    await expect(reader.query(sql), sql).rejects.toMatchObject({ code: "42501" });
  }
  await reader.end();
});

it("docs/roles_iam.sql makes both logins members of rds_iam, and docs/roles_history.sql hands the history over", async () => {
  await run("roles_iam.sql");
  await run("roles_iam.sql");
  const { rows } = await client.query(
    "SELECT member::regrole::text AS member FROM pg_auth_members WHERE roleid = $1::regrole AND member <> $2::regrole ORDER BY 1",
    [iam, master],
  );
  expect(rows.map(({ member }) => member)).toEqual([`${prefix}_job`, `${prefix}_reader`]);
  await run("roles_history.sql");
  await run("roles_history.sql");
  const verified = await runVerify(VERIFY, bundle(), options(), as("reader"));
  expect([verified.error, verified.recorded]).toEqual([null, true]);
  const down = await runChange(rollback(1), bundle(), options(`${prefix}_owner`), as("job"));
  expect([down.error, stepsOf(down)]).toEqual([null, ["1 down done"]]);
});
