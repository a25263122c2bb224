import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import type { RunOptions } from "#engine/request.ts";
import { runChange } from "#engine/run/change.ts";
import { percentile, startApplication } from "../support/application.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { bundleOf, runOptions, UP, worldFor } from "../support/engine.ts";
import { between, heardIn } from "../support/heard.ts";
import { runSeed, seeded } from "../support/random.ts";

let db: TestDatabase;
let client: pg.Client;
beforeAll(async () => {
  db = await createDatabase("lock harm");
  client = await db.connect();
  await client.query(`CREATE TABLE accounts (a int PRIMARY KEY, n int NOT NULL);
    INSERT INTO accounts SELECT i, 0 FROM generate_series(0, 99) AS i;
    CREATE TABLE many (a int PRIMARY KEY, n int NOT NULL);
    INSERT INTO many SELECT i, 0 FROM generate_series(1, 20000) AS i`);
});
afterAll(() => db.drop());

const random = seeded(runSeed("lock harm"));
const files: Record<string, string> = {};

/** Applies one more migration and its verification; one that fails is not there for the next. */
async function migrate(sql: string, options: Partial<RunOptions> = {}, verify?: string) {
  const label = String(Object.keys(files).length + 1).padStart(3, "0");
  const step = { [`${label}_s.sql`]: sql };
  const check = verify === undefined ? {} : { [`verify/${label}_verify.sql`]: verify };
  const { world, heard } = heardIn(worldFor(db));
  const source = loadedSource(bundleOf({ ...files, ...step, ...check }));
  const report = await runChange(UP, source, runOptions(options), world);
  if (report.error === null) Object.assign(files, step);
  return { report, step: report.steps[0], heard };
}

const READER_MS = 5_000;

/** For how long the server keeps a client of `accounts` waiting: looked at again and again, the longest. */
async function longestWait(until: Promise<unknown>): Promise<number> {
  const waits = `SELECT coalesce(max(extract(epoch FROM clock_timestamp() - l.waitstart) * 1000), 0)::float8 AS ms
    FROM pg_locks l WHERE l.relation = 'accounts'::regclass AND NOT l.granted AND l.mode <> 'AccessExclusiveLock'`;
  let over = false;
  void until.finally(() => {
    over = true;
  });
  let longest = 0;
  while (!over) {
    longest = Math.max(longest, (await client.query<{ ms: number }>(waits)).rows[0]?.ms ?? 0);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return longest;
}

/** What eight clients see while `change` waits for a reader of their table. */
async function stallsDuring(change: () => Promise<unknown>) {
  const reader = await db.connect();
  const application = await startApplication(db, "accounts", 8, random);
  await reader.query("BEGIN; SELECT count(*) FROM accounts");
  const read = new Promise((resolve) => setTimeout(resolve, READER_MS)).then(() => reader.query("COMMIT"));
  const [waited_ms] = await Promise.all([longestWait(read), change(), read]);
  await reader.end();
  return { waited_ms, stalls: await application.stop() };
}

const figures = (what: string, stalls: readonly number[]): string => {
  const [p50, p99, max] = [0.5, 0.99, 1].map((share) => percentile(stalls, share).toFixed(1));
  return `lock harm: ${what}: ${stalls.length} statements, p50 ${p50} ms, p99 ${p99} ms, max ${max} ms`;
};

describe("eight clients of a table that a reader holds for 5 s", () => {
  it("hardly notice a change that waits for it, and stand still behind one that is not guarded", async () => {
    const session = await db.connect();
    await session.query("SET lock_timeout = 0");
    const unguarded = await stallsDuring(() => session.query("ALTER TABLE accounts ADD COLUMN u int"));
    let tries = 0;
    const guarded = await stallsDuring(async () => {
      const sql = "ALTER TABLE accounts ADD COLUMN g int";
      const { report, step } = await migrate(sql, { retry_for_ms: 30_000 });
      expect(report.error).toBeNull();
      tries = step?.tries ?? 0;
    });
    // The clients share this busy process: how long they were kept waiting, only the server knows.
    const ratio = guarded.waited_ms / unguarded.waited_ms;
    const told = [
      figures("unguarded", unguarded.stalls),
      figures(`guarded (${tries} tries)`, guarded.stalls),
    ];
    process.stderr.write(`${[...told, `lock harm: ratio ${ratio.toFixed(3)}`].join("\n")}\n`);
    expect(unguarded.waited_ms).toBeGreaterThan(READER_MS * 0.8);
    expect(unguarded.stalls.at(-1)).toBeGreaterThan(unguarded.waited_ms);
    expect(guarded.waited_ms).toBeGreaterThan(0);
    expect(ratio).toBeLessThanOrEqual(0.1);
    expect(tries).toBeGreaterThan(3);
  });
});

it("a backfill that meets one locked row waits for it, and is not begun again", async () => {
  const holder = await db.connect();
  await holder.query("BEGIN; UPDATE many SET n = 5 WHERE a = 15000");
  const running = migrate("UPDATE many SET n = n + 1");
  const waits = `SELECT FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE a.datname = current_database()
    AND NOT l.granted AND clock_timestamp() - l.waitstart > '2 s'`;
  await expect.poll(async () => (await client.query(waits)).rowCount).toBe(1);
  await holder.query("COMMIT");
  const { report, step } = await running;
  expect(report.error).toBeNull();
  expect(step).toMatchObject({ status: "done", tries: 1, lock_held_ms: null });
  expect(step?.duration_ms).toBeGreaterThan(2_000);
  const { rows } = await client.query("SELECT sum(n)::int AS sum FROM many");
  expect(rows).toEqual([{ sum: 20_005 }]);
});

describe("a slow verification under an ACCESS EXCLUSIVE lock", () => {
  const slow = (seconds: number) => `SELECT pg_sleep(${seconds}) IS NOT NULL AS status`;

  it("is told", async () => {
    const { report, step, heard } = await migrate(
      "LOCK TABLE accounts IN ACCESS EXCLUSIVE MODE",
      {},
      slow(2),
    );
    expect(report.error).toBeNull();
    expect(step?.lock_held_ms).toBe(between(heard, /LOCK TABLE accounts/, /^COMMIT/));
    expect(step?.duration_ms).toBeGreaterThan(2_000);
  });

  it("is stopped by a bound, and its clients go on", async () => {
    const application = await startApplication(db, "accounts", 8, random);
    const bound = { max_lock_hold_ms: 1_000 };
    const { report, step } = await migrate("ALTER TABLE accounts ADD COLUMN late int", bound, slow(9));
    const stalls = await application.stop();
    process.stderr.write(`${figures("--max-lock-hold 1s", stalls)}\n`);
    expect(report).toMatchObject({ status: "failed", error: { code: "lock-held-too-long" } });
    expect(step?.lock_held_ms).toBeGreaterThanOrEqual(1_000);
    expect(stalls.at(-1)).toBeGreaterThan(400);
    // Without it they would stand still for the verification's nine seconds.
    expect(stalls.at(-1)).toBeLessThan(5_000);
  });
});
