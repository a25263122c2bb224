import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import type { ChangeReport } from "#engine/report.ts";
import { runChange } from "#engine/run/change.ts";
import { asleep } from "../../support/asleep.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { bundleOf, run, runOptions, UP, worldFor } from "../../support/engine.ts";
import { type ClientMessage, type FaultProxy, startProxy } from "../../support/proxy.ts";
import { buildRunner, jobFor } from "../../support/runner.ts";

const FIRST = { "1_one.sql": "CREATE TABLE one (a int);" };
const SECOND = { "2_two.sql": "CREATE TABLE two (a int);" };

let db: TestDatabase;
let proxy: FaultProxy | null = null;
beforeEach(async () => {
  db = await createDatabase("attentive");
  expect((await run(db, bundleOf(FIRST))).error).toBeNull();
});
afterEach(async () => {
  await proxy?.close();
  await db.drop();
});

/** Runs on a connection through which nothing passes any more from the first message that `at` names. */
async function frozenAt(
  at: (message: ClientMessage) => boolean,
  files: Readonly<Record<string, string>> = SECOND,
): Promise<ChangeReport> {
  let frozen = false;
  const target = { host: String(db.config.host), port: Number(db.config.port) };
  proxy = await startProxy(target, {
    cut: (message) => {
      if (frozen || !at(message)) return undefined;
      frozen = true;
      return "freeze";
    },
  });
  const world = worldFor(db, { host: proxy.host, port: proxy.port });
  const report = await runChange(
    UP,
    loadedSource(bundleOf({ ...FIRST, ...files })),
    runOptions({ silence_ms: 300 }),
    world,
  );
  expect(frozen).toBe(true);
  return report;
}

const contains = (text: string) => (message: ClientMessage) => message.sql?.includes(text) === true;

describe("a connection that nothing comes through any more", () => {
  it.each([
    ["at the preflight", "pg_is_in_recovery", null],
    ["at the run lock", "pg_try_advisory_lock", null],
    ["at the claim", "schema_migration_runs", null],
    ["in a step", "CREATE TABLE two", "failed"],
  ])("%s: the run ends, and says that nothing was kept", async (_, text, step) => {
    const report = await frozenAt(contains(text));
    expect([report.status, report.error?.code]).toEqual(["failed", "connection-lost"]);
    if (step !== null) expect(report.steps.map(({ status }) => status)).toEqual([step]);
    // The old backend was ended: nobody waits for its locks.
    const next = await run(db, bundleOf({ ...FIRST, ...SECOND }), UP, {
      lock_wait_ms: 20_000,
    });
    expect([next.status, next.steps.length]).toEqual(["ok", 1]);
  });

  it("at the goodbye: the run lock is free all the same", async () => {
    const report = await frozenAt(({ type }) => type === "X");
    expect(report.status).toBe("ok");
    expect((await run(db, bundleOf({ ...FIRST, ...SECOND }), UP, { lock_wait_ms: 0 })).status).toBe("ok");
  });

  it("at the COMMIT: it is learnt that nothing was committed", async () => {
    let inStep = false;
    const report = await frozenAt((message) => {
      inStep ||= contains("CREATE TABLE two")(message);
      return inStep && message.sql?.startsWith("COMMIT") === true;
    });
    expect([report.status, report.error?.code]).toEqual(["failed", "connection-lost"]);
    expect(report.error?.message).toContain("it was not");
    expect(report.warnings).toEqual([]);
  });
});

it("a statement that takes long is let be", async () => {
  const slow = { "2_two.sql": "CREATE TABLE two (); SELECT pg_sleep(2.5);" };
  const options = { silence_ms: 200 };
  const report = await run(db, bundleOf({ ...FIRST, ...slow }), UP, options);
  expect([report.status, report.error]).toEqual(["ok", null]);
});

it("a runner that was frozen, and whose backend is gone when it wakes, says so and does no harm", async () => {
  const program = buildRunner();
  try {
    const slow = { "2_two.sql": "CREATE TABLE two (); SELECT pg_sleep(60);" };
    const runner = program.start();
    await runner.ready;
    runner.begin(jobFor(db, { ...FIRST, ...slow, "3_three.sql": "CREATE TABLE three ();" }));
    await runner.said("step-started");
    const client = await db.connect();
    const backend = await asleep(client);
    runner.process.kill("SIGSTOP");
    await client.query("SELECT pg_terminate_backend($1)", [backend]);
    const other = await run(db, bundleOf({ ...FIRST, ...SECOND, "3_three.sql": "CREATE TABLE three ();" }));
    expect([other.status, other.steps.length]).toEqual(["ok", 2]);
    runner.process.kill("SIGCONT");
    const { report } = await runner.ended;
    expect(report).toMatchObject({ status: "failed", error: { code: "connection-lost" } });
    expect(report?.steps.map(({ status }) => status)).toEqual(["failed", "not_run"]);
    const { rows } = await client.query(
      "SELECT array_agg(version::int ORDER BY version) AS versions FROM schema_migrations",
    );
    expect(rows).toEqual([{ versions: [1, 2, 3] }]);
    const { rows: runs } = await client.query("SELECT status FROM schema_migration_runs WHERE run_id = $1", [
      report?.run_id,
    ]);
    expect(runs).toEqual([{ status: "failed" }]);
  } finally {
    program.remove();
  }
});
