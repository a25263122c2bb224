import { readFileSync } from "node:fs";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import { HELPER_NAMES } from "#engine/registry/helper_names.ts";
import { OWN_RELATIONS } from "#engine/registry/tables.ts";
import type { RunOptions } from "#engine/request.ts";
import { runChange } from "#engine/run/change.ts";
import { planChange } from "#engine/run/plan.ts";
import { readRuns } from "#engine/run/runs.ts";
import { readStatus } from "#engine/run/status.ts";
import { runVerify } from "#engine/run/verify.ts";
import type { World } from "#engine/seam.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { bundleOf, rollback, runOptions, UP, worldFor } from "../support/engine.ts";
import { codes, stepsOf } from "../support/faults.ts";
import { createLeastRoles, type LeastRoles } from "../support/least_roles.ts";
import type { TestRole } from "../support/roles.ts";
import { snapshot } from "../support/schema.ts";

let db: TestDatabase;
let client: pg.Client;
let roles: LeastRoles;
beforeAll(async () => {
  db = await createDatabase("least privilege");
  client = await db.connect();
  roles = await createLeastRoles(db);
});
afterAll(async () => {
  await db.drop();
  await roles.drop();
});

const files = () => ({
  "1_one.sql": `CREATE TABLE ${roles.schema}.one (id int PRIMARY KEY); CREATE SCHEMA ${roles.schema}_more;`,
  "2_two.sql": `CREATE TABLE ${roles.schema}_more.two (a int);`,
  "rollback/2_rollback.sql": `DROP TABLE ${roles.schema}_more.two;`,
  "verify/1_verify.sql": `SELECT count(*) = 0 AS status FROM ${roles.schema}.one;`,
  "verify/2_verify.sql": `SELECT count(*) = 0 AS status FROM ${roles.schema}_more.two;`,
});
const bundle = () => bundleOf(files());
const three = () => bundleOf({ ...files(), "3_three.sql": "SELECT 3;" });
const as = (role: TestRole): World => worldFor(db, role.settings);
const options = (more: Partial<RunOptions> = {}) =>
  runOptions({ history_schema: roles.history_schema, ...more });
const VERIFY = { command: "verify", versions: [] } as const;
const everything = () => snapshot(client, { except: [] });

const asJob = (request = UP, of = bundle()) =>
  runChange(request, loadedSource(of), options({ role: roles.owner }), as(roles.job));

/** Every verb that writes, as the job's login. */
async function jobWorks(): Promise<void> {
  expect(await asJob(rollback(1))).toMatchObject({ error: null, steps: [{ label: "2", status: "done" }] });
  expect(await asJob()).toMatchObject({ error: null, steps: [{ label: "2", status: "done" }] });
  expect(await asJob()).toMatchObject({ error: null, steps: [] });
  const bad = await asJob(UP, bundleOf({ ...files(), "3_bad.sql": "SELECT 1/0;" }));
  expect([bad.error?.code, codes(bad.warnings)]).toEqual(["sql-error", []]);
  const verified = await runVerify(
    { ...VERIFY, integrity: true },
    loadedSource(bundle()),
    options({ role: roles.owner }),
    as(roles.job),
  );
  expect([verified.error, verified.recorded, verified.integrity?.length]).toEqual([null, true, 8]);
}

/** Every verb that reads, as the reader; nothing is written by any of them. */
async function readerReads(): Promise<void> {
  const before = await everything();
  const status = await readStatus(loadedSource(three()), options(), as(roles.reader));
  expect([status.error, status.applied.length, status.pending.length]).toEqual([null, 2, 1]);
  const plan = await planChange(UP, loadedSource(three()), options(), as(roles.reader));
  expect([plan.error, stepsOf(plan)]).toEqual([null, ["3 up not_run"]]);
  const runs = await readRuns(null, options(), as(roles.reader));
  expect([runs.error, runs.runs.length > 0]).toEqual([null, true]);
  const one = await readRuns(runs.runs[0]?.run_id ?? "", options(), as(roles.reader));
  expect([one.error, one.runs.length]).toEqual([null, 1]);
  const verify = { ...VERIFY, integrity: true };
  const verified = await runVerify(verify, loadedSource(bundle()), options(), as(roles.reader));
  expect(verified).toMatchObject({ status: "ok", error: null, recorded: false, integrity: { length: 8 } });
  expect(codes(verified.warnings)).toEqual(["not-recorded"]);
  expect(await everything()).toEqual(before);
}

/** What `up` and `rollback` are told as somebody who may not. */
async function refusals(role: TestRole, more: Partial<RunOptions> = {}) {
  const before = await everything();
  const told = [];
  for (const request of [UP, rollback(1)]) {
    const report = await runChange(request, loadedSource(three()), options(more), as(role));
    expect([report.status, report.error?.code]).toEqual(["refused", "lacking-privilege"]);
    expect(report.steps.map(({ status }) => status)).not.toContain("done");
    told.push(report.refusals.map(({ remedy }) => remedy.replace("; or run as another role.", "")));
  }
  expect(await everything()).toEqual(before);
  return told;
}

describe("with docs/roles.sql", () => {
  it("the history cannot be made by the login itself, nor by the reader", async () => {
    for (const role of [roles.job, roles.reader]) {
      const report = await runChange(UP, loadedSource(bundle()), options(), as(role));
      expect([report.status, report.error?.code]).toEqual(["refused", "lacking-privilege"]);
      expect(report.error?.remedy).toContain(
        `GRANT CREATE ON SCHEMA ${roles.history_schema} TO ${role.name};`,
      );
    }
    const elsewhere = await runChange(
      UP,
      loadedSource(bundle()),
      options({ history_schema: "absent" }),
      as(roles.job),
    );
    expect(elsewhere.error?.remedy).toContain(`GRANT CREATE ON DATABASE ${db.name} TO ${roles.job.name};`);
  });

  it("the job works under --role, and what it makes is the owner's", async () => {
    expect(stepsOf(await asJob())).toEqual(["1 up done", "2 up done"]);
    const { rows } = await client.query(
      `SELECT DISTINCT pg_get_userbyid(c.relowner) AS owner FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
       WHERE n.nspname LIKE $1 || '%'`,
      [roles.schema],
    );
    expect(rows).toEqual([{ owner: roles.owner }]);
    await jobWorks();
  });

  it("the reader reads, and verifies without a record", readerReads);

  it("the reader may not run, and is told what it lacks", async () => {
    const [up, down] = await refusals(roles.reader);
    const [s, to] = [roles.history_schema, `TO ${roles.reader.name}`];
    expect(up?.sort()).toEqual([
      `GRANT INSERT ON ${s}.schema_migration_events ${to}`,
      `GRANT INSERT ON ${s}.schema_migrations ${to}`,
      `GRANT INSERT, UPDATE ON ${s}.schema_migration_bundles ${to}`,
      `GRANT INSERT, UPDATE ON ${s}.schema_migration_runs ${to}`,
    ]);
    expect(down).toContain(`GRANT DELETE, INSERT ON ${s}.schema_migrations ${to}`);
  });

  it("the job's login without --role may not even read", async () => {
    const [up] = await refusals(roles.job);
    expect(up).toContain(`GRANT USAGE ON SCHEMA ${roles.history_schema} TO ${roles.job.name}`);
    const status = await readStatus(loadedSource(bundle()), options(), as(roles.job));
    expect([status.status, status.error?.code]).toEqual(["refused", "lacking-privilege"]);
  });

  it("a script may not leave its role under --role, and finds a weak login where it does", async () => {
    const refused = await asJob(UP, bundleOf({ ...files(), "3_reset.sql": "RESET ROLE;" }));
    expect([refused.status, refused.error?.code]).toEqual(["bad_input", "role-under-role"]);
    const script = "DO $$ BEGIN EXECUTE 'RESET ROLE'; EXECUTE 'CREATE TABLE mine ()'; END $$;";
    const report = await asJob(UP, bundleOf({ ...files(), "3_reset.sql": script }));
    expect([report.error?.code, report.error?.sqlstate]).toEqual(["sql-error", "42501"]);
  });
});

describe("with docs/roles_history.sql", () => {
  beforeAll(() => roles.handOver());

  it("names every table of ours", () => {
    const sql = readFileSync("docs/roles_history.sql", "utf8");
    for (const name of OWN_RELATIONS) expect(sql).toContain(`.${name} OWNER TO app_history`);
    for (const name of HELPER_NAMES) expect(sql).toContain(`.${name}() OWNER TO app_history`);
  });

  it("the job still works", jobWorks);
  it("the reader still reads", readerReads);
  it("it may be run again", () => roles.handOver());

  it("the owner may not do with the history what no run does", async () => {
    const H = `${roles.history_schema}.schema_migrations`;
    await client.query(`SET ROLE ${roles.owner}`);
    for (const sql of [
      `DROP TABLE ${H}`,
      `UPDATE ${H} SET name = ''`,
      `TRUNCATE ${H}`,
      `ALTER TABLE ${H} ADD x int`,
    ]) {
      await expect(client.query(sql), sql).rejects.toMatchObject({ code: "42501" });
    }
    await client.query("RESET ROLE");
  });

  it.each([
    ["INSERT", "schema_migrations", [0, 1]],
    ["DELETE", "schema_migrations", [1]],
    ["UPDATE", "schema_migration_runs", [0, 1]],
    ["INSERT", "schema_migration_runs", [0, 1]],
    ["INSERT", "schema_migration_bundles", [0, 1]],
    ["UPDATE", "schema_migration_bundles", [0, 1]],
    ["INSERT", "schema_migration_events", [0, 1]],
    ["SELECT", "schema_migration_registry", [0, 1]],
  ] as const)("without %s on %s a run is refused before it begins", async (privilege, table, requests) => {
    const grant = `${privilege} ON ${roles.history_schema}.${table}`;
    await client.query(`REVOKE ${grant} FROM ${roles.owner}`);
    // A refused run is recorded where that is granted.
    const before = await snapshot(client);
    for (const i of requests) {
      const request = [UP, rollback(1)][i] ?? UP;
      const report = await asJob(request, i === 0 ? three() : bundle());
      expect([report.status, report.error?.code]).toEqual(["refused", "lacking-privilege"]);
      expect(report.error?.remedy).toBe(`GRANT ${grant} TO ${roles.owner}; or run as another role.`);
      expect(report.steps.map(({ status }) => status)).not.toContain("done");
    }
    expect(await snapshot(client)).toEqual(before);
    await client.query(`GRANT ${grant} TO ${roles.owner}`);
  });
});

it("tables of an older format are upgraded by their owner alone, who is asked for", async () => {
  const s = roles.history_schema;
  await client.query(`DROP TABLE ${s}.schema_migration_statements, ${s}.schema_migration_repeatables,
      ${s}.schema_migration_bundles, ${s}.schema_migration_checklists; UPDATE ${s}.schema_migration_registry SET version = 1;
    ALTER TABLE ${s}.schema_migration_events DROP COLUMN blockers, DROP COLUMN details;
    ALTER TABLE ${s}.schema_migrations DROP COLUMN origin, DROP COLUMN applied_by;
    ALTER TABLE ${s}.schema_migration_runs DROP COLUMN report, DROP COLUMN credential_version,
      DROP COLUMN plan_digest, DROP COLUMN after_event, DROP COLUMN stalled, DROP COLUMN placeholders`);
  const before = await snapshot(client);
  const refused = await asJob(UP, three());
  expect([refused.status, ...new Set(codes(refused.refusals))]).toEqual(["refused", "lacking-privilege"]);
  expect(await snapshot(client)).toEqual(before);
  // Each remedy is SQL, up to what is said behind it.
  for (const { remedy } of refused.refusals) await client.query(/^[^;,]*/.exec(remedy)?.[0] ?? "");
  expect(stepsOf(await asJob(UP, three()))).toEqual(["3 up done"]);
  await client.query(`REVOKE CREATE ON SCHEMA ${s} FROM ${roles.owner}`);
  await roles.handOver();
  expect(stepsOf(await asJob(UP, bundleOf(applied())))).toEqual(["4 up done"]);
});

it("who holds the run lock is told to a login that may see nothing of other sessions", async () => {
  const run_id = "0192f3a0-0000-7000-8000-000000000001";
  const other = worldFor(db, roles.job.settings);
  const holding = asJobWith(other, run_id);
  await vi.waitFor(async () => {
    const status = await readStatus(loadedSource(bundleOf(applied())), options(), as(roles.reader));
    expect(status.running).toMatchObject({ run_id, alive: true });
  }, 10_000);
  // The reader sees another login's session, but nothing of what it does.
  const seen = await worldFor(db, roles.reader.settings).connect("probe");
  const [answer] = await seen.send([
    { text: `SELECT query FROM pg_stat_activity WHERE application_name = 'paws-migrate/${run_id}'` },
  ]);
  expect(answer).toMatchObject({ results: [{ rows: [["<insufficient privilege>"]] }] });
  await seen.close();
  const busy = await runChange(
    UP,
    loadedSource(bundleOf(applied())),
    options({ role: roles.owner, lock_wait_ms: 0 }),
    as(roles.job),
  );
  expect(busy).toMatchObject({ status: "busy", error: { code: "other-run" } });
  expect(busy.error?.message).toMatch(new RegExp(`run ${run_id}, since .*, its backend \\d+ lives`));
  other.stop();
  expect((await holding).status).toBe("interrupted");
});

/** What is applied at the end. */
const applied = () => ({ ...files(), "3_three.sql": "SELECT 3;", "4_four.sql": "SELECT 4;" });

const asJobWith = (world: World, run_id: string) =>
  runChange(
    UP,
    loadedSource(bundleOf({ ...applied(), "5_slow.sql": "SELECT pg_sleep(30);" })),
    options({ role: roles.owner, run_id }),
    world,
  );
