import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { BundleOptions } from "#engine/bundle/bundle.ts";
import type { ChangeReport } from "#engine/report.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { bundleOf, rollback, run } from "../../support/engine.ts";

const SHARED = { "bundle.json": '{ "name": "suite", "session": "shared" }' };

const databases: TestDatabase[] = [];
beforeAll(async () => {
  for (let n = 0; n < 3; n++) databases.push(await createDatabase("session shared"));
});
afterAll(() => Promise.all(databases.map((db) => db.drop())));

const settingLeft = ({ warnings }: ChangeReport) =>
  warnings.filter(({ code }) => code === "setting-left").map(({ message }) => message);
const place = (n: number): TestDatabase => databases[n] as TestDatabase;
const asked = async (db: TestDatabase, sql: string): Promise<unknown[]> => {
  const client = await db.connect();
  const { rows } = await client.query({ text: sql, rowMode: "array" });
  await client.end();
  return rows.map(([value]) => value);
};
const value = (name: string) => `coalesce(current_setting('${name}', true), '')`;

const SETS = `CREATE SCHEMA app;
SET search_path = app, public;
SET SESSION TIME ZONE 'America/New_York';
SELECT pg_catalog.set_config('app.one', 'it''s \\ (', false), set_config('App.Two', '2', false);
SET app.gone = 1; SET check_function_bodies = off; SET LOCAL app.local = '1';
SELECT set_config('app.local', '2', true);
SET DateStyle = 'German'; SET lock_timeout = '3s'; SET statement_timeout = '50s';`;
const LOOK = (table: string) =>
  `CREATE TABLE ${table} AS SELECT concat_ws('|', current_setting('search_path'), current_setting('timezone'),
    ${value("app.one")}, ${value("app.two")}, ${value("app.gone")}, ${value("app.local")},
    current_setting('datestyle'), current_setting('check_function_bodies'), current_setting('statement_timeout')) AS said;`;
const IN_FORCE = "app, public|America/New_York|it's \\ (|2|||German, DMY|off|0";

describe("files that share a session", () => {
  it("have what those before them set, in this run and in a later one, inside of a transaction and outside", async () => {
    const db = place(0);
    const files: Record<string, string> = {
      ...SHARED,
      "001_sets.sql": SETS,
      "002_resets.sql": "RESET app.gone;\nBEGIN;\nSET LOCAL app.one = 'local';\nCOMMIT;",
      "003_look.sql": LOOK("look3"),
      "verify/003_verify.sql": "SELECT current_setting('search_path') = '\"$user\", public' AS status",
      "rollback/003_rollback.sql": LOOK("back3"),
    };
    const first = await run(db, bundleOf(files));
    expect(first.error).toBeNull();
    expect(first.steps[2]?.checks).toMatchObject([{ status: "pass" }]);
    expect(await asked(db, "SELECT said FROM app.look3")).toEqual([IN_FORCE]);
    expect(settingLeft(first)).toEqual([
      '001_sets.sql leaves lock_timeout, statement_timeout set; it ends with the step, although bundle.json says `"session": "shared"`.',
    ]);

    files["004_look.sql"] = LOOK("look4");
    files["005_outside.sql"] =
      `-- migrate: no-transaction\n${LOOK("look5")}\nDO $$ BEGIN CREATE TABLE from_do (a int); END $$;\nSET app.two = 'outside';\n${LOOK("after5")}`;
    files["006_dump.sql"] =
      "SET statement_timeout = 0;\nSET lock_timeout = 0;\nSET standard_conforming_strings = on;\nSELECT pg_catalog.set_config('search_path', '', false);\nSET check_function_bodies = false;\nSET row_security = off;\nCREATE TABLE app.dumped ();";
    files["007_look.sql"] = `${LOOK("look7")}\nRESET ALL;\nSET TIME ZONE 'Asia/Tokyo';`;
    const second = await run(db, bundleOf(files));
    expect(second.error).toBeNull();
    expect(settingLeft(second)).toEqual([]);
    expect(await asked(db, "SELECT said FROM app.look4")).toEqual([IN_FORCE]);
    expect(await asked(db, "SELECT said FROM app.look5")).toEqual([IN_FORCE]);
    expect(
      await asked(db, "SELECT 1 FROM pg_tables WHERE schemaname = 'app' AND tablename = 'from_do'"),
    ).toEqual([1]);
    const outside = IN_FORCE.replace("|2|", "|outside|");
    expect(await asked(db, "SELECT said FROM app.after5")).toEqual([outside]);
    expect(await asked(db, "SELECT said FROM app.look7")).toEqual([outside]);

    files["008_look.sql"] = LOOK("look8");
    files["rollback/008_rollback.sql"] = LOOK("back8");
    expect((await run(db, bundleOf(files))).error).toBeNull();
    const anew = '"$user", public|Asia/Tokyo|||||ISO, MDY|on|0';
    expect(await asked(db, "SELECT said FROM public.look8")).toEqual([anew]);
    expect((await run(db, bundleOf(files), rollback(1))).error).toBeNull();
    expect(await asked(db, "SELECT said FROM public.back8")).toEqual([anew]);
  });

  it("keep what they set from the job, and say what cannot be known", async () => {
    const db = place(1);
    const files = {
      ...SHARED,
      "001_sets.sql": `CREATE SCHEMA app; SET search_path = app; SET lock_timeout = '9s'; SET ROLE NONE;
        SELECT set_config('app.a', current_setting('search_path'), false);
        DO $$ BEGIN PERFORM set_config('bytea_output', 'escape', false); END $$`,
      "002_look.sql": `CREATE TABLE said AS SELECT ${value("app.a")} || ${value("app.b")} || current_setting('lock_timeout') AS t`,
      "003_fails.sql": "SELECT nowhere.f()",
    };
    const report = await run(db, bundleOf(files));
    expect(settingLeft(report)).toEqual([
      '001_sets.sql leaves app.a, lock_timeout set; it ends with the step, although bundle.json says `"session": "shared"`.',
      "001_sets.sql leaves bytea_output set; it was not SET by a statement of the file, so the files behind it do not see it.",
    ]);
    expect(await asked(db, "SELECT t FROM app.said")).toEqual(["200ms"]);
    // It has the search_path: that explains nothing.
    expect(report.error).toMatchObject({
      sqlstate: "3F000",
      remedy: expect.stringContaining("Correct the SQL"),
    });
  });

  it("fail at the file whose setting cannot be set again", async () => {
    const files = {
      ...SHARED,
      "001_sets.sql": "SELECT 1",
      "002_look.sql": "SELECT 1",
      "004_bad.sql": "SELECT 1;\nSET default_tablespace = 'nosuch'",
      "005_next.sql": "SELECT 1",
    };
    const { error } = await run(place(2), bundleOf(files));
    expect(error).toMatchObject({ code: "sql-error", file: "004_bad.sql", line: 2 });
  });
});

describe("files that do not", () => {
  const files = {
    "001_a.sql":
      "CREATE SCHEMA app; CREATE TABLE app.t (a int); CREATE TYPE app.kind AS ENUM ('a'); CREATE FUNCTION app.f() RETURNS int RETURN 1",
    "003_path.sql": "SELECT 1;\nSET search_path = app;",
    "004_fine.sql": "CREATE TABLE app.u (a int)",
  };

  it("are told so, and a later failure names the file that left search_path set", async () => {
    const db = await createDatabase("session isolated");
    try {
      const first = await run(db, bundleOf(files));
      expect(settingLeft(first)).toEqual([
        "003_path.sql leaves search_path set; it ends with the step, and the files behind it do not see it.",
      ]);
      expect(first.warnings.find(({ code }) => code === "setting-left")?.remedy).toContain(
        '"session": "shared"',
      );
      const next = (sql: string, more = {}) => run(db, bundleOf({ ...files, "009_next.sql": sql, ...more }));
      const remedy =
        '003_path.sql:2 leaves search_path set, which 009_next.sql does not see. Write the schema, set it here too, or put `"session": "shared"` into bundle.json.';
      for (const sql of [
        "INSERT INTO t VALUES (1)",
        "CREATE TABLE v (a kind)",
        "SELECT f()",
        "-- migrate: no-transaction\nINSERT INTO t VALUES (1)",
      ]) {
        const report = await next(sql);
        expect(report.error).toMatchObject({ code: "sql-error", file: "009_next.sql", remedy });
        expect(report.steps[0]?.error).toEqual(report.error);
      }
      expect((await next("SELECT 1 / 0")).error?.remedy).not.toContain("003_path.sql");
      expect((await next("RESET search_path; SELECT nosuch FROM app.t")).error?.remedy).not.toContain(
        "003_path.sql",
      );
      const verified = await next("SET search_path = app; SELECT 1", {
        "verify/009_verify.sql": "SELECT true AS status FROM t",
      });
      expect(verified.error?.remedy).toBe(
        "009_next.sql:1 leaves search_path set, which verify/009_verify.sql does not see. A verification begins with the session's own settings: write the schema, or set it there too.",
      );
      const shared = await next("INSERT INTO t VALUES (1)", SHARED);
      expect(shared.error).toBeNull();
    } finally {
      await db.drop();
    }
  });

  it("are the default", () => {
    const session: BundleOptions["session"] = bundleOf(files).options.session;
    expect(session).toBe("isolated");
  });
});
