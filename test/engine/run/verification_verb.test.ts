import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import type { VerifyReport } from "#engine/report.ts";
import { runLockKey } from "#engine/run/lock_keys.ts";
import { runVerify } from "#engine/run/verify.ts";
import { onServer } from "../../support/database.ts";
import { bundleOf, runOptions, worldFor } from "../../support/engine.ts";
import { snapshot } from "../../support/schema.ts";
import { outOfTime } from "../../support/time_over.ts";
import { historyOf, openStage, type Stage } from "../step/attempt.ts";

const role = `looker_${randomBytes(5).toString("hex")}`;
let stage: Stage;
beforeAll(async () => {
  await onServer(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'`);
  stage = await openStage("verification verb", {
    "001_base.sql": "CREATE TABLE base (a int); CREATE SEQUENCE counter",
    "verify/001_verify.sql": "SELECT 'PASS' AS status",
    "002_two.sql": "CREATE TABLE two (a int)",
    "003_three.sql": "CREATE TABLE three (a int)",
    "verify/003_verify.sql": "SELECT to_regclass('three') IS NOT NULL AS status; SELECT 1 AS shown",
  });
  await stage.client.query(`GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${role}`);
});
afterAll(async () => {
  await stage.db.drop();
  await onServer(`DROP ROLE ${role}`);
});

const verify = (
  files: Record<string, string> = {},
  versions: bigint[] = [],
  login = {},
): Promise<VerifyReport> =>
  runVerify(
    { command: "verify", versions },
    loadedSource(bundleOf({ ...stage.applied, ...files })),
    runOptions(),
    worldFor(stage.db, login),
  );

const runs = async (): Promise<unknown[]> =>
  (
    await stage.client.query(
      "SELECT run_id, command, status, finished_at IS NOT NULL AS finished FROM schema_migration_runs ORDER BY started_at",
    )
  ).rows;

it("looks at what is applied, and writes one finished row", async () => {
  const [before, history, recorded] = [
    await snapshot(stage.client),
    await historyOf(stage.client),
    await runs(),
  ];
  const report = await verify();
  expect(report).toMatchObject({ status: "ok", recorded: true, current_version: "3" });
  expect(report.steps.map(({ version, status }) => [version, status])).toEqual([
    ["1", "done"],
    ["2", "skipped"],
    ["3", "done"],
  ]);
  expect(report.steps[2]).toMatchObject({
    checks: [{ status: "pass" }],
    results: [{ columns: ["shown"] }],
    tries: 1,
  });
  expect(await snapshot(stage.client)).toEqual(before);
  expect(await historyOf(stage.client)).toEqual(history);
  const row = { run_id: report.run_id, command: "verify", status: "ok", finished: true };
  expect(await runs()).toEqual([...recorded, row]);
  const { rows } = await stage.client.query(
    "SELECT version::int, action, success FROM schema_migration_events WHERE run_id = $1 ORDER BY 1",
    [report.run_id],
  );
  expect(rows).toEqual([1, 3].map((version) => ({ version, action: "verify", success: true })));
});

it("takes no run lock: it works while another run holds it, and lets that run be", async () => {
  const holder = await stage.db.connect();
  await holder.query("SELECT pg_advisory_lock($1)", [String(runLockKey("public"))]);
  await holder.query(
    "INSERT INTO schema_migration_runs (run_id, command, status, request_hash, request, plan, bundle, bundle_digest, bundle_source) VALUES ('holder', 'up', 'running', '', '{}', '[]', '', '', '')",
  );
  const report = await verify({}, [3n]);
  expect(report).toMatchObject({ status: "ok", recorded: true });
  expect(report.steps.map(({ version }) => version)).toEqual(["3"]);
  expect(await runs()).toContainEqual({
    run_id: "holder",
    command: "up",
    status: "running",
    finished: false,
  });
  await holder.query(
    "DELETE FROM schema_migration_runs WHERE run_id = 'holder'; SELECT pg_advisory_unlock_all()",
  );
});

type Row = [what: string, sql: string, code: string];
const failing: Row[] = [
  ["a check that fails", "SELECT false AS status", "check-failed"],
  ["a write", "SELECT 1;\nDO $$ BEGIN INSERT INTO base VALUES (1); END $$", "verification-wrote"],
  ["a sequence", "DO $$ BEGIN PERFORM nextval('counter'); END $$", "verification-wrote"],
  ["an error", "SELECT true AS status;\nSELECT nosuch AS status", "verification-error"],
  ["a limit", "-- migrate: statement-timeout 100ms\nSELECT pg_sleep(9)", "verification-error"],
];

describe("where one does not pass", () => {
  it.each(failing)(
    "%s: the others are still looked at, and all of it is recorded",
    async (_what, sql, code) => {
      const before = await snapshot(stage.client);
      const report = await verify({ "verify/001_verify.sql": sql });
      expect(report).toMatchObject({
        status: "failed",
        error: { code, file: "verify/001_verify.sql" },
        recorded: true,
      });
      expect(report.steps.map(({ status }) => status)).toEqual(["failed", "skipped", "done"]);
      expect(await snapshot(stage.client)).toEqual(before);
      expect((await runs()).at(-1)).toMatchObject({
        run_id: report.run_id,
        status: "failed",
        finished: true,
      });
    },
  );
});

it("says where an error is", async () => {
  const report = await verify({ "verify/003_verify.sql": "-- é😀\r\nSELECT 'é😀', nosuch AS status" });
  expect(report.error).toMatchObject({
    line: 2,
    column: 14,
    excerpt: "SELECT 'é😀', nosuch AS status\n             ^",
  });
});

it("is not recorded by a login that may only read", async () => {
  const recorded = await runs();
  const report = await verify({}, [], { user: role, password: async () => "secret" });
  expect(report).toMatchObject({ status: "ok", recorded: false, error: null });
  expect(report.warnings.map(({ code }) => code)).toContain("not-recorded");
  expect(await runs()).toEqual(recorded);
});

it("is refused for what is not applied, and what is not there", async () => {
  const more = { "004_four.sql": "SELECT 1" };
  expect(await verify(more, [4n])).toMatchObject({ status: "refused", error: { code: "not-applied" } });
  expect(await verify(more, [5n])).toMatchObject({ status: "bad_input", error: { code: "unknown-version" } });
});

it("ends at its deadline, between the server's answers too", async () => {
  const files = { ...stage.applied, "verify/001_verify.sql": "SELECT pg_sleep(9)" };
  const request = { command: "verify", versions: [] } as const;
  const report = await outOfTime(stage.client, worldFor(stage.db), (world, timeout_ms) =>
    runVerify(request, loadedSource(bundleOf(files)), runOptions({ timeout_ms }), world),
  );
  expect(report).toMatchObject({ status: "incomplete", error: { code: "deadline" } });
  expect(report.steps.map(({ status }) => status)).toEqual(["failed", "skipped", "not_run"]);
});

it("a verification that loses its connection is not recorded, and no grant would help", async () => {
  await stage.client.query(
    "CREATE FUNCTION ends() RETURNS boolean LANGUAGE sql AS 'SELECT pg_terminate_backend(pg_backend_pid())'",
  );
  const ends = "SELECT ends() AS status";
  const report = await verify({ "verify/001_verify.sql": ends }, [1n]);
  expect([report.error?.code, report.recorded]).toEqual(["connection-lost", false]);
  expect(report.warnings.find(({ code }) => code === "not-recorded")?.remedy).toBe("Run again.");
});

it("tells what is pending, and of open runs those whose backend is gone", async () => {
  const { rows } = await stage.client.query(
    `UPDATE schema_migration_runs SET finished_at = NULL, status = 'running', holder_pid = pg_backend_pid()
     WHERE run_id = (SELECT min(run_id) FROM schema_migration_runs) RETURNING run_id`,
  );
  const key = String(runLockKey("public"));
  await stage.client.query("SELECT pg_advisory_lock($1)", [key]);
  expect(await verify({ "004_four.sql": "SELECT 1" })).toMatchObject({ pending: 1, stuck_runs: [] });
  await stage.client.query("SELECT pg_advisory_unlock($1)", [key]);
  expect(await verify()).toMatchObject({ pending: 0, stuck_runs: [rows[0].run_id] });
});
