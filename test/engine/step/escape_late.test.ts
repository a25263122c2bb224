import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { onServer } from "../../support/database.ts";
import { bundleOf, run } from "../../support/engine.ts";
import { expectFailure, expectSuccess, historyOf, nextLabel, openStage, type Stage } from "./attempt.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage("escape late", {
    "001_base.sql": `CREATE TABLE base (a text);
      CREATE FUNCTION forget() RETURNS int LANGUAGE plpgsql AS
        $$ BEGIN EXECUTE 'DELETE FROM public.schema_' || 'migrations'; RETURN 1; END $$`,
  });
});
afterAll(() => stage.db.drop());

describe("what would act within the commit, after the guards", () => {
  it.each([
    "DECLARE c CURSOR WITH HOLD FOR SELECT forget()",
    "DO $$ BEGIN EXECUTE 'DECLARE c CURSOR WITH HOLD FOR SELECT forget()'; END $$",
  ])("does not: %s", async (sql) => {
    const before = await historyOf(stage.client);
    await expectSuccess(stage, { [`${nextLabel(stage)}_s.sql`]: sql });
    expect((await historyOf(stage.client)).slice(0, -1)).toEqual(before);
  });

  it("acts before them: a trigger that puts itself off", async () => {
    const sql = `CREATE TABLE late (id int);
      CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF TG_OP = 'INSERT' THEN EXECUTE 'SET CONSTRAINTS ALL DEFERRED'; UPDATE late SET id = 2;
        ELSE PERFORM forget(); END IF; RETURN NULL; END $$;
      CREATE CONSTRAINT TRIGGER late AFTER INSERT OR UPDATE ON late DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION late();
      INSERT INTO late VALUES (1)`;
    await expectFailure(stage, { sql, code: "own-tables-touched" });
  });
});

it("is told where it acts within the commit all the same", async () => {
  const label = nextLabel(stage);
  const sql = `CREATE TABLE later (n int);
    CREATE FUNCTION later() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      EXECUTE 'SET CONSTRAINTS ALL DEFERRED';
      IF NEW.n < 9 THEN UPDATE later SET n = n + 1; ELSE PERFORM forget(); END IF; RETURN NULL; END $$;
    CREATE CONSTRAINT TRIGGER later AFTER INSERT OR UPDATE ON later DEFERRABLE INITIALLY DEFERRED
      FOR EACH ROW EXECUTE FUNCTION later();
    INSERT INTO later VALUES (1)`;
  const kept = await stage.client.query("SELECT * FROM schema_migrations");
  const report = await run(stage.db, bundleOf({ ...stage.applied, [`${label}_s.sql`]: sql }));
  expect(report).toMatchObject({ status: "failed", error: { code: "history-moved" } });
  // What the trigger took is put back, for the cases that follow.
  await stage.client.query("DROP TABLE later; DROP FUNCTION later()");
  for (const { version, name, checksum, bundle, label: spelled } of kept.rows) {
    const values = [version, name, checksum, bundle, spelled];
    await stage.client.query(
      "INSERT INTO schema_migrations (version, name, checksum, bundle, label) VALUES ($1, $2, $3, $4, $5)",
      values,
    );
  }
});

it("another schema by the history's name is no history", async () => {
  const forge = ["migrations", "migration_events", "migration_runs", "migration_registry"]
    .map((name) => `EXECUTE 'CREATE TABLE public.schema_${name} (LIKE old.schema_${name} INCLUDING ALL)';`)
    .join("\n");
  const sql = `DO $$ BEGIN EXECUTE 'ALTER SCHEMA public RENAME TO old'; EXECUTE 'CREATE SCHEMA public'; ${forge} END $$`;
  await expectFailure(stage, { sql, code: "own-tables-touched" });
});

describe("a script cannot change how the rest of it is read", () => {
  it.each([
    [
      "standard_conforming_strings=off",
      "SELECT 'x\\', '; COMMIT; BEGIN READ WRITE; CREATE TABLE evil(id int); COMMIT; --'",
    ],
    [
      "client_encoding=SJIS",
      "SELECT E'ß\\'; COMMIT; BEGIN READ WRITE; CREATE TABLE evil(id int); COMMIT; --'",
    ],
  ])("%s", async (setting, rest) => {
    // What takes a strong lock travels alone, so what follows is another message.
    const sql = `DO $$BEGIN EXECUTE 'SET ${setting}'; END$$;\nALTER TABLE base ADD x int;\n${rest}`;
    await expectFailure(stage, { sql, code: "encoding-left" });
  });
});

it("is split as the server reads it, whatever the database's default", async () => {
  await onServer(`ALTER DATABASE ${stage.db.name} SET standard_conforming_strings TO off`);
  const label = nextLabel(stage);
  await expectSuccess(stage, {
    [`${label}_s.sql`]: "INSERT INTO base VALUES ('a\\'); INSERT INTO base VALUES ('; COMMIT; --')",
    [`verify/${label}_verify.sql`]: "SELECT count(*) = 1 AS status FROM base WHERE a = 'a\\'",
  });
});
