import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { ChangeReport } from "#engine/report.ts";
import type { ChangeRequest } from "#engine/request.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { bundleOf, rollback, run, UP } from "../../support/engine.ts";
import { cameBy, committedIn, numbered, rowOf, versionsIn } from "../../support/run_ids.ts";
import { buildRunner, jobFor, type RunnerProgram } from "../../support/runner.ts";

const FILES = numbered(4);
const run_id = "five-at-once";
const PROCESSES = 5;

let program: RunnerProgram;
beforeAll(() => {
  program = buildRunner();
});
afterAll(() => program.remove());

let db: TestDatabase;
beforeEach(async () => {
  db = await createDatabase("run id race");
});
afterEach(() => db.drop());

/** The same request by so many processes at the same moment. */
async function together(request: ChangeRequest, run_wait_ms: number): Promise<readonly ChangeReport[]> {
  const runners = Array.from({ length: PROCESSES }, () => program.start());
  await Promise.all(runners.map(({ ready }) => ready));
  const job = { ...jobFor(db, FILES, { run_id, run_wait_ms, lock_wait_ms: 60_000 }), request };
  for (const runner of runners) runner.begin(job);
  const ended = await Promise.all(runners.map((runner) => runner.ended));
  return ended.flatMap(({ report }) => report ?? []);
}

describe.each([
  ["up", UP, [1, 2, 3, 4], ["1 apply", "2 apply", "3 apply", "4 apply"]],
  ["rollback of the last", rollback(1), [1, 2, 3], ["4 rollback"]],
] as const)(`${PROCESSES} processes at once with one run id: %s`, (what, request, after, steps) => {
  beforeEach(async () => {
    if (what !== "up") expect((await run(db, bundleOf(FILES))).error).toBeNull();
  });

  it("one does it, and the others that wait for it tell what it told", async () => {
    const reports = await together(request, 60_000);
    expect(reports.map(({ status }) => status)).toEqual(Array(PROCESSES).fill("ok"));
    expect(reports.filter(({ replayed }) => !replayed)).toHaveLength(1);
    const [first] = reports;
    for (const report of reports) expect(report).toEqual({ ...first, replayed: report.replayed });
    expect(await versionsIn(db)).toEqual(after);
    expect(await committedIn(db, run_id)).toEqual(steps);
    expect(await rowOf(db, run_id)).toMatchObject({ status: "ok", attempt: 1 });
  }, 120_000);

  it("one does it, and the others that may not wait are busy, or come when it has ended", async () => {
    const reports = await together(request, 0);
    expect(reports.filter(({ status, replayed }) => status === "ok" && !replayed)).toHaveLength(1);
    for (const { status, replayed, error } of reports.filter(
      (report) => report.status !== "ok" || report.replayed,
    )) {
      expect([status, error?.code, replayed]).toEqual(
        replayed ? ["ok", undefined, true] : ["busy", "run-in-progress", false],
      );
    }
    expect(await versionsIn(db)).toEqual(after);
    expect(await committedIn(db, run_id)).toEqual(steps);
  }, 120_000);
});

describe("while an attempt is at work", () => {
  const SLOW = { ...numbered(1), "2_slow.sql": "CREATE TABLE t2 (id int); SELECT pg_sleep(60)" };

  async function atWork() {
    const runner = program.start();
    await runner.ready;
    runner.begin(jobFor(db, SLOW, { run_id }));
    await runner.said("step-started");
    await until(async () => (await committedIn(db, run_id)).length === 1);
    return runner;
  }

  async function until(holds: () => Promise<boolean>): Promise<void> {
    while (!(await holds().catch(() => false))) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  it("its own id is told so, another one waits for the lock, and its death is taken over", async () => {
    const runner = await atWork();
    const own = await run(db, bundleOf(SLOW), UP, { run_id });
    expect(cameBy(own)).toMatchObject({ status: "busy", code: "run-in-progress" });
    expect(own.error?.message).toMatch(/attempt 1, since .*, its backend \d+ lives/);
    const other = await run(db, bundleOf(SLOW), UP, { run_id: "another", lock_wait_ms: 0 });
    expect(cameBy(other)).toMatchObject({ status: "busy", code: "other-run" });
    expect(other.error?.message).toContain(run_id);

    const waiting = run(db, bundleOf(SLOW), UP, { run_id, run_wait_ms: 60_000, timeout_ms: 60_000 });
    runner.process.kill("SIGKILL");
    await runner.ended;
    const client = await db.connect();
    // The dead process's backend goes on with its statement, and keeps the lock, until it is ended.
    await client.query(
      "SELECT pg_terminate_backend(holder_pid) FROM schema_migration_runs WHERE status = 'running'",
    );
    await until(async () => (await rowOf(db, run_id))?.attempt === 2);
    // Attempt 2 is claimed before its statement begins.
    const cancelled =
      "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()";
    await until(async () => ((await client.query(cancelled)).rowCount ?? 0) > 0);
    const taken = await waiting;
    expect(taken.attempt).toBe(2);
    expect(taken.steps.map(({ version, status }) => `${version} ${status}`)).toEqual(["1 done", "2 failed"]);
    expect(await committedIn(db, run_id)).toEqual(["1 apply"]);
    expect(
      (await run(db, bundleOf(SLOW), UP, { run_id: "another", lock_wait_ms: 0, timeout_ms: 1 })).error?.code,
    ).not.toBe("other-run");
  }, 120_000);
});
