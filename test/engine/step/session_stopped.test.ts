import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import { runChange } from "#engine/run/change.ts";
import type { Session, World } from "#engine/seam.ts";
import { asleep } from "../../support/asleep.ts";
import { bundleOf, run, runOptions, type TestWorld, UP, worldFor } from "../../support/engine.ts";
import { snapshot } from "../../support/schema.ts";
import { AGES_MS, LONG_MS, timeOverAt, timeOverWhen } from "../../support/time_over.ts";
import { historyOf, lastRun, nextLabel, openStage, type Stage } from "./attempt.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage("session stopped", { "001_base.sql": "CREATE TABLE base (a int)" });
});
afterAll(() => stage.db.drop());

/** Two steps of which the second sleeps for longer than any test waits. */
function twoSteps() {
  const n = Number(nextLabel(stage));
  const first = { [`${n}_quick.sql`]: `CREATE TABLE t${n} (a int)` };
  const slow = { [`${n + 1}_slow.sql`]: "INSERT INTO base VALUES (1); SELECT pg_sleep(60)" };
  const then = { [`${n + 2}_after.sql`]: "INSERT INTO base VALUES (2)" };
  const verify = { [`verify/${n + 1}_verify.sql`]: "SELECT true AS status" };
  return { n, first, slow, then, verify };
}

const idle = async (): Promise<boolean> => {
  const { rows } = await stage.client.query(
    "SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'paws-migrate/%' AND state = 'active'",
  );
  return rows.length === 0;
};

describe("a run that is stopped within a step", () => {
  it.each([
    ["by its deadline", "incomplete", "deadline"],
    ["by its caller", "interrupted", "interrupted"],
  ])("%s, keeps what is done, and the next run goes on", async (_how, status, code) => {
    const { n, first, slow, then, verify } = twoSteps();
    const bundle = bundleOf({ ...stage.applied, ...first, ...slow, ...then, ...verify });
    const before = (await stage.client.query("SELECT * FROM base")).rows;
    const world = worldFor(stage.db);
    const sleeping = asleep(stage.client);
    const options = runOptions({ timeout_ms: LONG_MS });
    const running = runChange(
      UP,
      loadedSource(bundle),
      options,
      code === "deadline" ? timeOverWhen(world, sleeping) : world,
    );
    await sleeping;
    if (code === "interrupted") world.stop();
    const report = await running;
    expect(report).toMatchObject({ status, error: { code }, current_version: String(n) });
    // The server took the CancelRequest: it was not given up with its connection.
    expect(report.error?.message).toContain("the step in flight was rolled back");
    expect(report.steps.map((step) => step.status)).toEqual(["done", "failed", "not_run"]);
    expect((await stage.client.query("SELECT * FROM base")).rows).toEqual(before);
    // A second connection, asked for at that moment, may still part.
    await expect.poll(idle).toBe(true);
    expect(await lastRun(stage.client)).toEqual({ run_id: report.run_id, status, code, finished: true });
    const events = await stage.client.query(
      "SELECT version::int, success FROM schema_migration_events WHERE run_id = $1 ORDER BY event_id",
      [report.run_id],
    );
    expect(events.rows).toEqual([
      { version: n, success: true },
      { version: n + 1, success: false },
    ]);
    Object.assign(stage.applied, first, { [`${n + 1}_slow.sql`]: "SELECT 1" }, then);
    const again = await run(stage.db, bundleOf(stage.applied));
    expect(again.steps.map((step) => step.status)).toEqual(["done", "done"]);
  });

  it("in its verification, keeps nothing of it", async () => {
    const label = nextLabel(stage);
    const files = {
      ...stage.applied,
      [`${label}_s.sql`]: "CREATE TABLE unkept (a int)",
      [`verify/${label}_verify.sql`]: "SELECT pg_sleep(60)",
    };
    const before = await snapshot(stage.client);
    const verifying = asleep(stage.client);
    const world = timeOverWhen(worldFor(stage.db), verifying);
    const options = runOptions({ timeout_ms: LONG_MS });
    const [report] = await Promise.all([
      runChange(UP, loadedSource(bundleOf(files)), options, world),
      verifying,
    ]);
    expect(report).toMatchObject({ status: "incomplete", error: { code: "deadline" } });
    expect(await snapshot(stage.client)).toEqual(before);
  });

  it("while it waits to try again, does not try again", async () => {
    const holder = await stage.db.connect();
    await holder.query("BEGIN; LOCK TABLE base IN ACCESS SHARE MODE");
    const files = { ...stage.applied, [`${nextLabel(stage)}_s.sql`]: "ALTER TABLE base ADD COLUMN z int" };
    const world = worldFor(stage.db);
    const waiting = timeOverAt(world, ({ type }) => type === "step-retried");
    const options = runOptions({ retry_for_ms: 2 * AGES_MS, timeout_ms: LONG_MS });
    const report = await runChange(UP, loadedSource(bundleOf(files)), options, waiting);
    await holder.query("ROLLBACK");
    expect(report).toMatchObject({ status: "incomplete", error: { code: "deadline" } });
    expect(world.events.filter(({ type }) => type === "step-retried")).toHaveLength(1);
  });
});

/** Stops the run at the nth message that `matches`, before it is sent, or after its answer. */
function stopAt(world: TestWorld, matches: RegExp, when: "before" | "after"): World {
  const connect = async (runId: string): Promise<Session> => {
    const session = await world.connect(runId);
    return {
      ...session,
      send: async (messages) => {
        const found = messages.some(({ text }) => matches.test(text));
        if (found && when === "before") world.stop();
        const answers = await session.send(messages);
        if (found && when === "after") world.stop();
        return answers;
      },
    };
  };
  return { ...world, connect };
}

describe("a run that is stopped between two steps", () => {
  it.each([
    ["when the first step's answers are in", /CREATE TABLE t\d+/, "after"],
    ["when its commit goes out", /INSERT INTO .*schema_migrations/s, "before"],
    ["when its commit and the next step's answers are in", /INSERT INTO .*schema_migrations/s, "after"],
    [
      "before anything is sent of a step",
      /schema_migration_runs.*INSERT|INSERT.*schema_migration_runs/s,
      "after",
    ],
  ] as const)("%s, has done every step whole or not at all", async (_when, matches, when) => {
    const { n, first, then } = twoSteps();
    Object.assign(then, { [`${n + 3}_last.sql`]: "SELECT 1" });
    const before = await historyOf(stage.client);
    const files = { ...stage.applied, ...first, ...then };
    const world = worldFor(stage.db);
    const report = await runChange(
      UP,
      loadedSource(bundleOf(files)),
      runOptions(),
      stopAt(world, matches, when),
    );
    expect(report).toMatchObject({ status: "interrupted", error: { code: "interrupted" } });
    const { rows } = await stage.client.query("SELECT to_regclass($1) IS NOT NULL AS made", [`t${n}`]);
    const done = report.steps.filter((step) => step.status === "done").length;
    expect(rows[0].made).toBe(done > 0);
    expect(await historyOf(stage.client)).toHaveLength(before.length + done);
    expect(await lastRun(stage.client)).toMatchObject({ status: "interrupted", finished: true });
    Object.assign(stage.applied, first, then);
    const again = await run(stage.db, bundleOf(stage.applied));
    expect(again.error).toBeNull();
    expect(again.steps.length).toBe(3 - done);
  });
});

it("records a failed step once, also where a late cancel hits the closing of the run", async () => {
  const world = worldFor(stage.db);
  let hit = false;
  const connect = async (runId: string): Promise<Session> => {
    const session = await world.connect(runId);
    return {
      ...session,
      send: async (messages) => {
        const closes = messages.some(({ text }) =>
          /UPDATE .*schema_migration_runs.* SET status = \$3/s.test(text),
        );
        if (!closes || hit) return session.send(messages);
        hit = true;
        const [, ...rest] = messages;
        const cancelled = await session.send([
          { text: "DO $$ BEGIN RAISE 'late' USING ERRCODE = '57014'; END $$" },
        ]);
        return [...cancelled, ...(await session.send(rest))];
      },
    };
  };
  const files = { ...stage.applied, [`${nextLabel(stage)}_s.sql`]: "SELECT 1 / 0" };
  const report = await runChange(UP, loadedSource(bundleOf(files)), runOptions(), { ...world, connect });
  expect([hit, report.error?.code]).toEqual([true, "sql-error"]);
  expect(report.warnings).toEqual([]);
  expect(await lastRun(stage.client)).toMatchObject({ status: "failed", finished: true });
  const { rows } = await stage.client.query(
    "SELECT count(*)::int AS events FROM schema_migration_events WHERE run_id = $1",
    [report.run_id],
  );
  expect(rows).toEqual([{ events: 1 }]);
});
