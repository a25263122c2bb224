import { afterAll, beforeAll, expect, it } from "vitest";
import { bundleOf, rollback, run } from "../../support/engine.ts";
import { snapshot } from "../../support/schema.ts";
import { expectFailure, expectSuccess, historyOf, openStage, type Stage } from "./attempt.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage("escape history write", {
    "001_base.sql": `CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not today'; END $$`,
  });
});
afterAll(() => stage.db.drop());

const H = "public.schema_migrations";
const E = "public.schema_migration_events";
const T = "FOR EACH ROW EXECUTE FUNCTION";

type Row = [made: string, gone: string, code: string];
// Made by somebody outside, between two runs: nothing that a guard could see.
const obstacles: Row[] = [
  [
    `CREATE TRIGGER t BEFORE INSERT ON ${H} ${T} nothing()`,
    `DROP TRIGGER t ON ${H}`,
    "history-write-refused",
  ],
  [`CREATE TRIGGER t BEFORE INSERT ON ${H} ${T} refuse()`, `DROP TRIGGER t ON ${H}`, "history-write-refused"],
  [`CREATE TRIGGER t AFTER INSERT ON ${H} ${T} refuse()`, `DROP TRIGGER t ON ${H}`, "history-write-refused"],
  [`CREATE RULE r AS ON INSERT TO ${H} DO INSTEAD NOTHING`, `DROP RULE r ON ${H}`, "history-write-refused"],
  [
    `ALTER TABLE ${H} ADD CHECK (version < 2) NOT VALID`,
    `ALTER TABLE ${H} DROP CONSTRAINT schema_migrations_version_check`,
    "history-write-refused",
  ],
  [
    `CREATE CONSTRAINT TRIGGER t AFTER INSERT ON ${H} DEFERRABLE INITIALLY DEFERRED ${T} refuse()`,
    `DROP TRIGGER t ON ${H}`,
    "history-write-refused",
  ],
];

it.each(obstacles)("fails the step: %s", async (made, cleanup, code) => {
  await stage.client.query(made);
  const verify = "SELECT 'PASS' AS status";
  await expectFailure(stage, { sql: "CREATE TABLE made (a int)", verify, code, cleanup });
});

it("fails a rollback whose history row cannot be removed", async () => {
  await expectSuccess(stage, {
    "800_table.sql": "CREATE TABLE t800 (a int)",
    "rollback/800_rollback.sql": "DROP TABLE t800",
    "801_table.sql": "CREATE TABLE t801 (a int)",
    "rollback/801_rollback.sql": "DROP TABLE t801",
  });
  const [before, history] = [await snapshot(stage.client), await historyOf(stage.client)];
  await stage.client.query(`CREATE TRIGGER t BEFORE DELETE ON ${H} ${T} nothing()`);
  const report = await run(stage.db, bundleOf(stage.applied), rollback(2));
  expect(report).toMatchObject({ status: "failed", error: { code: "history-write-refused" } });
  expect(report.steps.map((step) => step.status)).toEqual(["failed", "not_run"]);
  await stage.client.query(`DROP TRIGGER t ON ${H}`);
  expect(await snapshot(stage.client)).toEqual(before);
  expect(await historyOf(stage.client)).toEqual(history);
  const again = await run(stage.db, bundleOf(stage.applied), rollback(2));
  expect(again.error).toBeNull();
  for (const path of Object.keys(stage.applied).filter((name) => /80[01]_/.test(name))) {
    delete stage.applied[path];
  }
});

it("does not commit where the event of a step is swallowed", async () => {
  await stage.client.query(`CREATE TRIGGER t BEFORE INSERT ON ${E} ${T} nothing()`);
  const cleanup = `DROP TRIGGER t ON ${E}`;
  const report = await expectFailure(stage, {
    sql: "CREATE TABLE made (a int)",
    code: "history-write-refused",
    cleanup,
  });
  expect(report.error?.sqlstate).toBe("22012");
});
