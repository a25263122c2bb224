import type pg from "pg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import type { GivenValues } from "#engine/placeholders/values.ts";
import { planChange } from "#engine/run/plan.ts";
import { readStatus } from "#engine/run/status.ts";
import { runVerify } from "#engine/run/verify.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { bundleOf, rollback, run, runOptions, UP, worldFor } from "../../support/engine.ts";
import { stepsOf } from "../../support/faults.ts";
import { snapshot } from "../../support/schema.ts";

const OPTIONS = JSON.stringify({
  placeholders: {
    table: { kind: "identifier" },
    days: { kind: "literal", default: "30" },
    token: { kind: "literal", secret: true },
  },
});
const FILES = {
  "bundle.json": OPTIONS,
  "1_made.sql": "CREATE TABLE ${table} (days int DEFAULT ${days});\nINSERT INTO ${table} DEFAULT VALUES;",
  "rollback/1_rollback.sql": "DROP TABLE ${table};",
  "verify/1_verify.sql":
    "SELECT CASE WHEN days = ${days}::int THEN 'PASS' ELSE 'FAIL' END AS status FROM ${table};",
};
const SECRET = "s3cret'value";

const values = (given: Readonly<Record<string, string>>): GivenValues =>
  new Map(Object.entries(given).map(([name, value]) => [name, { value, by: "environment" }]));

let db: TestDatabase;
let client: pg.Client;
beforeEach(async () => {
  db = await createDatabase("placeholders");
  client = await db.connect();
});
afterEach(() => db.drop());

const rowsOf = async (sql: string) => (await client.query(sql)).rows;

describe("a bundle with placeholders", () => {
  it("is applied, verified and rolled back with the target's values, and recorded by their names", async () => {
    const placeholders = values({ table: 'a "b"', days: "7" });
    const bundle = bundleOf(FILES);
    const report = await run(db, bundle, UP, { placeholders });
    expect([report.error, stepsOf(report)]).toEqual([null, ["1 up done"]]);
    expect(await rowsOf('SELECT days FROM "a ""b"""')).toEqual([{ days: 7 }]);
    expect(await rowsOf("SELECT placeholders FROM schema_migration_runs")).toEqual([
      {
        placeholders: [
          { name: "table", kind: "identifier" },
          { name: "days", kind: "literal" },
        ],
      },
    ]);
    const verified = await runVerify(
      { command: "verify", versions: [] },
      loadedSource(bundle),
      runOptions({ placeholders }),
      worldFor(db),
    );
    expect([verified.error, stepsOf(verified)]).toEqual([null, ["1 verify done"]]);
    expect((await run(db, bundle, rollback(1), { placeholders })).error).toBeNull();
    expect(await rowsOf('SELECT to_regclass(\'"a ""b"""\') AS there')).toEqual([{ there: null }]);
  });

  it("has checksums of the text before: another value changes no migration", async () => {
    const bundle = bundleOf(FILES);
    await run(db, bundle, UP, { placeholders: values({ table: "one" }) });
    const again = await run(db, bundle, UP, { placeholders: values({ table: "two" }) });
    expect([again.error, again.steps]).toEqual([null, []]);
    expect(await rowsOf("SELECT checksum FROM schema_migrations")).toEqual([
      { checksum: bundle.migrations[0]?.up.checksum },
    ]);
  });

  it("changes nothing where a value is missing, and says where it is wanted", async () => {
    const before = await snapshot(client, { except: [] });
    for (const report of [
      await run(db, bundleOf(FILES)),
      await planChange(UP, loadedSource(bundleOf(FILES)), runOptions(), worldFor(db)),
    ]) {
      expect(report.status).toBe("bad_input");
      expect(
        report.refusals.map(({ code, file, line, column }) => [code, file, line, column]),
      ).toContainEqual(["placeholder-undefined", "1_made.sql", 1, 14]);
    }
    expect(await snapshot(client, { except: [] })).toEqual(before);
    const status = await readStatus(loadedSource(bundleOf(FILES)), runOptions(), worldFor(db));
    expect([status.error, status.pending.length]).toEqual([null, 1]);
  });
});

describe("a secret value", () => {
  const placeholders = values({ table: "t", token: SECRET });
  /** Puts itself off until the COMMIT, however often it is asked to act before. */
  const LATE = `CREATE TABLE late (n int, x text);
    CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      EXECUTE 'SET CONSTRAINTS ALL DEFERRED';
      IF NEW.n < 9 THEN UPDATE late SET n = n + 1; ELSE RAISE 'no %', NEW.x; END IF; RETURN NULL; END $$;
    CREATE CONSTRAINT TRIGGER late AFTER INSERT OR UPDATE ON late DEFERRABLE INITIALLY DEFERRED
      FOR EACH ROW EXECUTE FUNCTION late();
    INSERT INTO late VALUES (1, \${token});`;
  it.each([
    ["of a failing statement", "SELECT 1;\nSELECT ${token}::int;", "22P02"],
    [
      "of a raised error",
      "SELECT set_config('app.t', ${token}, true);\nDO $$ BEGIN RAISE 'no %', current_setting('app.t'); END $$;",
      "P0001",
    ],
    [
      "of a deferred trigger",
      "CREATE TABLE d (x text UNIQUE DEFERRABLE INITIALLY DEFERRED);\nINSERT INTO d VALUES (${token}), (${token});",
      "23505",
    ],
    ["of a COMMIT", LATE, "P0001"],
    ["of a COMMIT outside a transaction", `-- migrate: no-transaction\nBEGIN;\n${LATE}\nCOMMIT;`, "P0001"],
    [
      "of a verification",
      "CREATE TABLE t ();",
      undefined,
      "SELECT 'FAIL' AS status, ${token} AS check_name, 'is ' || ${token} AS details;",
    ],
  ])("%s stands in no report and no record", async (_, up, sqlstate, verify = "SELECT 'PASS' AS status;") => {
    const files = { "bundle.json": OPTIONS, "1_a.sql": up, "verify/1_verify.sql": verify };
    const report = await run(db, bundleOf(files), UP, { placeholders });
    expect(report.status).toBe("failed");
    expect(report.error?.sqlstate ?? undefined).toBe(sqlstate);
    const records = await rowsOf(
      "SELECT r::text FROM schema_migration_runs r UNION ALL SELECT e::text FROM schema_migration_events e",
    );
    expect(records).toHaveLength(2);
    for (const text of [JSON.stringify(report), JSON.stringify(records)]) {
      expect(text).not.toContain("s3cret");
      expect(text).toContain("***");
    }
  });

  it("that an earlier file left in the database stands in no error and no result of one without it", async () => {
    const files = {
      "bundle.json": OPTIONS,
      "1_a.sql": "CREATE TABLE t AS SELECT ${token}::text AS x; ALTER TABLE t ADD UNIQUE (x);",
      "verify/1_verify.sql": "SELECT 'PASS' AS status, x AS details FROM t; SELECT x FROM t;",
      "2_b.sql": "INSERT INTO t SELECT x FROM t;",
    };
    const report = await run(db, bundleOf(files), UP, { placeholders });
    expect(report.error).toMatchObject({ sqlstate: "23505", detail: "Key (x)=(***) already exists." });
    expect(report.steps[0]).toMatchObject({
      checks: [{ details: "***" }],
      results: [{ rows: [["***"]] }],
    });
    const verified = await runVerify(
      { command: "verify", versions: [1n] },
      loadedSource(bundleOf(files)),
      runOptions({ placeholders }),
      worldFor(db),
    );
    expect(verified.steps).toMatchObject([{ checks: [{ details: "***" }], results: [{ rows: [["***"]] }] }]);
    const records = await rowsOf(
      "SELECT r::text FROM schema_migration_runs r UNION ALL SELECT e::text FROM schema_migration_events e",
    );
    expect(JSON.stringify([report, verified, records])).not.toContain("s3cret");
  });

  it("that names what is made outside a transaction stands in no record of it", async () => {
    const files = {
      "bundle.json": OPTIONS,
      "1_a.sql": "CREATE TYPE c AS ENUM ();",
      "2_b.sql": "-- migrate: no-transaction\nALTER TYPE c ADD VALUE '${token}';\nSELECT 1 / 0;",
    };
    expect((await run(db, bundleOf(files), UP, { placeholders })).status).toBe("failed");
    const records = await rowsOf(
      "SELECT position, state, identity FROM schema_migration_statements ORDER BY 1",
    );
    expect(records[0]).toEqual({ position: 1, state: "done", identity: "label *** of c" });
    expect(JSON.stringify(await rowsOf("SELECT s::text FROM schema_migration_statements s"))).not.toContain(
      "s3cret",
    );
  });

  it("that reads like a status decides nothing, and names no column", async () => {
    const files = {
      "bundle.json": OPTIONS,
      "1_a.sql": "SELECT 1;",
      "verify/1_verify.sql": "SELECT 'PASS' AS status, ${token} AS details; SELECT 1 AS \"my ${token}\";",
    };
    const report = await run(db, bundleOf(files), UP, {
      placeholders: values({ table: "t", token: "PASS" }),
    });
    expect([report.error, report.steps[0]?.checks.map(({ status, details }) => [status, details])]).toEqual([
      null,
      [["pass", "***"]],
    ]);
    expect(report.steps[0]?.results.map(({ columns }) => columns)).toEqual([["my ***"]]);
  });

  it("that the server cuts is not shown up to there, nor one in a setting of an earlier file", async () => {
    const long = values({ table: "t", token: "Abcdefghij".repeat(9) });
    const cut = {
      "bundle.json": OPTIONS,
      "1_a.sql": "CREATE TABLE t (x text, n int CHECK (n > 0));\nINSERT INTO t VALUES (${token}, 0);",
    };
    const failing = await run(db, bundleOf(cut), UP, { placeholders: long });
    expect(failing.error).toMatchObject({ sqlstate: "23514", detail: "Failing row contains (***..., 0)." });
    const left = {
      "bundle.json": JSON.stringify({ ...JSON.parse(OPTIONS), session: "shared" }),
      "1_a.sql": "SET search_path TO public;\nSET app.key TO ${token};",
      "2_b.sql": "-- migrate: no-transaction\nSELECT current_setting('app.key')::int;",
    };
    const outside = await run(db, bundleOf(left), UP, { placeholders: long });
    expect(outside.error).toMatchObject({ sqlstate: "22P02" });
    expect(JSON.stringify([failing, outside])).not.toMatch(/abcdefgh/i);
  });

  it("is used all the same", async () => {
    const files = { "bundle.json": OPTIONS, "1_a.sql": "CREATE TABLE t AS SELECT ${token}::text AS x;" };
    expect((await run(db, bundleOf(files), UP, { placeholders })).error).toBeNull();
    expect(await rowsOf("SELECT x FROM t")).toEqual([{ x: SECRET }]);
  });
});

it("outside a transaction, an error's place is that of the user's file", async () => {
  const files = {
    "bundle.json": OPTIONS,
    "1_a.sql":
      "-- migrate: no-transaction\nCREATE TABLE ${table} (id int);\nCREATE INDEX CONCURRENTLY i ON ${table} (nope);",
  };
  const report = await run(db, bundleOf(files), UP, {
    placeholders: values({ table: "a_longer_name_than_that" }),
  });
  expect(report.error).toMatchObject({ file: "1_a.sql", line: 3, sqlstate: "42703" });
  expect(report.error?.excerpt).toContain("i ON ${table} (nope)");
});

it("outside a transaction, a secret may change underway, for the record does not hold it; another value may not", async () => {
  const files = {
    "bundle.json": OPTIONS,
    "1_a.sql":
      "-- migrate: no-transaction\nCREATE TABLE ${table} AS SELECT ${token}::text AS x;\nSELECT 1 / (SELECT ${days}::int);",
  };
  const attempt = (given: Readonly<Record<string, string>>) =>
    run(db, bundleOf(files), UP, { placeholders: values({ table: "t", token: SECRET, ...given }) });
  expect((await attempt({ days: "0" })).error).toMatchObject({ sqlstate: "22012", line: 3 });
  expect((await attempt({ table: "u" })).refusals).toMatchObject([{ code: "changed-underway", line: 2 }]);
  expect((await attempt({ token: "rotated" })).error).toBeNull();
  expect(await rowsOf("SELECT x FROM t")).toEqual([{ x: SECRET }]);
});

it("without the key in bundle.json the text is as it is", async () => {
  const files = { "1_a.sql": "CREATE TABLE t AS SELECT '${table}'::text AS x;" };
  expect((await run(db, bundleOf(files), UP, { placeholders: values({ table: "no" }) })).error).toBeNull();
  expect(await rowsOf("SELECT x FROM t")).toEqual([{ x: "${table}" }]);
  expect(await rowsOf("SELECT placeholders FROM schema_migration_runs")).toEqual([{ placeholders: null }]);
});

it("what a file SETs by a placeholder is in force in the files behind it, where they share a session", async () => {
  const files = {
    "bundle.json": JSON.stringify({ session: "shared", placeholders: { home: { kind: "identifier" } } }),
    "1_a.sql": "CREATE SCHEMA ${home};\nSET search_path TO ${home};",
    "2_b.sql": "CREATE TABLE b ();",
  };
  expect(
    (await run(db, bundleOf(files), UP, { placeholders: values({ home: "at home" }) })).error,
  ).toBeNull();
  expect(await rowsOf("SELECT to_regclass('\"at home\".b') IS NOT NULL AS there")).toEqual([{ there: true }]);
});

it("what an applied file SETs by a placeholder is refused without its value, for those behind it rely on it", async () => {
  const placeholders = { home: { kind: "identifier" }, days: { kind: "literal" } };
  const files = {
    "bundle.json": JSON.stringify({ session: "shared", placeholders }),
    "1_a.sql": "CREATE SCHEMA ${home};\nSET search_path TO ${home};",
    "2_b.sql": "CREATE TABLE b AS SELECT ${days}::int AS days;",
  };
  expect(
    (await run(db, bundleOf(files), UP, { placeholders: values({ home: "h", days: "1" }) })).error,
  ).toBeNull();
  const more = bundleOf({ ...files, "3_c.sql": "CREATE TABLE c ();" });
  const refused = await run(db, more, UP);
  expect(refused.refusals.map(({ code, file, line }) => [code, file, line])).toEqual([
    ["placeholder-undefined", "1_a.sql", 1],
    ["placeholder-undefined", "1_a.sql", 2],
  ]);
  expect((await run(db, more, UP, { placeholders: values({ home: "h" }) })).error).toBeNull();
  expect(await rowsOf("SELECT to_regclass('h.c') IS NOT NULL AS there")).toEqual([{ there: true }]);
});

it("where each file begins anew, the error that a search path by a placeholder explains names its place", async () => {
  const files = {
    "bundle.json": JSON.stringify({ placeholders: { home: { kind: "identifier" } } }),
    "1_a.sql": "CREATE SCHEMA ${home};\nSET search_path TO ${home};\nCREATE TABLE a ();",
    "2_b.sql": "TABLE a;",
  };
  const report = await run(db, bundleOf(files), UP, { placeholders: values({ home: "h" }) });
  expect(report.error).toMatchObject({ file: "2_b.sql", sqlstate: "42P01" });
  expect(report.error?.remedy).toContain("1_a.sql:2 leaves search_path set");
});
