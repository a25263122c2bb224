import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import { runChange } from "#engine/run/change.ts";
import { asleep } from "../../support/asleep.ts";
import { bundleOf, run, runOptions, UP, worldFor } from "../../support/engine.ts";
import { type Cut, startProxy } from "../../support/proxy.ts";
import { snapshot } from "../../support/schema.ts";
import { historyOf, nextLabel, openStage, type Stage } from "./attempt.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage("session lost", { "001_base.sql": "CREATE TABLE base (a int)" });
});
afterAll(() => stage.db.drop());

const statusOf = async (run_id: string | null): Promise<string | undefined> =>
  (await stage.client.query("SELECT status FROM schema_migration_runs WHERE run_id = $1", [run_id])).rows[0]
    ?.status;

it("a backend that is terminated within a step: nothing is kept, and the run says so on a new session", async () => {
  const label = nextLabel(stage);
  const [before, history] = [await snapshot(stage.client), await historyOf(stage.client)];
  const sql = "INSERT INTO base VALUES (1); SELECT pg_sleep(60)";
  const running = run(
    stage.db,
    bundleOf({ ...stage.applied, [`${label}_s.sql`]: sql, "999_a.sql": "SELECT 1" }),
  );
  await stage.client.query("SELECT pg_terminate_backend($1)", [await asleep(stage.client)]);
  const report = await running;
  expect(report).toMatchObject({ status: "failed", error: { code: "connection-lost" } });
  expect(report.steps.map((step) => step.status)).toEqual(["failed", "not_run"]);
  expect(report.warnings).toEqual([]);
  expect(await snapshot(stage.client)).toEqual(before);
  expect(await historyOf(stage.client)).toEqual(history);
  expect(await statusOf(report.run_id)).toBe("failed");
  const { rows: events } = await stage.client.query(
    "SELECT success, error ->> 'code' AS code FROM schema_migration_events WHERE run_id = $1",
    [report.run_id],
  );
  expect(events).toEqual([{ success: false, code: "connection-lost" }]);
  Object.assign(stage.applied, { [`${label}_s.sql`]: "SELECT 1" });
  const again = await run(stage.db, bundleOf(stage.applied));
  expect(again.error).toBeNull();
});

describe("a connection that is lost at the commit", () => {
  // Whether it took effect: the answer was lost, or the COMMIT itself.
  it.each<[Cut, boolean, "last" | "carried"]>([
    ["drop-reply", true, "last"],
    ["reset", false, "last"],
    ["drop-reply", true, "carried"],
    ["reset", false, "carried"],
  ])("%s: the run looks what became of it (applied: %s, %s)", async (cut, applied, which) => {
    const label = nextLabel(stage);
    const name = `t${label}`;
    let inStep = false;
    let happened = false;
    const proxy = await startProxy(
      { host: String(stage.db.config.host), port: Number(stage.db.config.port) },
      {
        cut: ({ sql }) => {
          inStep ||= sql?.includes(`CREATE TABLE ${name}`) === true;
          if (!inStep || happened || sql?.startsWith("COMMIT") !== true) return undefined;
          happened = true;
          return cut;
        },
      },
    );
    const own = { [`${label}_s.sql`]: `CREATE TABLE ${name} (a int)` };
    const next = which === "carried" ? { "999_next.sql": "CREATE TABLE never (a int)" } : {};
    const world = worldFor(stage.db, { host: proxy.host, port: proxy.port });
    const report = await runChange(
      UP,
      loadedSource(bundleOf({ ...stage.applied, ...own, ...next })),
      runOptions(),
      world,
    );
    await proxy.close();
    const last = which === "last";
    expect([report.status, report.error?.code ?? null]).toEqual(
      applied && last ? ["ok", null] : ["failed", "connection-lost"],
    );
    expect(report.steps.map((step) => step.status)).toEqual([
      applied ? "done" : "failed",
      ...(last ? [] : ["not_run"]),
    ]);
    expect(report.current_version).toBe(String(Number(label) - (applied ? 0 : 1)));
    expect(report.warnings).toEqual([]);
    expect(await statusOf(report.run_id)).toBe(report.status);
    const told = world.events.filter(({ type }) => type === "step-finished");
    expect(told).toMatchObject([{ label, status: applied ? "done" : "failed" }]);
    Object.assign(stage.applied, own);
    const again = await run(stage.db, bundleOf(stage.applied));
    expect(again.error).toBeNull();
    expect(again.steps.length).toBe(applied ? 0 : 1);
    const { rows } = await stage.client.query(
      "SELECT to_regclass($1) IS NOT NULL AS made, to_regclass('never') IS NULL AS never, count(*)::int AS rows FROM schema_migrations WHERE version = $2",
      [name, label],
    );
    expect(rows).toEqual([{ made: true, never: true, rows: 1 }]);
  });
});
