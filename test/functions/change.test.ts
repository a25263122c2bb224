import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Report } from "#engine/report.ts";
import { handler as apply } from "../../functions/apply.ts";
import { handler as rollback } from "../../functions/rollback.ts";
import { handler as status } from "../../functions/status.ts";
import { handler as verify } from "../../functions/verify.ts";
import { hasOpenssl } from "../support/certificates.ts";
import { type FunctionStage, openFunctionStage } from "../support/function_stage.ts";
import { generatedFiles } from "../support/generated_bundle.ts";
import { expectValidReport } from "../support/report_schema.ts";

describe.skipIf(!(await hasOpenssl()))("the functions", () => {
  let stage: FunctionStage;
  beforeAll(async () => {
    stage = await openFunctionStage();
    await stage.publish("1", generatedFiles(2));
    await stage.publish("2", generatedFiles(3));
    await stage.publish("1", { ...generatedFiles(2), "003_bad.sql": "SELECT 1 / 0" }, "bad");
    await stage.publish("1", { ...generatedFiles(1), "002_slow.sql": "SELECT pg_sleep(600)" }, "slow");
  });
  afterAll(() => stage?.stop());

  it("apply, verify, status, rollback: each returns its report", async () => {
    const { client, environment } = await stage.database();
    const applied = await stage.invoke(apply, environment, { run_id: "one", bundle: { version: "1" } });
    expect(applied.error).toBeNull();
    expect(applied.report).toMatchObject({
      command: "up",
      status: "ok",
      run_id: "one",
      current_version: "2",
      bundle: { name: "suite", source: "s3://bundles-of-a-test/bundles/suite/1.zip?versionId=v1" },
    });
    const verified = await stage.invoke(verify, environment, {});
    expect(verified.report).toMatchObject({ command: "verify", status: "ok", pending: 1, stuck_runs: [] });
    const looked = await stage.invoke(verify, environment, { integrity: true });
    expect(looked.report).toMatchObject({ command: "verify", status: "ok", integrity: { length: 8 } });
    const asked = await stage.invoke(status, environment, { run_id: "one" });
    expect(asked.report).toMatchObject({ command: "runs", runs: [{ run_id: "one", status: "ok" }] });
    const shown = await stage.invoke(status, environment, {});
    expect(shown.report).toMatchObject({ command: "status", status: "ok", pending: [{ label: "003" }] });
    const removed = await stage.invoke(rollback, environment, { from: "002", reason: "no" });
    expect(removed.report).toMatchObject({ command: "rollback", status: "ok", current_version: "1" });
    for (const { report } of [applied, verified, looked, asked, shown, removed]) expectValidReport(report);
    const { rows } = await client.query("SELECT version FROM schema_migrations");
    expect(rows).toEqual([{ version: "1" }]);
  });

  it("who asked, and the request's id, are recorded; the run's id is the request's where none is given", async () => {
    const { client, environment } = await stage.database();
    const request_id = "0192f3a1-7c4e-7a52-9d10-3b8f6f0c2e11";
    const event = { requested_by: "alice", reason: "release" };
    const { report } = await stage.invoke(apply, environment, event, { request_id });
    expect(report).toMatchObject({ run_id: request_id });
    const { rows } = await client.query(
      "SELECT run_id, request_id, requested_by, reason, credential_version FROM schema_migration_runs",
    );
    expect(rows).toEqual([{ run_id: request_id, request_id, ...event, credential_version: "v1" }]);
  });

  it("a plan is no run", async () => {
    const { client, environment } = await stage.database();
    const { report, metrics } = await stage.invoke(apply, environment, { dry_run: true, steps: 1 });
    expect(report).toMatchObject({ command: "plan", of: "up", status: "ok", steps: [{ label: "001" }] });
    expect(metrics).toEqual([]);
    const { rows } = await client.query("SELECT to_regclass('schema_migrations') AS found");
    expect(rows).toEqual([{ found: null }]);
  });

  it("a migration that fails throws: its name and one line, nothing else; the report is in the database", async () => {
    const { environment } = await stage.database();
    const event = { run_id: "bad", bundle: { name: "bad" } };
    const { error, report } = await stage.invoke(apply, environment, event);
    expect(report).toBeNull();
    expect(error?.name).toBe("MigrationFailed");
    expect(error?.message).toBe(
      "run bad: sql-error: SQLSTATE 22012, 003_bad.sql:1: Correct the SQL at the place shown; nothing of this step was kept.",
    );
    expect(Object.keys(error ?? {})).toEqual([]);
    const asked = await stage.invoke(status, environment, { run_id: "bad" });
    expect(asked.report).toMatchObject({
      status: "ok",
      runs: [{ status: "failed", report: { error: { message: "division by zero" } } }],
    });
  });

  it("the same event twice is one run", async () => {
    const { client, environment } = await stage.database();
    const event = { run_id: "twice", steps: 1 };
    const first = await stage.invoke(apply, environment, event);
    const second = await stage.invoke(apply, environment, event);
    expect(first.report).toMatchObject({ replayed: false, current_version: "1" });
    expect(second.report).toMatchObject({ replayed: true, current_version: "1", status: "ok" });
    expect(second.metrics).toEqual([]);
    const { rows } = await client.query("SELECT version FROM schema_migrations");
    expect(rows).toEqual([{ version: "1" }]);
  });

  it("an event that cannot be is refused with every fault, before anything is asked of anyone", async () => {
    const { environment } = await stage.database();
    const before = stage.edge.requests.length;
    const { error, metrics } = await stage.invoke(rollback, environment, {
      form: "5",
      steps: 0,
      target: "x",
    });
    expect(error?.name).toBe("MigrationBadInput");
    expect(error?.message).toMatch(
      /^run [0-9a-f-]{36}: bad-event: form is no field of this event\.; bad-event: steps is 0; .*; wrong-target: /,
    );
    expect(stage.edge.requests.length).toBe(before);
    expect(metrics.map(({ name, values }) => [name, values])).toEqual([["RunFailed", [1]]]);
  });

  it("an environment that cannot be is refused with every fault", async () => {
    const { environment } = await stage.database({ DB_SECRET_ARN: "", REPORT_MAX_BYTES: "9" });
    const { error } = await stage.invoke(apply, environment, {});
    expect(error?.name).toBe("MigrationBadInput");
    expect(error?.message).toMatch(
      /bad-configuration: .*DB_SECRET_ARN.*bad-configuration: .*REPORT_MAX_BYTES/,
    );
  });

  it.each([
    ["throws", {}, "MigrationIncomplete"],
    ["returns where the caller goes on by itself", { on_incomplete: "return" }, null],
  ])("a run that its deadline cuts %s, and has undone the step in flight", async (_, more, name) => {
    const { client, environment } = await stage.database();
    const event = { run_id: "slow", bundle: { name: "slow" }, ...more };
    // Half of it is the run's, which is enough for the first step also where the machine is busy.
    const cut = await stage.invoke(apply, environment, event, { remaining_ms: 16_000 });
    expect(cut.error?.name ?? null, cut.error?.message).toBe(name);
    if (name === null)
      expect(cut.report).toMatchObject({ status: "incomplete", error: { code: "deadline" } });
    const { rows } = await client.query("SELECT version FROM schema_migrations");
    expect(rows).toEqual([{ version: "1" }]);
    const failed = cut.metrics.find((metric) => metric.name === "RunFailed");
    expect(failed?.values).toEqual([name === null ? 0 : 1]);
  });

  it("with milliseconds left nothing is begun", async () => {
    const { client, environment } = await stage.database();
    const { error } = await stage.invoke(apply, environment, {}, { remaining_ms: 4 });
    expect(error?.name, error?.message).toMatch(/^Migration(Incomplete|Unreachable)$/);
    const { rows } = await client.query("SELECT to_regclass('t00001') AS found");
    expect(rows).toEqual([{ found: null }]);
  });

  it("an answer that is too big is cut, and says so", async () => {
    const { environment } = await stage.database({ REPORT_MAX_BYTES: "32768" });
    await stage.publish("1", generatedFiles(120), "many");
    const { report } = await stage.invoke(apply, environment, {
      run_id: "many",
      bundle: { name: "many" },
    });
    expect(report?.cut).toMatchObject({ see: "paws-migrate runs --run many" });
    expect(report?.steps.at(-1)).toMatchObject({ label: "120", status: "done" });
    expect(Buffer.byteLength(JSON.stringify(report))).toBeLessThanOrEqual(32_768);
    expectValidReport(report);
  });

  it("a fault of ours is told as one, and by its place alone", async () => {
    const { environment } = await stage.database();
    const planted = new TypeError("planted");
    const { invocation } = await import("#io/lambda/invocation.ts");
    const broken = invocation("apply", () => {
      throw planted;
    });
    const { error, log, lines } = await stage.invoke(broken, environment, {});
    expect(error?.name).toBe("MigrationInternal");
    expect(log + error?.message + error?.stack).not.toContain("planted");
    expect(lines[0]).toMatchObject({ message: "run not begun", kind: "TypeError" });
    expect(JSON.stringify(lines[0])).toContain("change.test.ts");
  });

  it("a report that cannot be told is a fault of ours too, and no error as it came", async () => {
    const { environment } = await stage.database();
    const { invocation } = await import("#io/lambda/invocation.ts");
    const { readStatusEvent } = await import("#io/lambda/status_event.ts");
    const untold = {
      command: "up",
      status: "ok",
      bundle: null,
      steps: [],
      warnings: "planted",
    } as unknown as Report;
    const broken = invocation("apply", (event, target) => ({
      common: readStatusEvent(event, target).common,
      expected_plan: null,
      run: async () => untold,
    }));
    const { error, log } = await stage.invoke(broken, environment, { run_id: "untold" });
    expect([error?.name, error?.message]).toEqual([
      "MigrationInternal",
      expect.stringMatching(/^run untold: internal: /),
    ]);
    expect(log).not.toContain("planted");
  });
});
