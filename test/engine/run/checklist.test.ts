import pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import type { Phase } from "#engine/checklist/item.ts";
import type { ChecklistReport } from "#engine/report_settled.ts";
import { runChecklist } from "#engine/run/checklist.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { emptyAgain } from "../../support/empty_again.ts";
import { bundleOf, rollback, run, runOptions, UP, worldFor } from "../../support/engine.ts";
import { createRole } from "../../support/roles.ts";
import { snapshot } from "../../support/schema.ts";

const GOOD = {
  "1_a.sql":
    "-- NOTES\n-- Breaking Changes: No\n-- Estimated Duration: 2 s\nCREATE TABLE a (id int PRIMARY KEY);",
  "rollback/1_rollback.sql": "DROP TABLE a;",
  "verify/1_verify.sql": "SELECT 'PASS' AS status FROM pg_class WHERE relname = 'a';",
};
const BARE = { "2_b.sql": "CREATE TABLE b ();" };

let db: TestDatabase;
let client: pg.Client;
beforeAll(async () => {
  db = await createDatabase("checklist");
  client = await db.connect();
});
beforeEach(() => emptyAgain(client));
afterAll(() => db.drop());

const list = (phase: Phase, files: Readonly<Record<string, string>>, id: string | null = null) =>
  runChecklist({ phase, run: id }, loadedSource(bundleOf(files)), runOptions(), worldFor(db));
const statuses = ({ items }: ChecklistReport) =>
  Object.fromEntries(items.map(({ code, status }) => [code, status]));
const details = ({ items }: ChecklistReport, code: string) =>
  items.find((item) => item.code === code)?.details;

describe("before a run", () => {
  it("what a program can know passes, the rest is left to a person, and nothing is changed", async () => {
    const before = await snapshot(client, { except: [] });
    const report = await list("pre", GOOD);
    expect([report.error, report.recorded, report.run_id]).toEqual([null, false, null]);
    expect(statuses(report)).toEqual({
      backup: "ask",
      staging: "ask",
      scripts: "pass",
      rollback: "pass",
      verification: "pass",
      "round-trip": "ask",
      breaking: "pass",
      duration: "pass",
      downtime: "ask",
      running: "pass",
      locks: "pass",
      transactions: "pass",
      space: "ask",
      replication: "pass",
    });
    expect(details(report, "duration")).toBe("About 2.0 s.");
    expect(await snapshot(client, { except: [] })).toEqual(before);
  });

  it("what is missing fails, and names it", async () => {
    const report = await list("pre", { ...GOOD, ...BARE });
    expect(report).toMatchObject({ status: "failed", error: { code: "checklist-failed" } });
    expect(statuses(report)).toMatchObject({
      rollback: "fail",
      verification: "fail",
      breaking: "warning",
      duration: "warning",
    });
    for (const code of ["rollback", "verification"]) expect(details(report, code)).toBe("None: 2.");
  });

  it.each([
    ["a script that is no SQL", { "1_a.sql": "SELEC 1;" }, "scripts", "fail"],
    [
      "one that says it is irreversible",
      { "1_a.sql": "-- migrate: irreversible data\nSELECT 1;" },
      "rollback",
      "warning",
    ],
    [
      "a verification that checks nothing",
      { ...GOOD, "verify/1_verify.sql": "SELECT 1;" },
      "verification",
      "fail",
    ],
    [
      "a breaking change",
      { "1_a.sql": "-- NOTES\n-- Breaking Changes: Yes, all\nSELECT 1;" },
      "breaking",
      "ask",
    ],
  ])("%s", async (_, files, code, status) => {
    expect(statuses(await list("pre", files))[code]).toBe(status);
  });

  it("what is repeatable needs no rollback, and a verification", async () => {
    const view = "-- NOTES\n-- Breaking Changes: Yes\nCREATE OR REPLACE VIEW v AS SELECT id FROM a;";
    const report = await list("pre", { ...GOOD, "repeatable/v.sql": view });
    expect(statuses(report)).toMatchObject({ rollback: "pass", verification: "fail" });
    expect(["scripts", "verification", "breaking", "duration"].map((code) => details(report, code))).toEqual([
      "2 pending.",
      "None: R__v.",
      "They say yes: R__v.",
      "Neither their NOTES nor this database tell: R__v.",
    ]);
  });

  it("a round trip in this database is known", async () => {
    await run(db, bundleOf(GOOD));
    await run(db, bundleOf(GOOD), rollback(1));
    const report = await list("pre", GOOD);
    expect([statuses(report)["round-trip"], details(report, "round-trip")]).toEqual([
      "pass",
      "In this database.",
    ]);
  });

  it("who waits for a lock and what is open for long is seen", async () => {
    await client.query("CREATE TABLE locked ()");
    await client.query("BEGIN; LOCK TABLE locked");
    const waiter = await db.connect();
    const waiting = waiter.query("SELECT FROM locked");
    await expect.poll(async () => statuses(await list("pre", GOOD)).locks).toBe("warning");
    await client.query("COMMIT");
    await waiting;
    await client.query("BEGIN; PREPARE TRANSACTION 'checklist'");
    expect(statuses(await list("pre", GOOD)).transactions).toBe("warning");
    await client.query("ROLLBACK PREPARED 'checklist'");
  });
});

it("replicas of which a login may not see how far they are are not taken for caught up", async () => {
  const weak = await createRole();
  // pg's types do not know of it.
  const replica = new pg.Client({ ...db.config, ...{ replication: "database" } });
  await replica.connect();
  try {
    const world = worldFor(db, weak.settings);
    const report = await runChecklist(
      { phase: "during", run: null },
      loadedSource(bundleOf(GOOD)),
      runOptions(),
      world,
    );
    expect([report.error, statuses(report).replication]).toEqual([null, "warning"]);
    expect(details(report, "replication")).toMatch(/^How far the \d+ are is hidden from this login: /);
    expect(statuses(await list("during", GOOD)).replication).toBe("pass");
  } finally {
    await replica.end();
    await weak.drop();
  }
});

describe("after a run", () => {
  it("passes where all is applied and verifies, and is recorded with the run", async () => {
    const counted = { named: ["public.a"], under_bytes: null };
    const { run_id } = await run(db, bundleOf(GOOD), UP, { counted });
    const report = await list("post", GOOD, run_id);
    expect([report.error, report.recorded]).toEqual([null, true]);
    expect(statuses(report)).toMatchObject({
      applied: "pass",
      verified: "pass",
      integrity: "pass",
      rows: "pass",
      watch: "ask",
    });
    expect(details(report, "rows")).toBe("public.a none -> 0.");
    const { rows } = await client.query(
      "SELECT run_id, phase, requested_by, items FROM schema_migration_checklists",
    );
    expect(rows).toEqual([{ run_id, phase: "post", requested_by: "a test", items: report.items }]);
  });

  it("fails where what is repeatable is to be applied, or a verification has not passed", async () => {
    const files = {
      ...GOOD,
      "repeatable/v.sql": "CREATE OR REPLACE VIEW v AS SELECT id FROM a;",
    };
    await run(db, bundleOf(files));
    await client.query("UPDATE schema_migrations SET state = 'applied_unverified'");
    const report = await list("post", { ...files, "repeatable/v.sql": "SELECT 1;" });
    expect(details(report, "verified")).toMatch(/^1 check/);
    expect(details(report, "applied")).toBe(
      "1 repeatable and to be applied, 1 applied without a verification that passed: see `paws-migrate status`.",
    );
  });

  it("fails where something is pending or does not verify; fewer rows are shown to a person", async () => {
    await run(db, bundleOf(GOOD));
    await client.query("INSERT INTO a VALUES (1)");
    const less = { ...GOOD, "2_less.sql": "DELETE FROM a;" };
    const { run_id } = await run(db, bundleOf(less), UP, {
      counted: { named: ["public.a"], under_bytes: null },
    });
    await client.query("ALTER TABLE a RENAME TO other; CREATE TABLE without_key ()");
    const kept = await list("post", { ...less, "3_b.sql": "CREATE TABLE b ();" }, run_id);
    expect(statuses(kept)).toMatchObject({
      applied: "fail",
      verified: "warning",
      integrity: "warning",
      rows: "ask",
    });
    expect([details(kept, "applied"), details(kept, "rows")]).toEqual([
      "1 pending: see `paws-migrate status`.",
      "Fewer than before: public.a 1 -> 0.",
    ]);
  });
});

it("rows that could not be counted are not taken for as many as before", async () => {
  await client.query("CREATE TABLE locked ()");
  await client.query("BEGIN; LOCK TABLE locked");
  const counted = { named: ["public.locked"], under_bytes: null };
  const { run_id } = await run(db, bundleOf(GOOD), UP, { counted });
  await client.query("ROLLBACK");
  const report = await list("post", GOOD, run_id);
  expect([statuses(report).rows, details(report, "rows")]).toEqual([
    "ask",
    "Could not be counted: public.locked.",
  ]);
});

it("a verification that nothing has is not passed", async () => {
  await run(db, bundleOf(BARE));
  const report = await list("post", BARE);
  expect([statuses(report).verified, details(report, "verified")]).toEqual([
    "warning",
    "Nothing was checked.",
  ]);
});

it("during a run its progress is told, and a run that failed fails the list", async () => {
  expect(statuses(await list("during", GOOD)).progress).toBe("warning");
  const failed = await run(db, bundleOf({ "1_a.sql": "SELECT 1 / 0;" }));
  const report = await list("during", GOOD, failed.run_id);
  expect([report.error?.code, statuses(report).progress]).toEqual(["checklist-failed", "fail"]);
});

it("a run that is not recorded is refused", async () => {
  const report = await list("pre", GOOD, "nobody");
  expect(report).toMatchObject({ status: "bad_input", error: { code: "bad-argument" }, items: [] });
});
