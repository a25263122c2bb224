import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import { runChange } from "#engine/run/change.ts";
import { planChange } from "#engine/run/plan.ts";
import type { World } from "#engine/seam.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { bundleOf, rollback, run, runOptions, UP, worldFor } from "../../support/engine.ts";
import { codes, stepsOf } from "../../support/faults.ts";
import { jumpingClock } from "../../support/jumping_clock.ts";
import {
  cameBy,
  committedIn,
  countedSource,
  dieAt,
  numbered,
  PATIENT,
  rowOf,
  versionsIn,
} from "../../support/run_ids.ts";

const FOUR = bundleOf(numbered(4));
const run_id = "left-behind";
const again = { run_id, ...PATIENT };

let db: TestDatabase;
beforeEach(async () => {
  db = await createDatabase("run id left");
});
afterEach(() => db.drop());

const upTo = (version: bigint) =>
  ({ command: "up", target: { to: "version", version }, allow_out_of_order: false }) as const;
/** Dies behind the claim (1), or behind so many steps (2, 3, ...). */
const dieBehind = (commits: number, request = rollback(2), source = loadedSource(FOUR)) =>
  dieAt(db, source, request, { text: /^COMMIT/, nth: commits, when: "after" }, { run_id });

describe("a run that died, and the history that others have changed since", () => {
  it.each([1, 2])("is superseded, dead behind COMMIT %i, and nothing is removed on top", async (commits) => {
    await run(db, FOUR);
    expect(await dieBehind(commits)).toBe(true);
    expect((await run(db, FOUR, rollback(1), PATIENT)).error).toBeNull();
    const left = commits === 1 ? [1, 2, 3] : [1, 2];
    const report = await run(db, FOUR, rollback(2), again);
    expect(cameBy(report)).toMatchObject({ status: "refused", code: "superseded", replayed: false });
    expect(stepsOf(report)).toEqual(
      commits === 1 ? ["4 down not_run", "3 down not_run"] : ["4 down done", "3 down not_run"],
    );
    expect(await versionsIn(db)).toEqual(left);
    expect(cameBy(await run(db, FOUR, rollback(2), again))).toMatchObject({
      code: "superseded",
      replayed: true,
    });
    expect(await versionsIn(db)).toEqual(left);
  });

  it("is superseded by a person's mark too", async () => {
    await run(db, bundleOf(numbered(3)));
    await dieBehind(1, rollback(1));
    const client = await db.connect();
    await client.query(
      `INSERT INTO schema_migration_events (run_id, version, label, name, action, success) VALUES ('a person', 9, '9', 'x', 'mark', true)`,
    );
    expect((await run(db, FOUR, rollback(1), again)).error?.code).toBe("superseded");
    expect(await versionsIn(db)).toEqual([1, 2, 3]);
  });

  it("goes on where others only looked, or found nothing to do and called it abandoned", async () => {
    await run(db, FOUR);
    await dieBehind(2);
    expect(stepsOf(await run(db, bundleOf(numbered(3)), upTo(3n), PATIENT))).toEqual([]);
    expect(await rowOf(db, run_id)).toMatchObject({ status: "abandoned", finished: true });
    const report = await run(db, FOUR, rollback(2), again);
    expect([cameBy(report), stepsOf(report)]).toEqual([
      { status: "ok", code: null, replayed: false, recovered: false, attempt: 2 },
      ["4 down done", "3 down done"],
    ]);
    expect(await versionsIn(db)).toEqual([1, 2]);
    expect(await committedIn(db, run_id)).toEqual(["4 rollback", "3 rollback"]);
  });

  it("that was all done is closed as done, also where it was called abandoned", async () => {
    await run(db, FOUR);
    await dieBehind(3);
    await run(db, bundleOf(numbered(2)), upTo(2n), PATIENT);
    const report = await run(db, FOUR, rollback(2), again);
    expect(cameBy(report)).toMatchObject({ status: "ok", recovered: true, attempt: 1 });
    expect(await versionsIn(db)).toEqual([1, 2]);
  });
});

describe("what is gone on with", () => {
  it("is the bundle that was read first, whatever is the latest by now", async () => {
    await dieBehind(2, UP as never);
    const { source, reads } = countedSource(bundleOf(numbered(5)));
    const refused = await runChange(UP, source, runOptions(again), worldFor(db));
    expect([refused.status, refused.error?.code, reads]).toEqual([
      "refused",
      "bundle-differs",
      ["/bundles/suite"],
    ]);
    expect(await versionsIn(db)).toEqual([1]);
    const report = await run(db, FOUR, UP, again);
    expect([report.error, report.attempt]).toEqual([null, 2]);
    expect(await versionsIn(db)).toEqual([1, 2, 3, 4]);
  });

  it("is the plan that was agreed to, or nothing", async () => {
    await run(db, FOUR);
    const planOf = async () =>
      (await planChange(rollback(2), loadedSource(FOUR), runOptions(), worldFor(db))).plan_digest;
    const agreed = await planOf();
    await dieBehind(2);
    const later = await planOf();
    expect((await run(db, FOUR, rollback(2), { ...again, expected_plan: later })).error?.code).toBe(
      "plan-changed",
    );
    expect(await versionsIn(db)).toEqual([1, 2, 3]);
    expect((await run(db, FOUR, rollback(2), { ...again, expected_plan: agreed })).error).toBeNull();
    expect(await versionsIn(db)).toEqual([1, 2]);
  });

  it("is refused where the history contradicts what was committed, or an older release kept no whole plan", async () => {
    await run(db, FOUR);
    await dieBehind(2, rollback(1));
    const client = await db.connect();
    await client.query("INSERT INTO schema_migrations (version, name) VALUES (4, 'by hand')");
    expect(cameBy(await run(db, FOUR, rollback(1), again))).toMatchObject({
      status: "failed",
      code: "history-moved",
    });
    await client.query("DELETE FROM schema_migrations WHERE version = 4");
    await client.query(
      `UPDATE schema_migration_runs SET status = 'running', finished_at = NULL,
         plan = '[{"version": "4", "label": "4", "name": "make", "direction": "down"}]' WHERE run_id = $1`,
      [run_id],
    );
    expect((await run(db, FOUR, rollback(1), again)).error?.code).toBe("superseded");
    expect(await versionsIn(db)).toEqual([1, 2, 3]);
  });

  it("keeps its row where it is refused for what can be mended", async () => {
    await run(db, FOUR);
    await dieBehind(2);
    const client = await db.connect();
    await client.query("ALTER TABLE schema_migrations ENABLE ROW LEVEL SECURITY");
    expect((await run(db, FOUR, rollback(2), again)).error?.code).toBe("row-security");
    await client.query("ALTER TABLE schema_migrations DISABLE ROW LEVEL SECURITY");
    expect((await run(db, FOUR, rollback(2), again)).error).toBeNull();
    expect(await versionsIn(db)).toEqual([1, 2]);
  });
});

describe("a run that ran out of time", () => {
  const SLOW = { ...numbered(2), "3_slow.sql": "CREATE TABLE t3 (id int); SELECT pg_sleep(30)" };

  /** A delivery whose time is over when it sleeps in its last statement. */
  async function deliver(files: Readonly<Record<string, string>>) {
    const { world, jump } = jumpingClock(worldFor(db));
    const options = runOptions({ ...again, timeout_ms: 600_000 });
    const running = runChange(UP, loadedSource(bundleOf(files)), options, world);
    const client = await db.connect();
    const ended = running.then(() => true);
    const asleep = async () =>
      (
        await client.query(
          "SELECT FROM pg_stat_activity WHERE state = 'active' AND query ~ 'pg_sleep.30' AND datname = current_database() AND pid <> pg_backend_pid()",
        )
      ).rows.length > 0;
    while (!(await asleep())) {
      if (await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 20, false))])) break;
    }
    jump(700_000);
    await client.end();
    return running;
  }

  it("goes on with what is left of its plan, and fails when two attempts in a row came no further", async () => {
    const first = await deliver(SLOW);
    expect([first.status, stepsOf(first)]).toEqual(["incomplete", ["1 up done", "2 up done", "3 up failed"]]);
    expect(await rowOf(db, run_id)).toMatchObject({ status: "incomplete", attempt: 1, stalled: false });
    const second = await deliver(SLOW);
    expect([cameBy(second), stepsOf(second)]).toMatchObject([
      { status: "incomplete", code: "deadline", attempt: 2 },
      ["1 up done", "2 up done", "3 up failed"],
    ]);
    expect(await rowOf(db, run_id)).toMatchObject({ status: "incomplete", stalled: true });
    const third = await deliver(SLOW);
    expect(cameBy(third)).toMatchObject({
      status: "failed",
      code: "no-progress",
      attempt: 3,
      replayed: false,
    });
    expect(third.error?.message).toContain("Attempts 2 and 3");
    expect(cameBy(await deliver(SLOW))).toMatchObject({ code: "no-progress", attempt: 3, replayed: true });
    expect(await committedIn(db, run_id)).toEqual(["1 apply", "2 apply"]);
  });

  it("whose cancel came behind its claim, is closed and not left open", async () => {
    const { world, jump } = jumpingClock(worldFor(db));
    let looks = 0;
    const connect: World["connect"] = async (id) => {
      const session = await world.connect(id);
      const cancelled = { text: "SELECT pg_cancel_backend(pg_backend_pid()), pg_sleep(10)" };
      return {
        ...session,
        // The first look at the guards' baseline travels with the claim; the second, alone, is cancelled too.
        send: async (messages, answered) => {
          const look = messages.at(-1)?.text.includes("client_encoding") === true;
          if (!look || ++looks > 2) return session.send(messages, answered);
          const claimed = await session.send(messages.slice(0, -1), answered);
          if (looks === 1) jump(700_000);
          return [...claimed, ...(await session.send([cancelled]))];
        },
      };
    };
    const options = runOptions({ run_id, timeout_ms: 600_000 });
    const first = await runChange(UP, loadedSource(FOUR), options, { ...world, connect });
    // The run's own CancelRequest may hit one more.
    expect(looks).toBeGreaterThan(2);
    expect(cameBy(first)).toMatchObject({ status: "incomplete", code: "deadline", attempt: 1 });
    expect(await rowOf(db, run_id)).toMatchObject({ status: "incomplete", finished: true });
    expect((await run(db, FOUR, UP, again)).error).toBeNull();
    expect(await versionsIn(db)).toEqual([1, 2, 3, 4]);
  });

  it("comes further by a statement outside a transaction", async () => {
    const files = {
      "1_outside.sql":
        "-- migrate: no-transaction\nCREATE TABLE t1 (id int);\nDO $$ BEGIN PERFORM pg_sleep(0.1); END $$;\nSELECT pg_sleep(30);\n",
    };
    expect((await deliver(files)).status).toBe("incomplete");
    expect(await rowOf(db, run_id)).toMatchObject({ attempt: 1, stalled: false });
    expect((await deliver(files)).status).toBe("incomplete");
    expect(await rowOf(db, run_id)).toMatchObject({ attempt: 2, stalled: true });
    expect((await deliver(files)).error?.code).toBe("no-progress");
  });
});

describe("a run that could not learn how it ended", () => {
  it.each(["before", "after"] as const)(
    "is looked at again, its connection lost %s the COMMIT",
    async (when) => {
      await run(db, FOUR);
      const { world, jump } = jumpingClock(worldFor(db));
      let cut = false;
      const connect: World["connect"] = async (id) => {
        if (cut) jump(600_000);
        if (cut) return worldFor(db, { host: "127.0.0.1", port: 1 }).connect(id);
        const session = await world.connect(id);
        let commits = 0;
        return {
          ...session,
          backend_pid: session.backend_pid,
          dropped_parameters: session.dropped_parameters,
          credential_version: session.credential_version,
          cancel: () => session.cancel(),
          close: () => session.close(),
          destroy: () => session.destroy(),
          async send(messages) {
            const at = messages.findIndex(({ text }) => text.startsWith("COMMIT") && ++commits === 2);
            if (at < 0) return session.send(messages);
            await session.send(messages.slice(0, when === "before" ? at : at + 1));
            cut = true;
            session.destroy();
            return messages.map(() => ({ kind: "lost", reason: "cut by the test", at_ms: 0 }) as const);
          },
        };
      };
      const options = runOptions({ run_id, timeout_ms: 600_000 });
      const first = await runChange(rollback(1), loadedSource(FOUR), options, { ...world, connect });
      expect([first.status, first.error?.code]).toEqual(["unknown", "unknown-commit"]);
      // As it is where a connection was to be had for the record, and the old session was still there.
      const client = await db.connect();
      await client.query(
        "UPDATE schema_migration_runs SET status = 'unknown', finished_at = now() WHERE run_id = $1",
        [run_id],
      );
      const report = await run(db, FOUR, rollback(1), again);
      expect(cameBy(report)).toMatchObject({ status: "ok", recovered: when === "after" });
      expect(await versionsIn(db)).toEqual([1, 2, 3]);
      expect(await committedIn(db, run_id)).toEqual(["4 rollback"]);
    },
  );
});

describe("a script outside a transaction", () => {
  const files = {
    ...numbered(1),
    "2_make.sql":
      "-- migrate: no-transaction\nCREATE TABLE t2 (id int);\nCREATE INDEX CONCURRENTLY t2_id ON t2 (id);\n",
    "rollback/2_rollback.sql": "-- migrate: no-transaction\nDROP INDEX CONCURRENTLY t2_id;\nDROP TABLE t2;\n",
    "verify/2_verify.sql": "SELECT 'PASS' AS status",
  };
  const outside = bundleOf(files);

  it("that died between its effect and its verification is verified, and not run again", async () => {
    const death = { text: /SELECT 'PASS'/, when: "before" } as const;
    expect(await dieAt(db, loadedSource(outside), upTo(2n), death, { run_id })).toBe(true);
    const client = await db.connect();
    const { rows } = await client.query("SELECT state FROM schema_migrations WHERE version = 2");
    expect(rows).toEqual([{ state: "applied_unverified" }]);
    const report = await run(db, outside, upTo(2n), again);
    expect([report.error, report.attempt, stepsOf(report)]).toEqual([
      null,
      2,
      ["1 up done", "2 up done", "2 verify done"],
    ]);
    expect(await committedIn(db, run_id)).toEqual(["1 apply", "2 apply", "2 verify"]);
    expect(await versionsIn(db)).toEqual([1, 2]);
  });

  it("that died within goes on behind what is done of it", async () => {
    const death = { text: /CREATE INDEX CONCURRENTLY/, when: "before" } as const;
    expect(await dieAt(db, loadedSource(outside), UP, death, { run_id })).toBe(true);
    const report = await run(db, outside, UP, again);
    expect([report.error, report.attempt]).toEqual([null, 2]);
    expect(await committedIn(db, run_id)).toEqual(["1 apply", "2 apply", "2 verify"]);
    expect(await versionsIn(db)).toEqual([1, 2]);
  });

  it("whose rollback died before what stays was verified is done, and says so", async () => {
    await run(db, outside);
    const death = { text: /to_regclass\('t1'\)/, when: "before" } as const;
    expect(await dieAt(db, loadedSource(outside), rollback(1), death, { run_id })).toBe(true);
    const report = await run(db, outside, rollback(1), again);
    expect([report.status, report.recovered, codes(report.warnings)]).toEqual([
      "ok",
      true,
      ["rollback-unverified"],
    ]);
    expect(await versionsIn(db)).toEqual([1]);
  });

  it("says so too where the values that its script had are not given again", async () => {
    const bundle = bundleOf({
      ...files,
      "bundle.json": '{"placeholders": {"t2": {"kind": "identifier"}}}',
      "rollback/2_rollback.sql": `-- migrate: no-transaction\nDROP TABLE \${t2};\n`,
    });
    const placeholders = new Map([["t2", { value: "t2", by: "environment" as const }]]);
    await run(db, bundle, UP, { placeholders });
    const death = { text: /to_regclass\('t1'\)/, when: "before" } as const;
    const given = { run_id, placeholders };
    expect(await dieAt(db, loadedSource(bundle), rollback(1), death, given)).toBe(true);
    const report = await run(db, bundle, rollback(1), again);
    expect([report.status, codes(report.warnings)]).toEqual(["ok", ["rollback-unverified"]]);
  });
});
