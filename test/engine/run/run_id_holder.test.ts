import type pg from "pg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import { beginAttempt } from "#engine/registry/runs.ts";
import { qualifiedTables } from "#engine/registry/tables.ts";
import { runChange } from "#engine/run/change.ts";
import { runLockKey } from "#engine/run/lock_keys.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { bundleOf, run, runOptions, UP, worldFor } from "../../support/engine.ts";
import { stepsOf } from "../../support/faults.ts";
import { cameBy, committedIn, dieAt, numbered, PATIENT, rowOf, versionsIn } from "../../support/run_ids.ts";

const run_id = "who-holds-it";
const LOCK = `(${runLockKey("public")})`;
/** The last of them waits until it is cancelled, or the test lets it go on. */
const GATED = bundleOf({
  ...numbered(2),
  "3_gate.sql": "SELECT pg_advisory_xact_lock_shared(7); CREATE TABLE t3 (id int)",
});
/** The gate is a lock: a step that waits for it is tried again and again. */
const GATE_WAITED_FOR = { retry_for_ms: 600_000 };

let db: TestDatabase;
let client: pg.Client;
beforeEach(async () => {
  db = await createDatabase("run id holder");
  client = await db.connect();
});
afterEach(() => db.drop());

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Sessions that wait for the gate. */
const atTheGate = async (): Promise<number> =>
  (
    await client.query(
      "SELECT count(*)::int AS n FROM pg_locks WHERE locktype = 'advisory' AND objid = 7 AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
    )
  ).rows[0].n;

describe("a row that says it is running", () => {
  beforeEach(async () => {
    await dieAt(
      db,
      loadedSource(bundleOf(numbered(2))),
      UP,
      { text: /^COMMIT/, nth: 2, when: "after" },
      { run_id },
    );
    await until(async () => (await client.query(`SELECT pg_try_advisory_lock${LOCK} AS got`)).rows[0].got);
  });
  const deliver = () => run(db, bundleOf(numbered(2)), UP, { run_id, lock_wait_ms: 0 });
  const heldSince = (since: string) =>
    client.query(
      `UPDATE schema_migration_runs SET holder_pid = pg_backend_pid(), holder_started_at = (SELECT backend_start
         FROM pg_stat_activity WHERE pid = pg_backend_pid()) - $1::interval`,
      [since],
    );

  it("is at work where its own backend holds the lock, and not where another has its pid by now", async () => {
    await heldSince("0");
    expect(cameBy(await deliver())).toMatchObject({ status: "busy", code: "run-in-progress" });
    await heldSince("1 second");
    expect(cameBy(await deliver())).toMatchObject({ status: "busy", code: "other-run" });
    await client.query(`SELECT pg_advisory_unlock${LOCK}`);
    await heldSince("0");
    expect(cameBy(await deliver())).toMatchObject({ status: "ok", attempt: 2 });
    expect(await committedIn(db, run_id)).toEqual(["1 apply", "2 apply"]);
  });

  it("is taken over only as it was seen", async () => {
    const begin = (attempt: number) => {
      const by = { request_id: null, credential_version: null };
      const { text, values = [] } = beginAttempt(qualifiedTables("public"), { run_id, attempt }, by);
      return client.query(text, [...values]);
    };
    await begin(1);
    expect(await rowOf(db, run_id)).toMatchObject({ status: "running", attempt: 2 });
    await expect(begin(1)).rejects.toMatchObject({ code: "22012" });
    await client.query("UPDATE schema_migration_runs SET status = 'failed', finished_at = now()");
    await expect(begin(2)).rejects.toMatchObject({ code: "22012" });
  });
});

it("two ids of 64 characters that begin alike are two runs", async () => {
  const [one, two] = ["1", "2"].map((end) => "a".repeat(63) + end) as [string, string];
  await run(db, bundleOf(numbered(1)));
  const holder = await worldFor(db).connect(one);
  await holder.send([{ text: `SELECT pg_advisory_lock${LOCK}` }]);
  const deliver = (id: string) => run(db, bundleOf(numbered(2)), UP, { run_id: id, lock_wait_ms: 0 });
  expect([(await deliver(one)).error?.code, (await deliver(two)).error?.code]).toEqual([
    "run-in-progress",
    "other-run",
  ]);
  await holder.close();
});

it("who waits for the lock with an id that another process begins meanwhile is told so, and does not wait for it", async () => {
  await client.query(`SELECT pg_advisory_lock${LOCK}, pg_advisory_lock(7)`);
  const options = runOptions({ run_id, lock_wait_ms: 600_000, ...GATE_WAITED_FOR });
  const both = [0, 1].map(() => runChange(UP, loadedSource(GATED), options, worldFor(db)));
  await until(async () => {
    const waiting = await client.query(
      "SELECT FROM pg_stat_activity WHERE application_name = $1 AND state = 'idle' AND query ~ 'pg_lock_status'",
      [`paws-migrate/${run_id}`],
    );
    return waiting.rows.length === 2;
  });
  await client.query(`SELECT pg_advisory_unlock${LOCK}`);
  expect(cameBy(await Promise.race(both))).toMatchObject({ status: "busy", code: "run-in-progress" });
  await client.query("SELECT pg_advisory_unlock(7)");
  const reports = await Promise.all(both);
  expect(reports.map(({ status }) => status).sort()).toEqual(["busy", "ok"]);
  expect(await versionsIn(db)).toEqual([1, 2, 3]);
});

it("an attempt that comes back from a lost connection does not close the one that went on with its run", async () => {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const world = worldFor(db);
  let connected = 0;
  const connect = async (id: string) => {
    connected += 1;
    if (connected === 2) await opened;
    return world.connect(id);
  };
  await client.query("SELECT pg_advisory_lock(7)");
  const options = runOptions({ run_id, ...GATE_WAITED_FOR });
  const first = runChange(UP, loadedSource(GATED), options, { ...world, connect });
  await until(async () => (await atTheGate()) === 1);
  await client.query("SELECT pg_terminate_backend(holder_pid) FROM schema_migration_runs");
  const second = run(db, GATED, UP, { run_id, ...PATIENT, ...GATE_WAITED_FOR });
  await until(async () => (await rowOf(db, run_id))?.attempt === 2 && (await atTheGate()) === 1);
  open();
  expect(cameBy(await first)).toMatchObject({ status: "failed", code: "connection-lost", attempt: 1 });
  expect(await rowOf(db, run_id)).toMatchObject({ status: "running", attempt: 2, finished: false });
  await client.query("SELECT pg_advisory_unlock(7)");
  const report = await second;
  expect([cameBy(report), stepsOf(report)]).toMatchObject([
    { status: "ok", attempt: 2 },
    ["1 up done", "2 up done", "3 up done"],
  ]);
  expect(await rowOf(db, run_id)).toMatchObject({ status: "ok", attempt: 2, reported: "ok" });
  expect(await committedIn(db, run_id)).toEqual(["1 apply", "2 apply", "3 apply"]);
});
