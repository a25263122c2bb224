import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ChangeReport } from "#engine/report.ts";
import { METRIC_DIMENSIONS, METRIC_NAMESPACE, METRICS, RUN_EVENT } from "#io/contract.ts";
import { handler as apply } from "../../functions/apply.ts";
import { handler as rollback } from "../../functions/rollback.ts";
import { handler as status } from "../../functions/status.ts";
import { handler as verify } from "../../functions/verify.ts";
import { hasOpenssl } from "../support/certificates.ts";
import { answer, jsonAnswer } from "../support/edge_stub.ts";
import type { ReadMetric } from "../support/emf.ts";
import { type FunctionStage, openFunctionStage } from "../support/function_stage.ts";
import { generatedFiles } from "../support/generated_bundle.ts";
import { expectValidReport } from "../support/report_schema.ts";

const BUS = "arn:aws:events:eu-west-1:123456789012:event-bus/runs";
const TARGET = "orders-test";

const valuesOf = (metrics: readonly ReadMetric[]): Record<string, readonly number[]> =>
  Object.fromEntries(metrics.map(({ name, values }) => [name, values]));

describe.skipIf(!(await hasOpenssl()))("what a run tells", () => {
  let stage: FunctionStage;
  beforeAll(async () => {
    stage = await openFunctionStage();
    // The last one locks what was there before.
    const alter = { "004_alter.sql": "ALTER TABLE t00001 ADD COLUMN more int" };
    await stage.publish("1", { ...generatedFiles(3), ...alter });
    const failing = "SELECT 'rows' AS check_name, false AS status UNION ALL SELECT 'more', false";
    await stage.publish("1", { ...generatedFiles(2), "verify/002_verify.sql": failing }, "bad");
  });
  afterAll(() => stage?.stop());

  it("the metrics are the report's and the database's numbers, under target and command alone", async () => {
    const { client, environment } = await stage.database();
    const { report, metrics } = await stage.invoke(apply, environment, { run_id: "one" });
    const { steps, duration_ms } = report as ChangeReport;
    const each = (key: "duration_ms" | "lock_wait_ms" | "lock_held_ms" | "tries") =>
      steps.flatMap((step) => step[key] ?? []);
    expect(each("lock_held_ms")).toHaveLength(1);
    expect(valuesOf(metrics)).toEqual({
      RunDuration: [duration_ms],
      RunFailed: [0],
      Applied: [4],
      RolledBack: [0],
      ChecksFailed: [0],
      StepDuration: each("duration_ms"),
      LockWait: each("lock_wait_ms"),
      LockHeld: each("lock_held_ms"),
      Tries: each("tries"),
    });
    for (const { namespace, dimensions, name, unit } of metrics) {
      expect(namespace).toBe(METRIC_NAMESPACE);
      expect(dimensions).toEqual({
        [METRIC_DIMENSIONS.target]: TARGET,
        [METRIC_DIMENSIONS.command]: "apply",
      });
      expect(Object.values(METRICS)).toContainEqual({ name, unit });
    }
    const { rows } = await client.query(
      "SELECT duration_ms::float8, lock_wait_ms::float8, lock_held_ms::float8, tries FROM schema_migration_events ORDER BY event_id",
    );
    expect(rows.map((row) => row.duration_ms)).toEqual(each("duration_ms"));
    expect(rows.map((row) => row.lock_wait_ms)).toEqual(each("lock_wait_ms"));
    // The row is written before the commit, which the locks are held for too.
    const [held_ms] = rows.flatMap((row) => row.lock_held_ms ?? []);
    expect(held_ms).toBeGreaterThan(0);
    expect(each("lock_held_ms")[0]).toBeGreaterThanOrEqual(held_ms);
    expect(rows.map((row) => row.tries)).toEqual(each("tries"));
  });

  it("the log has a line at the start, at each step and at the end, each with the run's id", async () => {
    const { environment } = await stage.database();
    const { lines, report } = await stage.invoke(
      apply,
      environment,
      { run_id: "two", steps: 2, requested_by: "alice\n{" },
      { request_id: "0192f3a1-7c4e-7a52-9d10-3b8f6f0c2e11" },
    );
    expect(lines.map(({ message }) => message)).toEqual([
      "run started",
      "connected",
      "planned",
      "step started",
      "step started",
      "step finished",
      "step finished",
      "run finished",
    ]);
    for (const line of lines) {
      expect(line).toMatchObject({
        level: "INFO",
        service: "paws-migrate",
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
        target: TARGET,
        command: "apply",
        run_id: "two",
        request_id: "0192f3a1-7c4e-7a52-9d10-3b8f6f0c2e11",
      });
    }
    expect(lines[0]).toMatchObject({ requested_by: "alice\n{" });
    const steps = (report as ChangeReport).steps;
    const finished = lines.filter(({ message }) => message === "step finished");
    expect(finished.map(({ duration_ms }) => duration_ms)).toEqual(steps.map((step) => step.duration_ms));
    expect(lines.at(-1)).toMatchObject({
      status: "ok",
      applied: 2,
      current_version: "2",
      duration_ms: report?.duration_ms,
    });
  });

  it("a failed run is counted, and so are its failed checks and what was rolled back", async () => {
    const { environment } = await stage.database();
    const failed = await stage.invoke(apply, environment, { bundle: { name: "bad" } });
    expect(failed.error?.name).toBe("MigrationFailed");
    expect(valuesOf(failed.metrics)).toMatchObject({ RunFailed: [1], ChecksFailed: [2], Applied: [1] });
    expect(failed.lines.at(-1)).toMatchObject({
      level: "ERROR",
      message: "run finished",
      status: "failed",
      error: { code: "check-failed", file: "verify/002_verify.sql" },
    });
    const removed = await stage.invoke(rollback, environment, { bundle: { name: "bad" } });
    expect(valuesOf(removed.metrics)).toMatchObject({ RunFailed: [0], RolledBack: [1], Applied: [0] });
  });

  it("a verification tells what is pending, and of runs whose backend is gone", async () => {
    const { client, environment } = await stage.database();
    await stage.invoke(apply, environment, { run_id: "died", steps: 1 });
    await client.query(
      "UPDATE schema_migration_runs SET finished_at = NULL, status = 'running' WHERE run_id = 'died'",
    );
    const { report, metrics } = await stage.invoke(verify, environment, {});
    expect(report).toMatchObject({ pending: 3, stuck_runs: ["died"] });
    expect(valuesOf(metrics)).toMatchObject({ Pending: [3], StuckRuns: [1], RunFailed: [0] });
    expectValidReport(report);
  });

  it("a look is no run: no metrics, no event", async () => {
    const { environment } = await stage.database({ EVENT_BUS_ARN: BUS });
    const before = stage.edge.events.length;
    const { metrics, lines } = await stage.invoke(status, environment, {});
    expect(metrics).toEqual([]);
    expect(lines.at(-1)).toMatchObject({ message: "run finished", command: "status", status: "ok" });
    expect(stage.edge.events.length).toBe(before);
  });

  it("the bus is told of each finished run, in a few words", async () => {
    const { environment } = await stage.database({ EVENT_BUS_ARN: BUS });
    const before = stage.edge.events.length;
    const { report } = await stage.invoke(apply, environment, { run_id: "three", steps: 1 });
    await stage.invoke(apply, environment, { run_id: "four", bundle: { name: "bad" } });
    const told = stage.edge.events.slice(before);
    expect(told).toHaveLength(2);
    for (const entry of told) {
      expect(entry).toMatchObject({
        EventBusName: BUS,
        Source: RUN_EVENT.source,
        DetailType: RUN_EVENT.detail_type,
      });
    }
    const [good, bad] = told.map(({ Detail }) => JSON.parse(Detail));
    expect(good).toEqual({
      target: TARGET,
      command: "apply",
      run_id: "three",
      status: "ok",
      bundle: {
        name: "suite",
        version: "1",
        digest: report?.bundle?.digest,
        source: report?.bundle?.source,
      },
      current_version: "1",
      steps: 1,
      applied: 1,
      rolled_back: 0,
      checks_failed: 0,
      error: null,
      warnings: [],
      started_at: report?.started_at,
      finished_at: report?.finished_at,
      duration_ms: report?.duration_ms,
      attempt: 1,
      replayed: false,
      recovered: false,
    });
    expect(bad).toMatchObject({ run_id: "four", status: "refused", error: { code: "other-bundle" } });
  });

  it.each([
    [
      "refuses",
      answer(400, JSON.stringify({ __type: "AccessDeniedException", message: "planted" })),
      /AccessDeniedException/,
    ],
    [
      "takes nothing",
      jsonAnswer({
        FailedEntryCount: 1,
        Entries: [{ ErrorCode: "InternalFailure", ErrorMessage: "planted" }],
      }),
      /InternalFailure/,
    ],
    ["says nothing", { kind: "never" } as const, /TimeoutError|DeadlineError/],
    ["hangs up", { kind: "reset" } as const, /ECONNRESET/],
  ])("a bus that %s is a warning, and no failed run", async (_, how, why) => {
    const { environment } = await stage.database({ EVENT_BUS_ARN: BUS });
    stage.edge.bus(how);
    const { report, lines, log } = await stage.invoke(apply, environment, { steps: 1 });
    stage.edge.bus(null);
    expect(report).toMatchObject({ status: "ok", warnings: [{ code: "event-not-sent" }] });
    expect(report?.warnings[0]?.message).toMatch(why);
    expect(lines).toContainEqual(
      expect.objectContaining({ level: "WARN", message: "event not sent", code: "event-not-sent" }),
    );
    expect(log).not.toContain("planted");
    expectValidReport(report);
  });
});
