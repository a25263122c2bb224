import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RunOptions } from "#engine/request.ts";
import { percentile, startApplication } from "../support/application.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { bundleOf, run, UP } from "../support/engine.ts";
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
  const report = await run(db, bundleOf({ ...files, ...step, ...check }), UP, options);
  if (report.error === null) Object.assign(files, step);
  return { report, step: report.steps[0] };
}

const READER_MS = 5_000;

/** What eight clients see while `change` waits for a reader of their table. */
async function stallsDuring(change: () => Promise<unknown>): Promise<readonly number[]> {
  const reader = await db.connect();
  const application = await startApplication(db, "accounts", 8, random);
  await reader.query("BEGIN; SELECT count(*) FROM accounts");
  const read = new Promise((resolve) => setTimeout(resolve, READER_MS)).then(() => reader.query("COMMIT"));
  await change();
  await read;
  await reader.end();
  return application.stop();
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
    const [stood, noticed] = [unguarded, guarded].map((stalls) => stalls.at(-1) ?? 0);
    const ratio = (noticed ?? 0) / (stood ?? 1);
    const told = [figures("unguarded", unguarded), figures(`guarded (${tries} tries)`, guarded)];
    process.stderr.write(`${[...told, `lock harm: ratio ${ratio.toFixed(3)}`].join("\n")}\n`);
    expect(stood).toBeGreaterThan(READER_MS * 0.9);
    expect(ratio).toBeLessThanOrEqual(0.1);
    expect(tries).toBeGreaterThan(3);
  });
});

it("a backfill that meets one locked row waits for it, and is not begun again", async () => {
  const holder = await db.connect();
  await holder.query("BEGIN; UPDATE many SET n = 5 WHERE a = 15000");
  const released = new Promise((resolve) => setTimeout(resolve, 3_000)).then(() => holder.query("COMMIT"));
  const { report, step } = await migrate("UPDATE many SET n = n + 1");
  await released;
  expect(report.error).toBeNull();
  expect(step).toMatchObject({ status: "done", tries: 1, lock_held_ms: null });
  expect(step?.duration_ms).toBeGreaterThan(2_000);
  const { rows } = await client.query("SELECT sum(n)::int AS sum FROM many");
  expect(rows).toEqual([{ sum: 20_005 }]);
});

describe("a verification of 2 s under an ACCESS EXCLUSIVE lock", () => {
  // The answer before the lock may reach this busy process some milliseconds late.
  const SLOW = "SELECT pg_sleep(2.05) IS NOT NULL AS status";

  it("is told", async () => {
    const { report, step } = await migrate("LOCK TABLE accounts IN ACCESS EXCLUSIVE MODE", {}, SLOW);
    expect(report.error).toBeNull();
    expect(step?.lock_held_ms).toBeGreaterThanOrEqual(2_000);
  });

  it("is stopped by a bound, and its clients go on", async () => {
    const application = await startApplication(db, "accounts", 8, random);
    const bound = { max_lock_hold_ms: 500 };
    const { report, step } = await migrate("ALTER TABLE accounts ADD COLUMN late int", bound, SLOW);
    const stalls = await application.stop();
    process.stderr.write(`${figures("--max-lock-hold 500ms", stalls)}\n`);
    expect(report).toMatchObject({ status: "failed", error: { code: "lock-held-too-long" } });
    expect(step?.lock_held_ms).toBeGreaterThanOrEqual(500);
    expect(stalls.at(-1)).toBeGreaterThan(400);
    expect(stalls.at(-1)).toBeLessThan(1_500);
  });
});
