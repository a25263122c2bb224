import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runChange } from "#engine/run/change.ts";
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

it("a backend that is terminated within a step: nothing is kept, and the next run says abandoned", async () => {
  const label = nextLabel(stage);
  const [before, history] = [await snapshot(stage.client), await historyOf(stage.client)];
  const sql = "INSERT INTO base VALUES (1); SELECT pg_sleep(60)";
  const running = run(
    stage.db,
    bundleOf({ ...stage.applied, [`${label}_s.sql`]: sql, "999_a.sql": "SELECT 1" }),
  );
  for (let ended = 0; ended === 0; ) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    const { rows } = await stage.client.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()",
    );
    ended = rows.length;
  }
  const report = await running;
  expect(report).toMatchObject({ status: "failed", error: { code: "connection-lost" } });
  expect(report.steps.map((step) => step.status)).toEqual(["failed", "not_run"]);
  expect(report.warnings.map(({ code }) => code)).toContain("not-recorded");
  expect(await snapshot(stage.client)).toEqual(before);
  expect(await historyOf(stage.client)).toEqual(history);
  expect(await statusOf(report.run_id)).toBe("running");
  Object.assign(stage.applied, { [`${label}_s.sql`]: "SELECT 1" });
  const again = await run(stage.db, bundleOf(stage.applied));
  expect(again.error).toBeNull();
  expect(await statusOf(report.run_id)).toBe("abandoned");
});

describe("a connection that is lost at the commit", () => {
  // Whether it took effect: the answer was lost, or the COMMIT itself.
  it.each<[Cut, boolean, "last" | "carried"]>([
    ["drop-reply", true, "last"],
    ["reset", false, "last"],
    ["drop-reply", true, "carried"],
    ["reset", false, "carried"],
  ])("%s: the outcome is unknown, and nothing is guessed (applied: %s, %s)", async (cut, applied, which) => {
    const label = nextLabel(stage);
    const name = `t${label}`;
    let inStep = false;
    const proxy = await startProxy(
      { host: String(stage.db.config.host), port: Number(stage.db.config.port) },
      {
        cut: ({ sql }) => {
          inStep ||= sql?.includes(`CREATE TABLE ${name}`) === true;
          return inStep && sql?.startsWith("COMMIT") === true ? cut : undefined;
        },
      },
    );
    const own = { [`${label}_s.sql`]: `CREATE TABLE ${name} (a int)` };
    const next = which === "carried" ? { "999_next.sql": "CREATE TABLE never (a int)" } : {};
    const world = worldFor(stage.db, { host: proxy.host, port: proxy.port });
    const report = await runChange(UP, bundleOf({ ...stage.applied, ...own, ...next }), runOptions(), world);
    await proxy.close();
    expect(report).toMatchObject({ status: "unknown", error: { code: "unknown-commit" } });
    expect(report.steps[0]?.status).not.toBe("done");
    expect(report.steps[1]?.status).toBe(which === "carried" ? "not_run" : undefined);
    // The next run finds out by itself.
    Object.assign(stage.applied, own);
    const again = await run(stage.db, bundleOf(stage.applied));
    expect(again.error).toBeNull();
    expect(again.steps.length).toBe(applied ? 0 : 1);
    expect(await statusOf(report.run_id)).toBe("abandoned");
    const { rows } = await stage.client.query(
      "SELECT to_regclass($1) IS NOT NULL AS made, to_regclass('never') IS NULL AS never, count(*)::int AS rows FROM schema_migrations WHERE version = $2",
      [name, label],
    );
    expect(rows).toEqual([{ made: true, never: true, rows: 1 }]);
  });
});
