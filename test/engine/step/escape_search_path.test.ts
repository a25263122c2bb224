import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import { readStatus } from "#engine/run/status.ts";
import { runVerify } from "#engine/run/verify.ts";
import { onServer } from "../../support/database.ts";
import { bundleOf, rollback, run, runOptions, worldFor } from "../../support/engine.ts";
import { expectFailure, expectSuccess, nextLabel, openStage, type Stage } from "./attempt.ts";
import { EVIL_SCHEMA } from "./evil_schema.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage("escape search path", { "001_evil.sql": EVIL_SCHEMA });
});
afterAll(() => stage.db.drop());

const PATH = "evil, pg_catalog, public";
const H = "public.schema_migrations";
const verify = "SELECT pg_catalog.current_setting('search_path') OPERATOR(pg_catalog.<>) 'evil' AS status";

describe.each([`SET search_path = ${PATH}`, `SET LOCAL search_path = ${PATH}`])("%s", (path) => {
  it.each([undefined, verify])("does not fool the records; verified by %s", async (verification) => {
    const label = nextLabel(stage);
    await expectSuccess(stage, {
      [`${label}_path.sql`]: path,
      ...(verification === undefined ? {} : { [`verify/${label}_verify.sql`]: verification }),
    });
    const { rows } = await stage.client.query(
      `SELECT h.applied_at > now() - interval '1 minute' AS applied, e.started_at > now() - interval '1 minute' AS began,
        h.run_id = e.run_id AS same, r.status FROM ${H} h JOIN schema_migration_events e USING (version)
        JOIN schema_migration_runs r ON r.run_id = h.run_id WHERE version = $1`,
      [label],
    );
    expect(rows).toEqual([{ applied: true, began: true, same: true, status: "ok" }]);
  });

  it.each([
    ["own-tables-touched", `DO $$ BEGIN DELETE FROM ${H}; END $$`],
    ["own-tables-touched", `DO $$ BEGIN GRANT SELECT ON ${H} TO pg_monitor; END $$`],
    ["role-left", "SET ROLE pg_monitor"],
    ["advisory-lock-left", "DO $$ BEGIN PERFORM pg_catalog.pg_advisory_lock(7); END $$"],
    ["lock-lost", "DO $$ BEGIN PERFORM pg_catalog.pg_advisory_unlock_all(); END $$"],
    ["encoding-left", "DO $$ BEGIN SET client_encoding = 'LATIN1'; END $$"],
  ])("does not hide %s from the guards", async (code, sql) => {
    await expectFailure(stage, { sql: `${sql}; ${path}`, code });
  });
});

describe("as the database's default", () => {
  beforeAll(async () => {
    await onServer(`ALTER DATABASE ${stage.db.name} SET search_path = ${PATH}`);
  });

  it("does not fool a run, a status, a verification or a rollback", async () => {
    const label = nextLabel(stage);
    await expectSuccess(stage, {
      [`${label}_default.sql`]: "CREATE TABLE public.made (a int)",
      [`rollback/${label}_rollback.sql`]: "DROP TABLE public.made",
      [`verify/${label}_verify.sql`]: "SELECT 'PASS' AS status",
    });
    const bundle = bundleOf(stage.applied);
    const status = await readStatus(loadedSource(bundle), runOptions(), worldFor(stage.db));
    expect(status).toMatchObject({
      error: null,
      pending: [],
      changed: [],
      missing: [],
      current_version: String(Number(label)),
    });
    const verified = await runVerify(
      { command: "verify", versions: [] },
      loadedSource(bundle),
      runOptions(),
      worldFor(stage.db),
    );
    expect(verified).toMatchObject({ status: "ok", recorded: true });
    const back = await run(stage.db, bundle, rollback(1));
    expect(back.error).toBeNull();
    const [again, nothing] = [await run(stage.db, bundle), await run(stage.db, bundle)];
    expect([again.error, again.steps.length, nothing.error, nothing.steps.length]).toEqual([
      null,
      1,
      null,
      0,
    ]);
  });
});
