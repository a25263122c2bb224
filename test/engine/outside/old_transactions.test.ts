import type pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import { runChange } from "#engine/run/change.ts";
import type { RunEvent } from "#engine/seam.ts";
import { beforeMessage } from "../../support/at_message.ts";
import { createDatabase, onServer, type TestDatabase } from "../../support/database.ts";
import { bundleOf, run, runOptions, UP, worldFor } from "../../support/engine.ts";
import { AGES_MS, LONG_MS, timeOverAt, timeOverWhen } from "../../support/time_over.ts";

let db: TestDatabase;
let client: pg.Client;
let other: pg.Client;
beforeAll(async () => {
  db = await createDatabase("old");
  client = await db.connect();
  other = await db.connect();
  await other.query("SET application_name TO reports");
});
afterAll(() => db.drop());
beforeEach(async () => {
  await client.query("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
  await client.query("CREATE TABLE t (a int); CREATE TABLE elsewhere (a int); CREATE INDEX d ON t (a)");
});
afterEach(() => other.query("ROLLBACK"));

const bundle = (sql: string) => bundleOf({ "1_out.sql": `-- migrate: no-transaction\n${sql};` });
const CIC = "CREATE INDEX CONCURRENTLY i ON t (a)";
const pidOf = async (who: pg.Client) => (await who.query("SELECT pg_backend_pid() AS pid")).rows[0].pid;
const exists = async (index: string) =>
  (await client.query("SELECT to_regclass($1) AS found", [index])).rows[0].found !== null;
/** Waits until somebody's transactions are old. */
async function aged(since: string, from: string): Promise<void> {
  const text = `SELECT bool_and(clock_timestamp() - ${since} > '1.1 s') AS old FROM ${from}`;
  await expect.poll(async () => (await client.query(text)).rows[0].old, { timeout: 30_000 }).toBe(true);
}
const agedReports = () => aged("xact_start", "pg_stat_activity WHERE application_name = 'reports'");
const agedPrepared = () => aged("prepared", "pg_prepared_xacts WHERE database = current_database()");

const waits = (events: readonly RunEvent[]) =>
  events.filter(({ type }) => type === "waiting-for-transactions");
const HOLD = "BEGIN ISOLATION LEVEL REPEATABLE READ; INSERT INTO t VALUES (1); SELECT * FROM t";

test("behind an old transaction nothing starts: it is named, waited for, and then it goes on", async () => {
  await other.query(HOLD);
  await agedReports();
  const pid = await pidOf(other);
  for (const sql of [CIC, "REINDEX TABLE CONCURRENTLY t", "DROP INDEX CONCURRENTLY d"]) {
    const { error } = await run(db, bundle(sql), UP, { retry_for_ms: 100 });
    expect(error).toMatchObject({ code: "old-transactions", line: 2, file: "1_out.sql" });
    expect(error?.message).toMatch(new RegExp(`pid ${pid} \\(reports, \\d+ s\\)`));
    const { rows } = await client.query("SELECT count(*)::int AS n FROM pg_index WHERE NOT indisvalid");
    expect(rows[0].n).toBe(0);
    // Another script has its turn.
    await client.query("DELETE FROM schema_migration_statements");
  }
  const waiting = timeOverAt(worldFor(db), ({ type }) => type === "waiting-for-transactions");
  const late = await runChange(UP, loadedSource(bundle(CIC)), runOptions({ timeout_ms: LONG_MS }), waiting);
  expect(late).toMatchObject({ status: "incomplete", error: { code: "deadline", line: 2 } });

  const world = worldFor(db);
  const running = runChange(UP, loadedSource(bundle(CIC)), runOptions(), world);
  await expect.poll(() => waits(world.events).length, { timeout: 30_000 }).toBe(1);
  expect(waits(world.events)).toMatchObject([
    { label: "1", holders: [{ pid, application: "reports", hidden: false, age_ms: expect.any(Number) }] },
  ]);
  expect(await exists("i")).toBe(false);
  await other.query("COMMIT");
  expect((await running).error).toBeNull();
  expect(await exists("i")).toBe(true);
});

test("prepared transactions are named by their gid, and who is hidden from this role is said to be", async () => {
  const role = `plain_${db.name}`.slice(0, 60);
  await onServer(`CREATE ROLE ${role} LOGIN PASSWORD 'p'`);
  try {
    await client.query(`GRANT USAGE, CREATE ON SCHEMA public TO ${role}; ALTER TABLE t OWNER TO ${role}`);
    await other.query("BEGIN; INSERT INTO t VALUES (1)");
    await other.query(`PREPARE TRANSACTION 'left of ${db.name}'`);
    await other.query(HOLD);
    await agedReports();
    await agedPrepared();
    const world = worldFor(db, { user: role, password: async () => "p" });
    // Who is hidden is seen to be old a second later.
    const both = timeOverAt(
      world,
      (event) => event.type === "waiting-for-transactions" && event.holders.length === 2,
    );
    const options = runOptions({ retry_for_ms: LONG_MS });
    const report = await runChange(UP, loadedSource(bundle(CIC)), options, both);
    expect(report.error?.code).toBe("old-transactions");
    expect(report.error?.message).toContain(`pid ${await pidOf(other)} (reports, the server hides the rest`);
    expect(report.error?.message).toContain(`prepared transaction left of ${db.name}`);
    expect(waits(world.events).at(-1)).toMatchObject({
      holders: [
        { hidden: true, age_ms: null },
        { pid: null, hidden: false },
      ],
    });
    // Of whom it does not show in time is named too.
    await client.query(`ROLLBACK PREPARED 'left of ${db.name}'`);
    const at_once = runOptions({ retry_for_ms: 0 });
    const { error } = await runChange(UP, loadedSource(bundle(CIC)), at_once, world);
    expect(error).toMatchObject({ code: "old-transactions" });
    expect(error?.message).toContain(`would wait for pid ${await pidOf(other)} (reports, the server hides`);
  } finally {
    await other.query("ROLLBACK");
    await other.query(`ROLLBACK PREPARED 'left of ${db.name}'`).catch(() => {});
    await client.query(`DROP OWNED BY ${role}`);
    await onServer(`DROP ROLE ${role}`);
  }
});

describe("while the statement runs", () => {
  /** A transaction that the build meets when it has begun: too late to be waited for before. */
  const meeting = (world: ReturnType<typeof worldFor>) =>
    beforeMessage(world, /^CREATE INDEX/, () => other.query("BEGIN; INSERT INTO t VALUES (1)"));
  /** The build has waited for it for longer than any lock timeout of a DDL. */
  async function waited(): Promise<void> {
    const text = `SELECT FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE a.datname = current_database()
      AND l.locktype = 'virtualxid' AND NOT l.granted AND clock_timestamp() - l.waitstart > '300 ms'`;
    await expect.poll(async () => (await client.query(text)).rowCount, { timeout: 30_000 }).toBe(1);
  }

  test("the deadline cancels it; the next run drops what is left and builds it", async () => {
    const world = worldFor(db);
    const met = waited();
    const options = runOptions({ timeout_ms: LONG_MS });
    const [report] = await Promise.all([
      runChange(UP, loadedSource(bundle(CIC)), options, timeOverWhen(meeting(world), met)),
      met,
    ]);
    // That was not tried again.
    expect(world.events.filter(({ type }) => type === "step-retried")).toEqual([]);
    expect([report.status, report.error?.code]).toEqual(["incomplete", "deadline"]);
    expect(report.error?.message).toContain("the statement in line 2 of 1_out.sql");
    expect(
      (await client.query("SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass")).rows,
    ).toEqual([{ indisvalid: false }]);
    await other.query("COMMIT");
    expect((await run(db, bundle(CIC))).error).toBeNull();
    expect(
      (await client.query("SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass")).rows,
    ).toEqual([{ indisvalid: true }]);
  });

  test("an interruption cancels it too", async () => {
    const world = worldFor(db);
    const running = runChange(UP, loadedSource(bundle(CIC)), runOptions(), meeting(world));
    await waited();
    world.stop();
    const report = await running;
    expect([report.status, report.error?.code]).toEqual(["interrupted", "interrupted"]);
  });
});

test("an INVALID index that somebody else still builds is waited for", async () => {
  await client.query("INSERT INTO t SELECT generate_series(1, 1000)");
  await other.query("BEGIN; INSERT INTO t VALUES (1)");
  const builder = await db.connect();
  const pid = await pidOf(builder);
  const building = builder.query("CREATE INDEX CONCURRENTLY i ON t (a)");
  await expect.poll(() => exists("i"), { timeout: 30_000 }).toBe(true);
  const oid = (await client.query("SELECT 'i'::regclass::oid AS oid")).rows[0].oid;
  const report = await run(db, bundle(CIC), UP, { retry_for_ms: 300 });
  expect(report.error?.code).toBe("lock-timeout");
  expect(report.error?.message).toContain(`(pid ${pid})`);
  const running = run(db, bundle("CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a)"));
  await other.query("COMMIT");
  await building;
  expect((await running).error).toBeNull();
  expect((await client.query("SELECT 'i'::regclass::oid AS oid")).rows[0].oid).toBe(oid);
});

test("a DETACH gives way to who reads the partition, and is finalized when the reader has ended", async () => {
  await client.query(`CREATE TABLE p (a int) PARTITION BY RANGE (a);
    CREATE TABLE c PARTITION OF p FOR VALUES FROM (0) TO (9)`);
  const world = worldFor(db);
  const detach = bundle("ALTER TABLE p DETACH PARTITION c CONCURRENTLY");
  // A reader that was there before would be waited for before anything begins.
  const reading = beforeMessage(world, /^ALTER TABLE p/, () => other.query("BEGIN; SELECT * FROM p"));
  const running = runChange(UP, loadedSource(detach), runOptions({ retry_for_ms: LONG_MS }), reading);
  await expect
    .poll(() => world.events.some(({ type }) => type === "step-retried"), { timeout: 30_000 })
    .toBe(true);
  const { rows: pending } = await client.query("SELECT inhdetachpending AS pending FROM pg_inherits");
  expect(pending).toEqual([{ pending: true }]);
  await other.query("COMMIT");
  expect((await running).error).toBeNull();
  expect((await client.query("SELECT FROM pg_inherits")).rows).toEqual([]);
});

test("a lock that a statement does not get is told as one, with who holds it", async () => {
  const holder = await db.connect();
  await holder.query(
    "DROP TABLE IF EXISTS locked; CREATE TABLE locked (a int); CREATE INDEX l ON locked (a)",
  );
  await holder.query(
    "SET application_name = 'the holder'; BEGIN; LOCK TABLE locked IN SHARE ROW EXCLUSIVE MODE",
  );
  const files = { "1_l.sql": "-- migrate: no-transaction\nREINDEX INDEX l" };
  const source = loadedSource(bundleOf(files));
  // Who holds it is looked for from the second try on.
  const seen = () =>
    timeOverAt(worldFor(db), (event) => event.type === "step-retried" && event.blockers.length > 0);
  const report = await runChange(UP, source, runOptions({ retry_for_ms: LONG_MS }), seen());
  const options = runOptions({ retry_for_ms: 2 * AGES_MS, timeout_ms: LONG_MS });
  const late = await runChange(UP, source, options, seen());
  const world = worldFor(db);
  const running = runChange(UP, source, runOptions({ retry_for_ms: LONG_MS }), world);
  await expect
    .poll(() => world.events.some(({ type }) => type === "step-retried"), { timeout: 30_000 })
    .toBe(true);
  world.stop();
  expect(await running).toMatchObject({ status: "interrupted", error: { code: "interrupted" } });
  await holder.query("ROLLBACK");
  expect(late).toMatchObject({ status: "incomplete", error: { code: "deadline", line: 2 } });
  expect(report.error).toMatchObject({
    code: "lock-timeout",
    sqlstate: "55P03",
    file: "1_l.sql",
    line: 2,
    message: expect.stringMatching(/\(tried \d+ times\); in the way: process \d+ \(the holder/),
    remedy: expect.stringContaining("--retry-for"),
  });
  expect(report.steps[0]?.blockers).toMatchObject([{ application: "the holder" }]);
  const { rows } = await holder.query(
    "SELECT blockers FROM schema_migration_events WHERE error ->> 'code' = 'lock-timeout' ORDER BY event_id DESC LIMIT 1",
  );
  expect(rows).toMatchObject([{ blockers: [{ application: "the holder" }] }]);
});
