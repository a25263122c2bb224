import type pg from "pg";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { importedText } from "#engine/bundle/imported.ts";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import { runAdopt } from "#engine/run/adopt.ts";
import { runLockKey } from "#engine/run/lock_keys.ts";
import { ADOPT, adopt, bundleFor, EFFECT, FILES, VERSIONS } from "../../support/adoption.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { bundleOf, run, runOptions, UP, worldFor } from "../../support/engine.ts";
import { codes, stepsOf } from "../../support/faults.ts";
import { makeFormatOne } from "../../support/format_one.ts";
import { snapshot } from "../../support/schema.ts";
import { madeBy } from "../../support/tool_histories.ts";

let db: TestDatabase;
let client: pg.Client;
beforeAll(async () => {
  db = await createDatabase("adopt_details");
  client = await db.connect();
});
afterAll(() => db.drop());
beforeEach(async () => {
  await client.query("DROP SCHEMA IF EXISTS ops CASCADE; DROP SCHEMA public CASCADE; CREATE SCHEMA public");
});

const [ONE, TWO, THREE] = VERSIONS;
const rowsOf = async (sql: string) => (await client.query(sql)).rows;
const versions = (report: { readonly adopted: readonly { readonly version: string }[] }) =>
  report.adopted.map(({ version }) => version);

it("times that no calendar holds, control characters and endless text are bounded", async () => {
  const made = madeBy("flyway");
  await client.query(
    `${EFFECT}; ${made.ddl}; ${made.rows};
     UPDATE flyway_schema_history SET installed_on = 'infinity', installed_by = E'a\\x1b[31mb' WHERE version = '1';
     UPDATE flyway_schema_history SET installed_on = '0044-03-15 BC', installed_by = repeat('x', 100),
       script = repeat('y', 1000) WHERE version = '1.2'`,
  );
  const report = await adopt(db, bundleFor(made));
  expect(report.error).toBeNull();
  expect(await rowsOf("SELECT applied_at, applied_by FROM schema_migrations ORDER BY applied_seq")).toEqual([
    { applied_at: null, applied_by: "a\u001b[31mb" },
    { applied_at: null, applied_by: "x".repeat(100) },
  ]);
  expect(
    await rowsOf("SELECT length(details -> 'row' ->> 'script') AS n FROM schema_migration_events ORDER BY 1"),
  ).toEqual([{ n: 11 }, { n: 500 }]);
});

it("a time without a zone is taken for one of the database's zone", async () => {
  const made = madeBy("goose");
  await client.query(`ALTER DATABASE ${db.name} SET TimeZone TO 'America/New_York'`);
  await client.query(`${EFFECT}; ${made.ddl}; ${made.rows}`);
  const report = await adopt(db, bundleFor(made));
  await client.query(`ALTER DATABASE ${db.name} RESET TimeZone`);
  expect(report.adopted.map(({ applied_at }) => applied_at)).toEqual([
    "2024-01-01T15:00:00.000000Z",
    "2024-01-02T15:00:00.000000Z",
  ]);
});

it("what is not applied below what is stays pending, and is warned of", async () => {
  const made = madeBy("rails");
  await client.query(
    `CREATE TABLE two (id int); ${made.ddl}; INSERT INTO schema_migrations VALUES ('${TWO}')`,
  );
  const report = await adopt(db, bundleFor(made));
  expect([report.error, codes(report.warnings)]).toEqual([null, ["adopted-with-holes"]]);
  expect(report.warnings[0]?.message).toContain(`${ONE}_one`);
  expect(codes((await run(db, bundleFor(made))).refusals)).toEqual(["out-of-order"]);
  const up = await run(db, bundleFor(made), { ...UP, command: "up", allow_out_of_order: true } as typeof UP);
  expect(stepsOf(up)).toEqual([`${ONE} up done`, `${THREE} up done`]);
});

it("Flyway's baseline stands for all below it, and repeatable ones are left to the next up", async () => {
  const made = madeBy("flyway");
  await client.query(
    `${EFFECT}; ${made.ddl}; INSERT INTO flyway_schema_history VALUES
     (1, '1.1', '<< Flyway Baseline >>', 'BASELINE', '<< Flyway Baseline >>', NULL, 'dba', '2024-01-01', 0, true),
     (2, '1_2', 'two', 'SQL', 'V1_2__two.sql', 9, 'ci', '2024-01-02', 8, true),
     (3, NULL, 'views', 'SQL', 'R__views.sql', 9, 'ci', '2024-01-02', 8, true)`,
  );
  const report = await adopt(db, bundleFor({ ...made, ids: ["1.0", "1.2"] }));
  expect([report.error, report.repeatables, codes(report.warnings)]).toEqual([
    null,
    ["R__views.sql"],
    ["repeatables-left"],
  ]);
  expect(report.adopted).toMatchObject([
    { version: ONE, id: "1.1", applied_at: null, applied_by: null },
    { version: TWO, id: "1_2", applied_by: "ci" },
  ]);
  expect(
    await rowsOf("SELECT details -> 'implied' AS implied FROM schema_migration_events ORDER BY event_id"),
  ).toEqual([{ implied: true }, { implied: false }]);
});

it("a changeset that the bundle has as a repeatable one is none of the applied", async () => {
  const made = madeBy("liquibase");
  const [first = "", second = ""] = made.ids;
  const migrations = [
    { version: BigInt(ONE), name: "one", id: first, path: "one.sql" },
    { version: null, name: "two", id: second, path: "two.sql" },
  ];
  const bundle = bundleOf({ ...FILES, "imported.json": importedText({ tool: "liquibase", migrations }) });
  await client.query(`${EFFECT}; ${made.ddl}; ${made.rows}`);
  const report = await adopt(db, bundle);
  expect([report.error, versions(report), report.repeatables]).toEqual([null, [ONE], [second]]);
});

it("ids are the versions of a bundle that was not imported, as its files spell them", async () => {
  const bundle = bundleOf({
    "0001_a.sql": "SELECT 1;",
    "20250101_b.sql": "SELECT 2;",
    "20250102_120000_c.sql": "SELECT 3;",
  });
  const made = madeBy("dbmate");
  await client.query(
    `${made.ddl}; INSERT INTO schema_migrations VALUES ('1'), ('20250101'), ('20250102120000')`,
  );
  const report = await adopt(db, bundle, { from: "dbmate" });
  expect([report.error, versions(report)]).toEqual([null, ["1", "20250101000000", "20250102120000"]]);
});

it("Rails' structure.sql stands for all versions up to its newest, once that is applied", async () => {
  const made = madeBy("rails");
  const newest = "20250301000000";
  const migrations = [{ version: BigInt(ONE), name: "structure", id: newest, path: "db/structure.sql" }];
  const bundle = bundleOf({ ...FILES, "imported.json": importedText({ tool: "rails", migrations }) });
  await client.query(
    `${made.ddl}; INSERT INTO schema_migrations VALUES ('20240101000000'), ('20240601000000')`,
  );
  expect((await adopt(db, bundle)).error?.message).toContain("20240101000000, 20240601000000");
  await client.query(`INSERT INTO schema_migrations VALUES ('${newest}'), ('20250302000000')`);
  expect((await adopt(db, bundle)).error?.message).toMatch(/does not hold: 20250302000000\.$/);
  await client.query("DELETE FROM schema_migrations WHERE version = '20250302000000'");
  const report = await adopt(db, bundle);
  expect([report.error, versions(report)]).toEqual([null, [ONE]]);
});

it("Rails' structure.sql is not there while one of the versions that it stands for is not applied", async () => {
  const made = madeBy("rails");
  const ids = ["20250101000000", "20250201000000", "20250301000000"];
  const migrations = ids.map((id) => ({
    version: BigInt(ONE),
    name: "structure",
    id,
    path: "structure.sql",
  }));
  const bundle = bundleOf({ ...FILES, "imported.json": importedText({ tool: "rails", migrations }) });
  await client.query(`${made.ddl}; INSERT INTO schema_migrations VALUES ('${ids[0]}')`);
  const refused = await adopt(db, bundle);
  expect(codes(refused.refusals)).toEqual(["adopt-dirty"]);
  expect(refused.error?.message).toBe(
    `rails has applied some of what ${ONE}_one.sql stands for, and not ${ids[1]}, ${ids[2]}.`,
  );
  await client.query(`INSERT INTO schema_migrations VALUES ('${ids[1]}'), ('${ids[2]}')`);
  expect(versions(await adopt(db, bundle))).toEqual([ONE]);
});

it("Liquibase's path may begin further up than the folder that was imported, if it means one file alone", async () => {
  const made = madeBy("liquibase");
  await client.query(`${EFFECT}; ${made.ddl}; ${made.rows}`);
  const twice = await adopt(
    db,
    bundleFor({ ...made, ids: ["one.sql::1::ann", "changelog/one.sql::1::ann"] }),
  );
  expect(codes(twice.refusals)).toEqual(["adopt-unmatched"]);
  const report = await adopt(db, bundleFor({ ...made, ids: ["one.sql::1::ann", "two.sql::raw::bo"] }));
  expect([report.error, versions(report)]).toEqual([null, [ONE, TWO]]);
});

it("Alembic's chain is given by the caller, and must lead to the bundle", async () => {
  const made = madeBy("alembic");
  await client.query(`${EFFECT}; ${made.ddl}; ${made.rows}`);
  const bundle = bundleOf(FILES);
  const chain = [
    { revision: "1975ea83b712", version: BigInt(ONE) },
    { revision: "ae1027a6acf", version: BigInt(TWO) },
    { revision: "dddd", version: BigInt(THREE) },
  ];
  const without = await adopt(db, bundle);
  expect([codes(without.refusals), without.error?.remedy]).toEqual([
    ["adopt-unmatched"],
    expect.stringContaining("--chain"),
  ]);
  const wrong = await adopt(db, bundle, { chain: [...chain, { revision: "eeee", version: 77n }] });
  expect(wrong.error?.message).toContain("eeee (77)");
  const unnamed = await adopt(db, bundle, { chain: [{ revision: "1975ea83b712", version: null }] });
  expect(codes(unnamed.refusals)).toEqual(["adopt-unmatched"]);
  const report = await adopt(db, bundle, { chain });
  expect([report.error, versions(report)]).toEqual([null, [ONE, TWO]]);
});

it("with a history schema of its own the other tool's table keeps its name", async () => {
  const made = madeBy("golang-migrate");
  await client.query(`${EFFECT}; ${made.ddl}; ${made.rows}`);
  const report = await adopt(db, bundleFor(made), {}, { history_schema: "ops", reason: "moving over" });
  expect([report.error, report.renamed_to, versions(report)]).toEqual([null, null, [ONE, TWO]]);
  expect(await rowsOf("SELECT command, status, reason, plan FROM ops.schema_migration_runs")).toEqual([
    {
      command: "adopt",
      status: "ok",
      reason: "moving over",
      plan: [
        { version: ONE, label: ONE, name: "one" },
        { version: TWO, label: TWO, name: "two" },
      ],
    },
  ]);
});

it("empty tables of an older format are upgraded on the way", async () => {
  const made = madeBy("goose");
  await makeFormatOne(client, "x");
  await client.query(
    `DELETE FROM schema_migrations; DELETE FROM schema_migration_events; ${EFFECT}; ${made.ddl}; ${made.rows}`,
  );
  const report = await adopt(db, bundleFor(made));
  expect([report.error, versions(report)]).toEqual([null, [ONE, TWO]]);
});

it("another run that holds the lock is waited for, and named", async () => {
  const made = madeBy("goose");
  await client.query(`${EFFECT}; ${made.ddl}; ${made.rows}`);
  const before = await snapshot(client, { except: [] });
  const holder = await db.connect();
  await holder.query("SELECT pg_advisory_lock($1)", [String(runLockKey("public"))]);
  const report = await adopt(db, bundleFor(made), {}, { lock_wait_ms: 60 });
  expect([report.status, report.error?.code]).toEqual(["busy", "other-run"]);
  expect((await adopt(db, bundleFor(made), { dry_run: true })).error).toBeNull();
  expect(await snapshot(client, { except: [] })).toEqual(before);
  await holder.end();
});

it("what a tool commits while its table is waited for is seen, and nothing is written", async () => {
  const made = madeBy("golang-migrate");
  await client.query(`${EFFECT}; ${made.ddl}; ${made.rows}`);
  const tool = await db.connect();
  const world = worldFor(db);
  const waits = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  const connect = async (run_id: string) => {
    const session = await world.connect(run_id);
    const send: typeof session.send = async (messages, answered) => {
      const renames = messages.some(({ text }) => text.includes("schema_migrations_before_adoption"));
      if (!renames) return session.send(messages, answered);
      await tool.query(`BEGIN; UPDATE schema_migrations SET version = ${THREE}`);
      // However long the machine takes to see that it waits, the lock is waited for that long.
      const [clean, ...rest] = messages;
      const patient = [...(clean === undefined ? [] : [clean]), { text: "SET lock_timeout TO 0" }, ...rest];
      const answers = session.send(patient, answered);
      while ((await client.query(waits)).rows.length === 0);
      await tool.query("COMMIT");
      return (await answers).toSpliced(1, 1);
    };
    return { ...session, send };
  };
  const report = await runAdopt(ADOPT, loadedSource(bundleFor(made)), runOptions(), { ...world, connect });
  expect([report.error?.code, report.written]).toEqual(["history-moved", false]);
});

it("a tool that goes on while its history is read is seen, and nothing is written", async () => {
  const made = madeBy("golang-migrate");
  await client.query(`${EFFECT}; ${made.ddl}; ${made.rows}`);
  const world = worldFor(db);
  const connect = async (run_id: string) => {
    const session = await world.connect(run_id);
    const send: typeof session.send = async (messages, answered) => {
      if (messages.some(({ text }) => text.includes("schema_migrations_before_adoption")))
        await client.query(`UPDATE schema_migrations SET version = ${THREE}`);
      return session.send(messages, answered);
    };
    return { ...session, send };
  };
  const bundle = bundleFor(made);
  const report = await runAdopt(ADOPT, loadedSource(bundle), runOptions(), { ...world, connect });
  expect([report.status, report.error?.code, report.written]).toEqual(["failed", "history-moved", false]);
  expect(await rowsOf("SELECT version, dirty FROM schema_migrations")).toEqual([
    { version: THREE, dirty: false },
  ]);
  expect(versions(await adopt(db, bundle))).toEqual([ONE, TWO, THREE]);
});
