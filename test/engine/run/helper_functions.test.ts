import type pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import { planChange } from "#engine/run/plan.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { emptyAgain } from "../../support/empty_again.ts";
import { bundleOf, rollback, run, runOptions, UP, worldFor } from "../../support/engine.ts";
import { codes, stepsOf } from "../../support/faults.ts";
import { makeFormatOne, makeFormatThree, makeFormatTwo } from "../../support/format_one.ts";
import { createRole, runAs } from "../../support/roles.ts";
import { OWN_FUNCTIONS } from "../../support/schema.ts";
import { applyAsSeed } from "../../support/seed_runner.ts";

let db: TestDatabase;
let client: pg.Client;
beforeAll(async () => {
  db = await createDatabase("helpers");
  client = await db.connect();
});
beforeEach(() => emptyAgain(client));
afterAll(() => db.drop());

const FILES = {
  "1_one.sql": "CREATE TABLE one (id int PRIMARY KEY);",
  "rollback/1_rollback.sql": "DROP TABLE one;",
};
const ONE = bundleOf(FILES);
const THREE = bundleOf({ ...FILES, "20250102_120000_two.sql": "SELECT 2;", "3_three.sql": "SELECT 3;" });
const to = (version: bigint) => ({ ...UP, target: { to: "version", version } }) as typeof UP;
const rowsOf = async (sql: string) => (await client.query(sql)).rows;

/** One line a migration, as the function lists them. */
const listed = async (schema = "public") =>
  (await rowsOf(`SELECT * FROM ${schema}.check_migration_status()`)).map(
    ({ migration_name, applied, applied_at, version, label, state }) =>
      `${version} ${label} ${migration_name} ${applied} ${applied_at instanceof Date} ${state}`,
  );

/** Name and comment of what stands under the names of our functions. */
const made = (schema = "public") =>
  rowsOf(`SELECT proname AS name, obj_description(oid, 'pg_proc') AS about, prosecdef, provolatile
    FROM pg_proc WHERE pronamespace = '${schema}'::regnamespace AND proname = ANY ('{${OWN_FUNCTIONS.join()}}') ORDER BY 1`);

const BOTH = [
  {
    name: "check_migration_status",
    about: expect.stringContaining("applied"),
    prosecdef: false,
    provolatile: "s",
  },
  {
    name: "verify_schema_integrity",
    about: expect.stringContaining("OK or WARNING"),
    prosecdef: false,
    provolatile: "s",
  },
];

describe("check_migration_status()", () => {
  it("lists what is applied, newest first, and what the bundle holds beside it", async () => {
    expect((await run(db, THREE, to(1n))).error).toBeNull();
    expect(await listed()).toEqual([
      "20250102120000 20250102_120000 two false false pending",
      "3 3 three false false pending",
      "1 1 one true true applied",
    ]);
    expect((await run(db, THREE)).error).toBeNull();
    expect(await listed()).toEqual([
      "20250102120000 20250102_120000 two true true applied",
      "3 3 three true true applied",
      "1 1 one true true applied",
    ]);
    await client.query("UPDATE schema_migrations SET state = 'applied_unverified' WHERE version = 3");
    expect((await listed())[1]).toBe("3 3 three true true applied_unverified");
  });

  it("knows the bundle of the last run that changed something or had nothing to do, and of no other", async () => {
    expect((await run(db, ONE)).error).toBeNull();
    expect((await planChange(UP, loadedSource(THREE), runOptions(), worldFor(db))).error).toBeNull();
    expect((await run(db, bundleOf({ "1_one.sql": "SELECT 1;", "2_b.sql": "" }))).status).toBe("refused");
    expect(await listed()).toEqual(["1 1 one true true applied"]);
    expect(stepsOf(await run(db, THREE, to(1n)))).toEqual([]);
    expect(await listed()).toHaveLength(3);
    expect((await run(db, ONE, rollback(1))).error).toBeNull();
    expect(await listed()).toEqual(["1 1 one false false pending"]);
  });

  it("writes nothing where the bundle is the one that was read last", async () => {
    const row = () => rowsOf("SELECT xmin, xmax, run_id FROM schema_migration_bundles");
    await run(db, THREE, to(1n));
    const before = await row();
    expect(stepsOf(await run(db, THREE, to(1n)))).toEqual([]);
    expect(stepsOf(await run(db, THREE))).toHaveLength(2);
    expect(await row()).toEqual(before);
  });

  it("has the columns of the one that it is called after, and more behind them", async () => {
    await run(db, ONE);
    const { fields } = await client.query("SELECT * FROM check_migration_status()");
    expect(fields.slice(0, 3).map(({ name, dataTypeID }) => [name, dataTypeID])).toEqual([
      ["migration_name", 25],
      ["applied", 16],
      ["applied_at", 1184],
    ]);
  });

  it("stands in the history's schema, whatever its name, and whatever the caller's search_path", async () => {
    expect((await run(db, ONE, UP, { history_schema: 'od"d' })).error).toBeNull();
    await client.query(`CREATE SCHEMA trap; CREATE FUNCTION trap.count(text) RETURNS int LANGUAGE sql AS 'SELECT 1 / 0';
      CREATE TABLE trap.pg_class (); SET search_path = trap`);
    expect(await listed('"od""d"')).toEqual(["1 1 one true true applied"]);
    expect(await rowsOf(`SELECT status FROM "od""d".verify_schema_integrity()`)).toHaveLength(8);
  });
});

describe("are made", () => {
  it("with new tables", async () => {
    expect(codes((await run(db, ONE)).warnings)).toEqual([]);
    expect(await made()).toEqual(BOTH);
  });

  it.each([
    ["format 1", makeFormatOne],
    ["format 2", makeFormatTwo],
    ["format 3", makeFormatThree],
  ])("where tables of %s are upgraded", async (_, make) => {
    await client.query("CREATE TABLE one ()");
    await make(client, ONE.migrations[0]?.up.checksum ?? "");
    expect((await run(db, THREE)).error).toBeNull();
    expect(await made()).toEqual(BOTH);
    expect(await listed()).toHaveLength(3);
    expect(await rowsOf("SELECT status FROM verify_schema_integrity()")).toHaveLength(8);
  });

  it("where the tables of migrate.sh are upgraded, whose own table is no finding", async () => {
    await applyAsSeed(client, { performance: true });
    await client.query("ALTER TABLE migration_performance DROP CONSTRAINT migration_performance_pkey");
    const rows = await rowsOf("SELECT version, name FROM schema_migrations ORDER BY version");
    const files = Object.fromEntries(
      rows.map(({ version, name }) => [`00${version}_${name}.sql`, "SELECT 1;"]),
    );
    expect((await run(db, bundleOf({ ...files, "009_new.sql": "SELECT 9;" }))).error).toBeNull();
    expect(await made()).toEqual(BOTH);
    expect((await listed()).at(-1)).toMatch(/^1 1 /);
    expect(
      await rowsOf("SELECT details FROM verify_schema_integrity() WHERE details ~ 'migration_performance'"),
    ).toEqual([]);
  });

  it("again where they are gone, by who may", async () => {
    await run(db, ONE);
    await client.query("DROP FUNCTION check_migration_status()");
    const role = await createRole();
    await client.query(`GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO ${role.name}`);
    expect((await runAs(db, role, THREE, to(3n))).error).toBeNull();
    expect(await made()).toEqual(BOTH.slice(1));
    expect((await run(db, THREE)).error).toBeNull();
    expect(await made()).toEqual(BOTH);
    await client.query(`DROP OWNED BY ${role.name}`);
    await role.drop();
  });
});

/** As the seed has it: its body is looked at only when it is called. */
const THEIRS = `CREATE OR REPLACE FUNCTION check_migration_status()
RETURNS TABLE (migration_name TEXT, applied BOOLEAN, applied_at TIMESTAMPTZ) AS $$
BEGIN
  RETURN QUERY SELECT name, true, executed_at FROM supabase_migrations.schema_migrations ORDER BY executed_at DESC;
END;
$$ LANGUAGE plpgsql;`;

describe("a function of somebody else's", () => {
  const definition = () =>
    rowsOf("SELECT pg_get_functiondef('check_migration_status()'::regprocedure) AS sql");

  it.each([
    ["beside new tables", async () => {}],
    ["beside an older format's", async () => makeFormatThree(client, ONE.migrations[0]?.up.checksum ?? "")],
  ])("%s stays as it is, is told once, and is theirs to change", async (_, make) => {
    await make();
    await client.query(THEIRS);
    const before = await definition();
    const first = await run(db, bundleOf({ ...FILES, "2_two.sql": "SELECT 2" }));
    expect([first.error, codes(first.warnings)]).toEqual([null, ["helper-kept"]]);
    expect(first.warnings[0]?.message).toBe(
      "public.check_migration_status() was not made by this job, and stays as it is.",
    );
    expect(await definition()).toEqual(before);
    expect((await made()).map(({ name }) => name)).toEqual(OWN_FUNCTIONS);
    const replaced = await run(
      db,
      bundleOf({
        ...FILES,
        "2_two.sql": "SELECT 2",
        "3_again.sql": `${THEIRS} DROP FUNCTION check_migration_status();`,
      }),
    );
    expect([replaced.error, codes(replaced.warnings), stepsOf(replaced)]).toEqual([null, [], ["3 up done"]]);
    expect(
      stepsOf(
        await run(
          db,
          bundleOf({
            ...FILES,
            "2_two.sql": "SELECT 2",
            "3_again.sql": `${THEIRS} DROP FUNCTION check_migration_status();`,
          }),
        ),
      ),
    ).toEqual([]);
    expect(await made()).toEqual(BOTH);
  });

  it.each([
    [
      "that can be called without arguments",
      "FUNCTION check_migration_status(a int DEFAULT 1) RETURNS int LANGUAGE sql AS 'SELECT 1'",
    ],
    ["that is a procedure", "PROCEDURE check_migration_status() LANGUAGE sql AS 'SELECT 1'"],
  ])("%s stays too", async (_, sql) => {
    await client.query(`CREATE ${sql}`);
    expect(codes((await run(db, ONE)).warnings)).toEqual(["helper-kept"]);
    expect(await made()).toHaveLength(2);
  });

  it("with other arguments is none of ours", async () => {
    await client.query(
      "CREATE FUNCTION check_migration_status(a int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
    );
    expect(codes((await run(db, ONE)).warnings)).toEqual([]);
    expect(await listed()).toHaveLength(1);
  });
});

describe("a script may not change ours", () => {
  beforeEach(async () => {
    expect((await run(db, ONE)).error).toBeNull();
  });
  const tried = (sql: string, more = {}) => run(db, bundleOf({ ...FILES, "2_two.sql": sql }), UP, more);

  it("is refused before anything is done", async () => {
    const report = await tried(THEIRS);
    expect([report.status, codes(report.refusals)]).toEqual(["bad_input", ["own-tables"]]);
    const plan = await planChange(
      UP,
      loadedSource(bundleOf({ "2_two.sql": THEIRS })),
      runOptions({ history_schema: "fresh" }),
      worldFor(db),
    );
    expect(plan.error).toBeNull();
  });

  it.each([
    ["drops", "DROP FUNCTION verify_schema_integrity()"],
    [
      "replaces",
      "CREATE OR REPLACE FUNCTION verify_schema_integrity() RETURNS TABLE (check_name text, status text, details text) LANGUAGE sql AS $f$SELECT NULL, NULL, NULL$f$",
    ],
    ["alters", "ALTER FUNCTION verify_schema_integrity() SECURITY DEFINER"],
  ])("is found out where it %s one unseen", async (_, sql) => {
    const report = await tried(`DO $$ BEGIN EXECUTE ${"$sql$"}${sql} ${"$sql$"}; END $$`);
    expect(report.error?.code).toBe("own-tables-touched");
    expect(await made()).toEqual(BOTH);
  });

  it("may grant them", async () => {
    const report = await tried(
      "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO PUBLIC; REVOKE EXECUTE ON FUNCTION check_migration_status() FROM PUBLIC",
    );
    expect(report.error).toBeNull();
  });

  it("may make one of that name elsewhere", async () => {
    const elsewhere = bundleOf({
      "2_theirs.sql": THEIRS.replace("FUNCTION check", "FUNCTION theirs.check"),
      "01_schema.sql": "CREATE SCHEMA theirs",
    });
    expect((await run(db, elsewhere, UP, { history_schema: "ops" })).error).toBeNull();
    await client.query("DROP FUNCTION public.check_migration_status()");
    const unqualified = bundleOf({ "1_theirs.sql": THEIRS });
    expect((await run(db, unqualified, UP, { history_schema: "more" })).error).toBeNull();
    expect(await made("more")).toEqual(BOTH);
  });
});
