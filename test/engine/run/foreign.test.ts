import type pg from "pg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import { planChange } from "#engine/run/plan.ts";
import { readStatus } from "#engine/run/status.ts";
import { runVerify } from "#engine/run/verify.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { bundleOf, rollback, run, runOptions, UP, worldFor } from "../../support/engine.ts";
import { codes, stepsOf } from "../../support/faults.ts";
import { snapshot } from "../../support/schema.ts";

/** The tables of other tools, as each of them makes them. */
const TOOLS: readonly [tool: string, says: string, sql: string][] = [
  ["a table without columns", "another tool", "CREATE TABLE schema_migrations ()"],
  [
    "golang-migrate",
    "golang-migrate",
    `CREATE TABLE IF NOT EXISTS "public"."schema_migrations" (version bigint not null primary key, dirty boolean not null);
     INSERT INTO schema_migrations VALUES (3, false)`,
  ],
  [
    "Rails",
    "Rails",
    `CREATE TABLE "schema_migrations" ("version" character varying NOT NULL PRIMARY KEY);
     CREATE TABLE "ar_internal_metadata" ("key" character varying NOT NULL PRIMARY KEY, "value" character varying,
       "created_at" timestamp(6) NOT NULL, "updated_at" timestamp(6) NOT NULL);
     INSERT INTO schema_migrations VALUES ('20240101000000')`,
  ],
  [
    "dbmate",
    "dbmate",
    `create table if not exists "schema_migrations" (version varchar(128) primary key);
     INSERT INTO schema_migrations VALUES ('20240101000000')`,
  ],
  [
    "Ecto",
    "Ecto",
    `CREATE TABLE "schema_migrations" ("version" bigint, "inserted_at" timestamp(0), PRIMARY KEY ("version"));
     INSERT INTO schema_migrations VALUES (20240101000000, now())`,
  ],
  [
    "the Supabase CLI",
    "Supabase",
    `CREATE TABLE schema_migrations (version text NOT NULL PRIMARY KEY);
     ALTER TABLE schema_migrations ADD COLUMN statements text[]; ALTER TABLE schema_migrations ADD COLUMN name text`,
  ],
  ["an unknown one", "another tool", "CREATE TABLE schema_migrations (id serial, what jsonb)"],
  ["a view", "another tool", "CREATE VIEW schema_migrations AS SELECT 1 AS version"],
  [
    "a user's own migration_performance",
    "migration_performance",
    "CREATE TABLE migration_performance (x int)",
  ],
];

const bundle = bundleOf({
  "1_one.sql": "CREATE TABLE one ();",
  "rollback/1_rollback.sql": "DROP TABLE one;",
});

let db: TestDatabase;
let client: pg.Client;
beforeEach(async () => {
  db = await createDatabase("foreign");
  client = await db.connect();
});
afterEach(() => db.drop());

describe.each(TOOLS)("the history of %s", (_, says, sql) => {
  it("is refused by every verb, naming the tool, and is not touched", async () => {
    await client.query(sql);
    const before = await snapshot(client, { except: [] });
    const reports = [
      await run(db, bundle),
      await run(db, bundle, rollback(1)),
      await planChange(UP, loadedSource(bundle), runOptions(), worldFor(db)),
      await readStatus(loadedSource(bundle), runOptions(), worldFor(db)),
      await runVerify({ command: "verify", versions: [] }, loadedSource(bundle), runOptions(), worldFor(db)),
    ];
    for (const report of reports) {
      expect(report.status, report.command).toBe("refused");
      expect(codes(report.refusals)).toEqual(["foreign-history"]);
      expect(report.error?.message).toContain(says);
      expect(report.error?.remedy).toContain("--history-schema");
    }
    expect(await snapshot(client, { except: [] })).toEqual(before);
  });

  it("stays beside ours in another schema", async () => {
    await client.query(sql);
    const report = await run(db, bundle, UP, { history_schema: "ops" });
    expect(report.error).toBeNull();
    expect(stepsOf(report)).toEqual(["1 up done"]);
  });
});

describe("another bundle's history", () => {
  const files = { "1_one.sql": "CREATE TABLE one ();", "2_two.sql": "CREATE TABLE two ();" };
  beforeEach(async () => {
    expect((await run(db, bundleOf(files, "first"))).error).toBeNull();
  });

  it("is refused, naming both", async () => {
    const other = bundleOf({ "1_other.sql": "SELECT 1;", "2_two.sql": files["2_two.sql"] }, "second");
    for (const report of [
      await run(db, other),
      await run(db, other, rollback(1)),
      await readStatus(loadedSource(other), runOptions(), worldFor(db)),
      await planChange(UP, loadedSource(other), runOptions(), worldFor(db)),
      await runVerify({ command: "verify", versions: [] }, loadedSource(other), runOptions(), worldFor(db)),
    ]) {
      expect(codes(report.refusals), report.command).toEqual(["other-bundle"]);
      expect(report.error?.message).toContain("first");
      expect(report.error?.message).toContain("second");
      expect(report.error?.remedy).toContain("--history-schema");
    }
    const { rows } = await client.query(
      "SELECT count(*)::int AS n FROM schema_migrations WHERE bundle = 'first'",
    );
    expect(rows[0].n).toBe(2);
  });

  it.each([
    ["all of it", files],
    ["with more to come", { ...files, "3_three.sql": "SELECT 3;" }],
  ])(
    "that is the same one in a renamed folder: the remedy is its name in bundle.json, %s",
    async (_, renamed) => {
      const report = await run(db, bundleOf(renamed, "renamed"));
      expect(codes(report.refusals)).toEqual(["other-bundle"]);
      expect(report.error?.message).toContain("renamed");
      expect(report.error?.remedy).toBe('Write {"name": "first"} in bundle.json.');
      const named = await run(db, bundleOf({ ...renamed, "bundle.json": '{"name": "first"}' }, "renamed"));
      expect(named.error).toBeNull();
    },
  );

  it("stands beside a second one in a schema that the job creates", async () => {
    const other = bundleOf(
      { "1_other.sql": "CREATE TABLE other ();", "rollback/1_rollback.sql": "DROP TABLE other;" },
      "second",
    );
    const report = await run(db, other, UP, { history_schema: "Second One" });
    expect(report.error).toBeNull();
    const { rows } = await client.query(
      'SELECT (SELECT count(*) FROM schema_migrations)::int AS first, (SELECT count(*) FROM "Second One".schema_migrations)::int AS second',
    );
    expect(rows).toEqual([{ first: 2, second: 1 }]);
    const back = await run(db, other, rollback(1), { history_schema: "Second One" });
    expect(stepsOf(back)).toEqual(["1 down done"]);
    expect((await run(db, bundleOf(files, "first"))).error).toBeNull();
  });

  it("may not be touched by the second one's scripts, in either schema", async () => {
    const evil = bundleOf(
      { "1_evil.sql": "DO $$ BEGIN EXECUTE 'DELETE FROM second.schema_migrations'; END $$;" },
      "second",
    );
    expect((await run(db, evil, UP, { history_schema: "second" })).error?.code).toBe("own-tables-touched");
  });
});
