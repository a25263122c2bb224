import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { onServer } from "../../support/database.ts";
import { expectFailure, openStage, type Stage } from "./attempt.ts";

// The reading of a file refuses the plain ones; the guards must see all of them by themselves.
vi.mock("#engine/script/script.ts", async (original) => ({
  ...(await original<typeof import("#engine/script/script.ts")>()),
  readScript: (await import("./unchecked_script.ts")).uncheckedScript,
}));

const role = `reader_${randomBytes(5).toString("hex")}`;
let stage: Stage;
beforeAll(async () => {
  await onServer(`CREATE ROLE ${role}`);
  stage = await openStage("escape tables", {
    "001_base.sql": `CREATE TABLE fuse (sql text);
      CREATE TABLE bell (a int);
      CREATE PROCEDURE run_sql(sql text) LANGUAGE plpgsql AS $$ BEGIN EXECUTE sql; END $$;
      CREATE FUNCTION burn() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN EXECUTE NEW.sql; RETURN NULL; END $$;
      CREATE TRIGGER burn AFTER INSERT ON fuse FOR EACH ROW EXECUTE FUNCTION burn();
      CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$`,
  });
});
afterAll(async () => {
  await stage.db.drop();
  await onServer(`DROP ROLE ${role}`);
});

const code = "own-tables-touched";
const H = "public.schema_migrations";

const changes = [
  `DELETE FROM ${H}`,
  `UPDATE ${H} SET checksum = 'forged'`,
  `INSERT INTO ${H} (version, name) VALUES (700, 'forged')`,
  `TRUNCATE ${H}`,
  `MERGE INTO ${H} h USING (SELECT 1) s ON true WHEN MATCHED THEN DELETE`,
  `LOCK TABLE ${H} IN ROW SHARE MODE`,
  `SELECT FROM ${H} FOR UPDATE`,
  `CREATE TABLE copy AS TABLE ${H}; DROP TABLE ${H}; ALTER TABLE copy RENAME TO schema_migrations`,
  `CREATE TRIGGER t BEFORE INSERT ON ${H} FOR EACH ROW EXECUTE FUNCTION nothing()`,
  `CREATE RULE r AS ON INSERT TO ${H} DO INSTEAD NOTHING`,
  `ALTER TABLE ${H} ADD COLUMN extra int`,
  `ALTER TABLE ${H} DROP CONSTRAINT schema_migrations_pkey`,
  `ALTER TABLE ${H} RENAME TO renamed`,
  `ALTER TABLE ${H} RENAME COLUMN checksum TO renamed`,
  `ALTER TABLE ${H} ENABLE ROW LEVEL SECURITY`,
  `ALTER TABLE ${H} DISABLE TRIGGER ALL`,
  `ALTER TABLE ${H} SET SCHEMA information_schema`,
  `ALTER INDEX schema_migrations_pkey RENAME TO renamed`,
  `CREATE INDEX ON ${H} (name)`,
  `CREATE TABLE child (version bigint REFERENCES ${H})`,
  `GRANT SELECT ON ${H} TO ${role}`,
  `ALTER TABLE ${H} OWNER TO ${role}`,
  "DELETE FROM schema_migration_runs",
  "DELETE FROM schema_migration_events",
  "UPDATE schema_migration_registry SET version = 99",
  "DROP VIEW migration_performance",
  "CREATE OR REPLACE RULE own AS ON INSERT TO migration_performance DO INSTEAD NOTHING",
];

const ways: [name: string, wrap: (sql: string) => string][] = [
  ["plain", (sql) => sql],
  ["DO", (sql) => `DO $do$ BEGIN EXECUTE $x$${sql}$x$; END $do$`],
  ["a procedure", (sql) => `CALL run_sql($x$${sql}$x$)`],
  ["a trigger", (sql) => `INSERT INTO fuse VALUES ($x$${sql}$x$)`],
];

// Each change one way, and the first ones every way.
const cases = changes.flatMap((sql, i) =>
  ways.flatMap(([way, wrap], j) => (i < 2 || i % ways.length === j ? [[way, sql, wrap(sql)] as const] : [])),
);

describe("a script that touches the history", () => {
  it.each(cases)("by %s: %s", async (_way, _sql, script) => {
    await expectFailure(stage, { sql: `CREATE TABLE made (a int); ${script}`, code });
  });

  it("by a rule that somebody else made", async () => {
    await stage.client.query(`CREATE RULE ring AS ON INSERT TO bell DO ALSO DELETE FROM ${H}`);
    const report = await expectFailure(stage, { sql: "INSERT INTO bell VALUES (1)", code });
    expect(report.error?.file).toMatch(/_step\.sql$/);
  });

  it("with a verification that passes", async () => {
    const verify = "SELECT 'PASS' AS status";
    await expectFailure(stage, { sql: `DO $$ BEGIN DELETE FROM ${H}; END $$`, verify, code });
  });
});
