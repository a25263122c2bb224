import type pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Bundle } from "#engine/bundle/bundle.ts";
import { type Consolidated, consolidatedText } from "#engine/bundle/consolidated.ts";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import { recordConsolidated } from "#engine/registry/consolidate.ts";
import { qualifiedTables } from "#engine/registry/tables.ts";
import { runChange } from "#engine/run/change.ts";
import { runChecklist } from "#engine/run/checklist.ts";
import { runConsolidate } from "#engine/run/consolidate.ts";
import { planChange } from "#engine/run/plan.ts";
import { runRepair } from "#engine/run/repair.ts";
import { readRuns } from "#engine/run/runs.ts";
import { readStatus } from "#engine/run/status.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { emptyAgain } from "../../support/empty_again.ts";
import { bundleOf, rollback, run, runOptions, UP, worldFor } from "../../support/engine.ts";
import { codes, stepsOf } from "../../support/faults.ts";
import { createLeastRoles } from "../../support/least_roles.ts";
import { expectValidReport } from "../../support/report_schema.ts";
import { snapshot } from "../../support/schema.ts";
import { unqualified } from "../../support/unqualified.ts";

const table = (n: number) => ({
  [`${n}_t${n}.sql`]: `CREATE TABLE t${n} ();`,
  [`rollback/${n}_rollback.sql`]: `DROP TABLE t${n};`,
});
const FILES = { ...table(1), ...table(2), ...table(3), ...table(4) };
const BEFORE = bundleOf(FILES);

/** 1 and 3 are one now. */
const ENTRY: Consolidated = {
  version: 3n,
  replaces: BEFORE.migrations
    .filter(({ version }) => version === 1n || version === 3n)
    .map(({ version, label, name, up }) => ({ version, label, name, checksum: up.checksum })),
};
const AFTER_FILES = {
  ...table(2),
  ...table(4),
  "3_both.sql": "CREATE TABLE t1 (); CREATE TABLE t3 ();",
  "rollback/3_rollback.sql": "DROP TABLE t3; DROP TABLE t1;",
  "consolidated.json": consolidatedText([ENTRY]),
};
const AFTER = bundleOf(AFTER_FILES);

let db: TestDatabase;
let client: pg.Client;
beforeAll(async () => {
  db = await createDatabase("consolidate");
  client = await db.connect();
});
beforeEach(() => emptyAgain(client));
afterAll(() => db.drop());

const record = (bundle: Bundle = AFTER, reason: string | null = null) =>
  runConsolidate(loadedSource(bundle), runOptions({ reason }), worldFor(db));
const rowsOf = async (sql: string) => (await client.query(sql)).rows;
const history = () => rowsOf("SELECT version::int, name, origin FROM schema_migrations ORDER BY applied_seq");
const everything = async () => [
  await rowsOf("SELECT * FROM schema_migrations ORDER BY version"),
  await rowsOf("SELECT * FROM schema_migration_events ORDER BY event_id"),
  await rowsOf("SELECT run_id FROM schema_migration_runs ORDER BY run_id"),
];
const upTo = (bundle: Bundle, version: bigint) =>
  run(db, bundle, { command: "up", target: { to: "version", version }, allow_out_of_order: true });

it("where all replaced ones are applied, nothing is done before it is recorded", async () => {
  await run(db, BEFORE);
  const before = await history();
  for (const request of [UP, rollback(1)]) {
    const planned = await planChange(request, loadedSource(AFTER), runOptions(), worldFor(db));
    expect([planned.status, planned.error?.code]).toEqual(["refused", "consolidation-pending"]);
    expect(planned.error?.message).toContain("1_t1, 3_t3");
  }
  expect(codes((await run(db, AFTER)).refusals)).toEqual(["consolidation-pending"]);
  const status = await readStatus(loadedSource(AFTER), runOptions(), worldFor(db));
  expect(codes(status.warnings)).toEqual(["consolidation-pending"]);
  // Of these the warning tells; nobody has changed or lost a file.
  expect([status.missing, status.changed]).toEqual([[], []]);
  const checklist = await runChecklist(
    { phase: "post", run: null },
    loadedSource(AFTER),
    runOptions(),
    worldFor(db),
  );
  expect(checklist.items.find(({ code }) => code === "applied")).toMatchObject({
    status: "fail",
    details: expect.stringContaining("1 consolidated and not recorded"),
  });
  expect(await history()).toEqual(before);
});

it("a repair does not take the new file's checksum for the last one's, which would hide what it stands for", async () => {
  await run(db, BEFORE);
  const before = await history();
  const repair = (versions: readonly bigint[], bundle = AFTER) =>
    runRepair(
      { command: "repair", versions, dry_run: false },
      loadedSource(bundle),
      runOptions({ reason: "it was changed" }),
      worldFor(db),
    );
  for (const versions of [[], [3n]]) {
    expect((await repair(versions)).error?.code).toBe("consolidation-pending");
  }
  expect((await repair([2n])).error).toBeNull();
  expect(await history()).toEqual(before);
  expect((await record()).done).toBe(true);
  // From the old files by mistake, and back.
  expect((await repair([3n], BEFORE)).error).toBeNull();
  expect((await run(db, AFTER)).error?.code).toBe("partly-consolidated");
  expect((await repair([3n])).error).toBeNull();
  expect((await run(db, AFTER)).error).toBeNull();
});

it("recorded: one row in the place of two, at the place of the last one, with an event; no script runs", async () => {
  await run(db, BEFORE);
  const [last] = await rowsOf("SELECT applied_seq, applied_at FROM schema_migrations WHERE version = 3");
  const tables = await snapshot(client);
  const report = await record(AFTER, "tidier");
  expectValidReport(JSON.parse(JSON.stringify(report)));
  expect([report.error, report.done, report.consolidated.length, report.current_version]).toEqual([
    null,
    true,
    1,
    "4",
  ]);
  expect(await snapshot(client)).toEqual(tables);
  expect(await history()).toEqual([
    { version: 2, name: "t2", origin: null },
    { version: 3, name: "both", origin: "consolidated" },
    { version: 4, name: "t4", origin: null },
  ]);
  const both = AFTER.migrations.find(({ version }) => version === 3n);
  expect(
    await rowsOf(
      "SELECT checksum, rollback_checksum, applied_seq, applied_at, run_id FROM schema_migrations WHERE version = 3",
    ),
  ).toEqual([
    {
      checksum: both?.up.checksum,
      rollback_checksum: both?.rollback?.checksum,
      ...last,
      run_id: report.run_id,
    },
  ]);
  const [{ details, ...event }] = await rowsOf(
    `SELECT r.command, r.status, r.reason, e.version::int, e.name, e.action, e.success, e.details
     FROM schema_migration_runs r JOIN schema_migration_events e USING (run_id) WHERE run_id = '${report.run_id}'`,
  );
  expect(event).toEqual({
    command: "consolidate",
    status: "ok",
    reason: "tidier",
    version: 3,
    name: "both",
    action: "consolidate",
    success: true,
  });
  expect(details.replaced.map(({ name }: { name: string }) => name)).toEqual(["t1", "t3"]);
  const told = await readRuns(String(report.run_id), runOptions(), worldFor(db));
  expectValidReport(JSON.parse(JSON.stringify(told)));
  expect(told.runs[0]).toMatchObject({
    progress: { done: 1, planned: 1 },
    events: [{ action: "consolidate" }],
  });

  expect((await run(db, AFTER)).steps).toEqual([]);
  const again = await record();
  expect([again.error, again.done, again.run_id]).toEqual([null, false, null]);
  expect(stepsOf(await run(db, AFTER, rollback(2)))).toEqual(["4 down done", "3 down done"]);
  expect(await rowsOf("SELECT to_regclass('t1') AS one, to_regclass('t3') AS three")).toEqual([
    { one: null, three: null },
  ]);
  expect(stepsOf(await run(db, AFTER))).toEqual(["3 up done", "4 up done"]);
});

it("keeps the order of application where a lower one was applied last", async () => {
  await upTo(bundleOf({ ...table(2), ...table(3), ...table(4) }), 3n);
  await upTo(bundleOf({ ...table(1), ...table(2), ...table(3), ...table(4) }), 3n);
  await run(db, BEFORE);
  expect((await record()).done).toBe(true);
  expect((await history()).map(({ version }) => version)).toEqual([2, 3, 4]);
  expect(await rowsOf("SELECT applied_seq::int FROM schema_migrations WHERE version = 3")).toEqual([
    { applied_seq: 3 },
  ]);
});

it("a fresh database applies only the new one, and has nothing to record", async () => {
  expect((await record()).done).toBe(false);
  expect(stepsOf(await run(db, AFTER))).toEqual(["2 up done", "3 up done", "4 up done"]);
  expect((await record()).done).toBe(false);
});

describe("refused, with nothing written:", () => {
  const refusal = async () => {
    const before = await everything();
    const report = await record();
    expect([report.status, report.done, report.consolidated]).toEqual(["refused", false, []]);
    expect(await everything()).toEqual(before);
    return report;
  };
  it("only some of them applied, for up too, with the list", async () => {
    await upTo(BEFORE, 2n);
    const report = await refusal();
    expect(report.error).toMatchObject({ code: "partly-consolidated", file: "3_both.sql" });
    expect(report.error?.message).toContain("applied are 1_t1, and not 3_t3");
    expect(codes((await run(db, AFTER)).refusals)).toEqual(["partly-consolidated"]);
    expect(codes((await run(db, AFTER, rollback(1))).refusals)).toEqual(["partly-consolidated"]);
    // As the remedy says.
    await run(db, BEFORE);
    expect((await record()).done).toBe(true);
  });
  it("the highest one alone, which has the new one's version", async () => {
    await run(db, bundleOf({ ...table(2), ...table(3) }));
    expect((await refusal()).error?.message).toContain("applied are 3_t3, and not 1_t1");
  });
  it("the new one and an old one", async () => {
    await run(db, AFTER);
    await client.query("INSERT INTO schema_migrations (version, name, checksum) VALUES (1, 't1', $1)", [
      ENTRY.replaces[0]?.checksum,
    ]);
    expect((await refusal()).error?.code).toBe("partly-consolidated");
  });
  it("one that was applied from another file", async () => {
    await run(db, bundleOf({ ...FILES, "1_t1.sql": "CREATE TABLE t1 (n int);" }));
    const report = await refusal();
    expect(codes(report.refusals)).toEqual(["changed-migration"]);
    expect(report.error?.message).toContain("1_t1 was applied from another file");
  });
  it("one that is not verified, and one that is half done", async () => {
    await run(db, BEFORE);
    await client.query("UPDATE schema_migrations SET state = 'applied_unverified' WHERE version = 1");
    expect((await refusal()).error?.message).toContain("not verified is 1_t1");
    await client.query("UPDATE schema_migrations SET state = 'applied'");
    await client.query(
      `INSERT INTO schema_migration_statements (version, direction, position, hash, kind, state, run_id)
       VALUES (3, 'down', 1, 'h', 'other', 'done', 'r')`,
    );
    expect((await refusal()).error?.message).toContain("half done is 3_t3");
  });
  it("another bundle's history", async () => {
    await run(db, bundleOf(FILES, "other"));
    expect((await refusal()).error?.code).toBe("other-bundle");
  });
});

it("the new file, edited once it is recorded, is a changed file as any other", async () => {
  await run(db, BEFORE);
  await record();
  const edited = bundleOf({ ...AFTER_FILES, "3_both.sql": "CREATE TABLE t1 (); CREATE TABLE t3 (n int);" });
  expect(codes((await run(db, edited)).refusals)).toEqual(["changed-migration"]);
  expect((await record(edited)).done).toBe(false);
});

it("two at once: one records, the other finds it done", async () => {
  await run(db, BEFORE);
  const reports = await Promise.all([record(), record()]);
  expect(reports.map(({ error }) => error)).toEqual([null, null]);
  expect(reports.map(({ done }) => done).sort()).toEqual([false, true]);
  expect(
    await rowsOf("SELECT count(*)::int FROM schema_migration_events WHERE action = 'consolidate'"),
  ).toEqual([{ count: 1 }]);
});

it("is recorded with the privileges of a run, where the history was handed over", async () => {
  const db = await createDatabase("consolidate least");
  const roles = await createLeastRoles(db);
  const { owner, job, history_schema, schema } = roles;
  const inSchema = (bundle: Record<string, string>) =>
    bundleOf(
      Object.fromEntries(
        Object.entries(bundle).map(([path, text]) => [
          path,
          text.replaceAll(/TABLE t/g, `TABLE ${schema}.t`),
        ]),
      ),
    );
  const before = inSchema(FILES);
  const replaces = ENTRY.replaces.map((one) => ({
    ...one,
    checksum: before.migrations.find(({ version }) => version === one.version)?.up.checksum ?? "",
  }));
  const list = consolidatedText([{ ...ENTRY, replaces }]);
  const after = inSchema({ ...AFTER_FILES, "consolidated.json": list });
  const options = runOptions({ history_schema, role: owner });
  const world = () => worldFor(db, job.settings);
  try {
    expect((await runChange(UP, loadedSource(before), options, world())).error).toBeNull();
    await roles.handOver();
    const report = await runConsolidate(loadedSource(after), options, world());
    expect([report.error, report.done]).toEqual([null, true]);
    expect((await runChange(rollback(3), loadedSource(after), options, world())).error).toBeNull();
  } finally {
    await db.drop();
    await roles.drop();
  }
});

it("rows without a checksum, which another tool wrote, are taken by their name", async () => {
  await run(db, BEFORE);
  await client.query("UPDATE schema_migrations SET checksum = NULL");
  expect((await record()).done).toBe(true);
  await client.query("UPDATE schema_migrations SET checksum = NULL");
  expect((await record()).done).toBe(false);
  expect((await run(db, AFTER)).refusals).toEqual([]);
});

it("the rows are changed all or not at all, by names that nobody can shadow", async () => {
  await run(db, bundleOf({ ...table(3) }));
  const row = {
    version: 3n,
    label: "3",
    name: "both",
    checksum: "c",
    checksum_raw: "r",
    rollback_checksum: null,
    bundle: "suite",
    bundle_version: null,
    run_id: "r",
  };
  const { text, values = [] } = recordConsolidated(qualifiedTables("public"), row, [1n, 3n], {});
  expect(unqualified(text)).toEqual([]);
  await expect(client.query(text, [...values])).rejects.toMatchObject({ code: "22012" });
  expect(await history()).toEqual([{ version: 3, name: "t3", origin: null }]);
});
