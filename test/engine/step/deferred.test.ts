import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectFailure, expectSuccess, nextLabel, openStage, type Stage } from "./attempt.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage("deferred", {
    "001_base.sql": `CREATE TABLE parent (id int PRIMARY KEY);
      CREATE TABLE child (id int REFERENCES parent DEFERRABLE INITIALLY DEFERRED, n int UNIQUE DEFERRABLE INITIALLY DEFERRED);
      CREATE TABLE log (entry text);
      CREATE TYPE mood AS ENUM ('sad');
      CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO log VALUES ('noted'); RETURN NULL; END $$;
      CREATE TABLE watched (a int);
      CREATE CONSTRAINT TRIGGER note AFTER INSERT ON watched DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note();
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'refused at the end'; END $$;
      CREATE TABLE guarded (a int);
      CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON guarded DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse();
      CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN SET CONSTRAINTS ALL DEFERRED; INSERT INTO child VALUES (99); RETURN NULL; END $$;
      CREATE TABLE cunning (a int);
      CREATE CONSTRAINT TRIGGER late AFTER INSERT ON cunning DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION late()`,
  });
});
afterAll(() => stage.db.drop());

const at = /^At the end of the script, where deferred constraints and triggers act: /;
const PASS = "SELECT 'PASS' AS status";

type Row = [what: string, sql: string, sqlstate: string];
const refused: Row[] = [
  ["a deferred foreign key", "INSERT INTO child VALUES (7)", "23503"],
  [
    "a deferred unique key",
    "INSERT INTO parent VALUES (1); INSERT INTO child VALUES (1, 1), (1, 1)",
    "23505",
  ],
  ["a deferred trigger", "INSERT INTO guarded VALUES (1)", "P0001"],
];

describe.each([undefined, PASS])("at the end of a script, verified by %s", (verify) => {
  it.each(refused)("%s is seen, and named as such", async (_what, sql, sqlstate) => {
    const more = verify === undefined ? {} : { verify };
    const report = await expectFailure(stage, { sql, code: "sql-error", sqlstate, ...more });
    expect(report.error?.message).toMatch(at);
    expect(report.error?.file).toMatch(/_step\.sql$/);
  });
});

it("what a deferred trigger defers is seen before the commit", async () => {
  await expectFailure(stage, { sql: "INSERT INTO cunning VALUES (1)", code: "sql-error", sqlstate: "23503" });
});

it("has run every deferred trigger before the verification looks", async () => {
  const label = nextLabel(stage);
  await expectSuccess(stage, {
    [`${label}_s.sql`]: "INSERT INTO watched VALUES (1)",
    [`verify/${label}_verify.sql`]: "SELECT count(*) = 1 AS status FROM log",
  });
});

it("lets a script put a deferred constraint right itself", async () => {
  const label = nextLabel(stage);
  const sql =
    "INSERT INTO child VALUES (50, 1), (50, 1); UPDATE child SET n = 2 WHERE ctid = (SELECT min(ctid) FROM child); INSERT INTO parent VALUES (50)";
  await expectSuccess(stage, { [`${label}_s.sql`]: sql, [`verify/${label}_verify.sql`]: PASS });
});

type Remedy = [sql: string, sqlstate: string, remedy: RegExp];
const remedies: Remedy[] = [
  [
    "ALTER TYPE mood ADD VALUE 'glad';\nSELECT 'glad'::mood",
    "55P04",
    /^Put the new enum value in a file of its own/,
  ],
  [
    "INSERT INTO watched VALUES (1);\nALTER TABLE watched ADD COLUMN b int",
    "55006",
    /SET CONSTRAINTS ALL IMMEDIATE/,
  ],
  ["SET statement_timeout = 500;\nSELECT pg_catalog.pg_sleep(5)", "57014", /--statement-timeout/],
];

it.each(remedies)("says what to do: %s", async (sql, sqlstate, remedy) => {
  const report = await expectFailure(stage, { sql, code: "sql-error", sqlstate });
  expect(report.error).toMatchObject({ line: 2, remedy: expect.stringMatching(remedy) });
});

it("55006 is gone where the file does what the remedy says", async () => {
  const sql =
    "INSERT INTO watched VALUES (1); SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE watched ADD COLUMN b int";
  await expectSuccess(stage, { [`${nextLabel(stage)}_s.sql`]: sql });
});
