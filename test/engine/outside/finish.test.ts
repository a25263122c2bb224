import type pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import type { ChangeReport } from "#engine/report.ts";
import type { ChangeRequest } from "#engine/request.ts";
import { runChange } from "#engine/run/change.ts";
import { asleep } from "../../support/asleep.ts";
import { cutWorld } from "../../support/cut_world.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { bundleOf, rollback, run, runOptions, UP, worldFor } from "../../support/engine.ts";
import { LONG_MS, timeOverWhen } from "../../support/time_over.ts";

let db: TestDatabase;
let client: pg.Client;
beforeAll(async () => {
  db = await createDatabase("finish");
  client = await db.connect();
});
afterAll(() => db.drop());
beforeEach(async () => {
  await client.query("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
  await client.query("CREATE TABLE t (a int); CREATE TABLE log (n int); CREATE TABLE switch (ok bool)");
});

const NO = "-- migrate: no-transaction\n";
const CHECK = "SELECT 'switch' AS check_name, count(*) > 0 AS status FROM switch";
const FILES = {
  "1_base.sql": "CREATE TABLE base ()",
  "rollback/1_base_rollback.sql": "DROP TABLE base",
  "2_out.sql": `${NO}INSERT INTO log VALUES (1);\nCREATE INDEX CONCURRENTLY i ON t (a);`,
  "verify/2_out_verify.sql": CHECK,
  "rollback/2_out_rollback.sql": `${NO}DROP INDEX CONCURRENTLY i;\nDELETE FROM log;`,
  "3_next.sql": "CREATE TABLE next ()",
};
const one = async (sql: string): Promise<unknown> =>
  (await client.query({ text: sql, rowMode: "array" })).rows[0]?.[0];
const states = () => one("SELECT json_object_agg(version, state) FROM schema_migrations");
const events = () =>
  one(
    "SELECT string_agg(version || ' ' || action || ' ' || success, ', ' ORDER BY event_id) FROM schema_migration_events",
  );
/** Which COMMIT of a run records version 2, and which its rollback: after the claim's and the statements'. */
const RECORDED = 6;
const ROLLED_BACK = 5;
const turnOn = () => client.query("INSERT INTO switch VALUES (true)");

describe("the verification behind it", () => {
  test("passes: the row is settled, and each has its event", async () => {
    await turnOn();
    const report = await run(db, bundleOf(FILES));
    expect(report.error).toBeNull();
    expect(report.steps[1]).toMatchObject({
      status: "done",
      statements: 2,
      checks: [{ name: "switch", status: "pass" }],
    });
    expect(await states()).toEqual({ 1: "applied", 2: "applied", 3: "applied" });
    expect(await events()).toBe("1 apply true, 2 apply true, 2 verify true, 3 apply true");
  });

  test("is stopped at the deadline: what was done is not said to be rolled back", async () => {
    const slow = { ...FILES, "verify/2_out_verify.sql": `${CHECK};\nSELECT pg_sleep(60)` };
    await turnOn();
    const verifying = asleep(client);
    const world = timeOverWhen(worldFor(db), verifying);
    const options = runOptions({ timeout_ms: LONG_MS });
    const [report] = await Promise.all([
      runChange(UP, loadedSource(bundleOf(slow)), options, world),
      verifying,
    ]);
    expect(report.error).toMatchObject({ code: "deadline" });
    expect(report.error?.message).not.toContain("rolled back");
    expect(report.error?.remedy).toContain("is there and stays");
    expect(await states()).toEqual({ 1: "applied", 2: "applied_unverified" });
    expect((await run(db, bundleOf(FILES))).error).toBeNull();
  });

  test("fails: the effect stays and is said to, and the next up verifies first", async () => {
    const report = await run(db, bundleOf(FILES));
    expect(report).toMatchObject({ status: "failed", current_version: "2" });
    expect(report.error).toMatchObject({ code: "check-failed" });
    expect(report.error?.remedy).toContain("is there and stays");
    expect(report.steps.map(({ status }) => status)).toEqual(["done", "failed", "not_run"]);
    expect(await states()).toEqual({ 1: "applied", 2: "applied_unverified" });
    expect(await events()).toBe("1 apply true, 2 apply true, 2 verify false");

    const second = await run(db, bundleOf(FILES));
    expect(second).toMatchObject({ status: "failed", current_version: "2" });
    expect(second.steps.map(({ label, direction, status }) => [label, direction, status])).toEqual([
      ["2", "verify", "failed"],
      ["3", "up", "not_run"],
    ]);
    expect(await one("SELECT count(*)::int FROM log")).toBe(1);

    await turnOn();
    const third = await run(db, bundleOf(FILES));
    expect(third.error).toBeNull();
    expect(third.steps.map(({ label, direction, status }) => [label, direction, status])).toEqual([
      ["2", "verify", "done"],
      ["3", "up", "done"],
    ]);
    expect(third.steps[0]?.checks).toMatchObject([{ status: "pass" }]);
    expect(await states()).toEqual({ 1: "applied", 2: "applied", 3: "applied" });
    expect(await one("SELECT count(*)::int FROM log")).toBe(1);
  });

  test("is read-only, also where it comes later", async () => {
    const writes = {
      ...FILES,
      "verify/2_out_verify.sql":
        "SELECT set_config('transaction_read_only', 'off', true); SELECT nextval('s') > 0 AS status",
    };
    await client.query("CREATE SEQUENCE s");
    for (let run_ = 0; run_ < 2; run_++) {
      const { error } = await run(db, bundleOf(writes));
      expect(["verification-writes", "verification-wrote", "verification-error"]).toContain(error?.code);
    }
    expect(await one("SELECT is_called FROM s")).toBe(false);
  });

  test("a run that dies before it leaves the row to be verified", async () => {
    await turnOn();
    const cut = cutWorld(worldFor(db), { text: /FROM switch/, when: "before" });
    const request = { command: "up", target: { to: "latest" }, allow_out_of_order: false } as const;
    const report = await runChange(request, loadedSource(bundleOf(FILES)), runOptions(), cut);
    expect(report.error?.code).toBe("connection-lost");
    expect(await states()).toEqual({ 1: "applied", 2: "applied_unverified" });
    expect((await run(db, bundleOf(FILES))).error).toBeNull();
    expect(await states()).toEqual({ 1: "applied", 2: "applied", 3: "applied" });
  });
});

describe.each(["before", "after"] as const)(
  "a COMMIT that is lost (%s it reached the server) is learnt",
  (when) => {
    const { "3_next.sql": _, ...two } = FILES;
    const lostAt = (nth: number, request: ChangeRequest): Promise<ChangeReport> =>
      runChange(
        request,
        loadedSource(bundleOf(two)),
        runOptions(),
        cutWorld(worldFor(db), { text: /^COMMIT$/, when, nth }),
      );
    beforeEach(turnOn);

    test("of the history's row", async () => {
      const report = await lostAt(RECORDED, UP);
      const there = when === "after";
      expect(await states()).toEqual({ 1: "applied", ...(there ? { 2: "applied_unverified" } : {}) });
      expect(report).toMatchObject({ status: "failed", current_version: there ? "2" : "1", warnings: [] });
      expect(report.error?.message).toMatch(there ? /before it was verified/ : /Recording the migration/);
      expect(report.steps.map(({ status }) => status)).toEqual(["done", "failed"]);
      expect(await events()).toBe(`1 apply true, 2 apply ${there}`);
      expect((await run(db, bundleOf(two))).error).toBeNull();
      expect(await states()).toEqual({ 1: "applied", 2: "applied" });
    });

    test("of the verification", async () => {
      const report = await lostAt(RECORDED + 1, UP);
      const there = when === "after";
      expect(await states()).toEqual({ 1: "applied", 2: there ? "applied" : "applied_unverified" });
      expect(report).toMatchObject({ status: there ? "ok" : "failed", current_version: "2", warnings: [] });
      expect(report.steps[1]).toMatchObject({
        status: there ? "done" : "failed",
        checks: [{ status: "pass" }],
      });
      expect(await events()).toBe(`1 apply true, 2 apply true, 2 verify ${there}`);
    });

    test("of a rollback", async () => {
      expect((await run(db, bundleOf(two))).error).toBeNull();
      const report = await lostAt(ROLLED_BACK, { ...rollback(1), verify: "none" } as ChangeRequest);
      const there = when === "after";
      expect(await states()).toEqual({ 1: "applied", ...(there ? {} : { 2: "applied" }) });
      expect(report).toMatchObject({ status: there ? "ok" : "failed", current_version: there ? "1" : "2" });
    });
  },
);

describe("a rollback outside of a transaction", () => {
  const { "3_next.sql": _, ...two } = FILES;
  beforeEach(async () => {
    await turnOn();
    expect((await run(db, bundleOf(two))).error).toBeNull();
  });

  test("takes the row away", async () => {
    const report = await run(db, bundleOf(two), rollback(1));
    expect(report).toMatchObject({ error: null, current_version: "1" });
    expect(await one("SELECT to_regclass('i') IS NULL AND NOT EXISTS (SELECT FROM log)")).toBe(true);
    expect(await states()).toEqual({ 1: "applied" });
    expect(await one("SELECT count(*)::int FROM schema_migration_statements")).toBe(0);
  });

  test.each(["before", "after"] as const)("goes on where it died %s its statement", async (when) => {
    const cut = cutWorld(worldFor(db), { text: /^DROP INDEX/, when });
    const report = await runChange(rollback(1), loadedSource(bundleOf(two)), runOptions(), cut);
    expect(report.error?.code).toBe("connection-lost");
    expect(await states()).toEqual({ 1: "applied", 2: "applied" });
    expect(await one("SELECT direction FROM schema_migration_statements")).toBe("down");
    expect((await run(db, bundleOf(two), rollback(1))).error).toBeNull();
    expect(await one("SELECT to_regclass('i') IS NULL AND NOT EXISTS (SELECT FROM log)")).toBe(true);
    expect(await states()).toEqual({ 1: "applied" });
  });

  test("whose verification of what stays fails is done all the same, and says so", async () => {
    const files = { ...two, "verify/1_base_verify.sql": "SELECT NOT EXISTS (SELECT FROM switch) AS status" };
    const report = await run(db, bundleOf(files), rollback(1));
    expect(report).toMatchObject({ status: "failed", current_version: "1", error: { code: "check-failed" } });
    expect(report.error?.remedy).toContain("The rollback is done");
    expect(await states()).toEqual({ 1: "applied" });
    expect(await events()).toMatch(/2 rollback true, 2 verify false$/);
    expect(
      (await run(db, bundleOf({ "1_base.sql": FILES["1_base.sql"], "2_out.sql": FILES["2_out.sql"] }))).error,
    ).toBeNull();
  });

  test("of an inline block has the directive only where the block says so", async () => {
    const inline = (directive: string) =>
      bundleOf({
        "1_base.sql": FILES["1_base.sql"],
        "2_out.sql": `${FILES["2_out.sql"]}\n-- MIGRATION DOWN\n/*\n${directive}DROP INDEX CONCURRENTLY i;\n*/`,
      });
    await client.query("DELETE FROM schema_migrations WHERE version = 2; DROP INDEX i; DELETE FROM log");
    const refused = await run(db, inline(""));
    expect(refused.error).toMatchObject({ code: "needs-no-transaction", line: 6 });
    expect((await run(db, inline(NO))).error).toBeNull();
    expect((await run(db, inline(NO), rollback(1))).error).toBeNull();
    expect(await one("SELECT to_regclass('i')")).toBeNull();
  });
});
