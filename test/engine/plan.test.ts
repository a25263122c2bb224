import type pg from "pg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import type { ChangeRequest } from "#engine/request.ts";
import { runChange } from "#engine/run/change.ts";
import { runLockKey } from "#engine/run/lock_keys.ts";
import { planChange } from "#engine/run/plan.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { bundleOf, rollback, run, runOptions, UP, worldFor } from "../support/engine.ts";
import { codes, stepsOf } from "../support/faults.ts";
import { generatedFiles } from "../support/generated_bundle.ts";
import { snapshot } from "../support/schema.ts";

const FILES = generatedFiles(4);
const TWO = generatedFiles(2);
const DOWN_3: ChangeRequest = { command: "rollback", target: { remove: "from", version: 3n }, verify: "all" };

let db: TestDatabase;
let client: pg.Client;
beforeEach(async () => {
  db = await createDatabase("plan");
  client = await db.connect();
  expect((await run(db, bundleOf(TWO))).error).toBeNull();
});
afterEach(() => db.drop());

const planOf = (request: ChangeRequest, files: Readonly<Record<string, string>> = FILES) =>
  planChange(request, loadedSource(bundleOf(files)), runOptions(), worldFor(db));
const everything = () => snapshot(client, { except: [] });

describe("a plan says what the run would do, and writes nothing", () => {
  it.each([
    ["up", UP, ["003 up", "004 up"]],
    ["up --steps 1", { ...UP, target: { to: "steps", steps: 1 } } as ChangeRequest, ["003 up"]],
    ["rollback", rollback(1), ["002 down"]],
    ["rollback --to 0", { ...DOWN_3, target: { remove: "above", version: 0n } }, ["002 down", "001 down"]],
  ] satisfies [string, ChangeRequest, string[]][])("%s", async (_, request, steps) => {
    const before = await everything();
    const planned = await planOf(request);
    expect(await everything()).toEqual(before);
    expect(planned.run_id).toBeNull();
    expect(planned.of).toBe(request.command);
    expect(stepsOf(planned)).toEqual(steps.map((step) => `${step} not_run`));
    const report = await run(db, bundleOf(FILES), request, { expected_plan: planned.plan_digest });
    expect(report.error).toBeNull();
    expect(stepsOf(report)).toEqual(steps.map((step) => `${step} done`));
  });

  it("on an empty database makes nothing", async () => {
    const empty = await createDatabase("empty");
    const planned = await planChange(
      UP,
      loadedSource(bundleOf(FILES)),
      runOptions({ history_schema: "ops" }),
      worldFor(empty),
    );
    expect(planned.steps.length).toBe(4);
    const { rows } = await (await empty.connect()).query(
      "SELECT (SELECT count(*)::int FROM pg_class WHERE relnamespace = 'public'::regnamespace) AS tables, to_regnamespace('ops') AS ops",
    );
    expect(rows).toEqual([{ tables: 0, ops: null }]);
    await empty.drop();
  });

  it("needs no lock: it answers while another run holds it", async () => {
    const other = await db.connect();
    await other.query("SELECT pg_advisory_lock($1)", [String(runLockKey("public"))]);
    expect((await planOf(UP)).steps.length).toBe(2);
  });

  it("every refusal of the run is in the plan", async () => {
    const files = { ...generatedFiles(1, 2), ...generatedFiles(1, 9), "010_bad.sql": "SELEC 1;" };
    const planned = await planOf(UP, files);
    const report = await run(db, bundleOf(files));
    expect(codes(planned.refusals)).toEqual(["missing-migration", "syntax-error"]);
    expect(planned.refusals).toEqual(report.refusals);
    expect(planned.status).toBe(report.status);
  });
});

describe("a run that was said yes to refuses another plan", () => {
  it.each([
    ["another run came in between", async () => void (await run(db, bundleOf(FILES), UP)), FILES],
    [
      "a script was edited",
      async () => {},
      { ...FILES, "003_make_t00003.sql": "CREATE TABLE t00003 (id int); INSERT INTO t00003 VALUES (7);" },
    ],
    [
      "a verification was edited",
      async () => {},
      { ...FILES, "verify/003_verify.sql": "SELECT 'PASS' AS status;" },
    ],
    ["a migration was added", async () => {}, generatedFiles(5)],
  ])("%s", async (_, meanwhile, files) => {
    const planned = await planOf(UP);
    await meanwhile();
    const before = await client.query("SELECT count(*)::int AS n FROM schema_migrations");
    const report = await runChange(
      UP,
      loadedSource(bundleOf(files)),
      runOptions({ expected_plan: planned.plan_digest }),
      worldFor(db),
    );
    expect([report.status, report.error?.code]).toEqual(["refused", "plan-changed"]);
    expect((await client.query("SELECT count(*)::int AS n FROM schema_migrations")).rows).toEqual(
      before.rows,
    );
  });

  it("equal plans have equal digests, another request another", async () => {
    const [one, again, other] = [await planOf(UP), await planOf(UP), await planOf(rollback(1))];
    expect(one.plan_digest).toMatch(/^[0-9a-f]{64}$/);
    expect(again.plan_digest).toBe(one.plan_digest);
    expect(other.plan_digest).not.toBe(one.plan_digest);
  });
});
