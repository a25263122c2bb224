import type pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { bundleOf, run, UP } from "../support/engine.ts";
import { runSeed, seeded } from "../support/random.ts";

const ROUNDS = process.env.PAWS_STORM === "long" ? 200 : 10;

let db: TestDatabase;
let looker: pg.Client;
beforeAll(async () => {
  db = await createDatabase("deadlock");
  looker = await db.connect();
  await looker.query(`CREATE TABLE first (a int, n int); CREATE TABLE second (a int, n int);
    INSERT INTO first VALUES (1, 0); INSERT INTO second VALUES (1, 0)`);
});
afterAll(() => db.drop());

const random = seeded(runSeed("deadlock"));
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** The migration has the first table, and will want the second. */
async function migrationHoldsFirst(): Promise<void> {
  const held = `SELECT FROM pg_locks WHERE relation = 'first'::regclass AND mode = 'AccessExclusiveLock' AND granted`;
  await expect.poll(async () => (await looker.query(held)).rowCount, { interval: 2 }).toBe(1);
}

/** A transaction that takes the second table, and then wants the first. Its error's SQLSTATE, or null. */
async function transaction(session: pg.Client, crossing: () => Promise<void>): Promise<string | null> {
  try {
    await session.query("BEGIN; UPDATE second SET n = n + 1");
    await crossing();
    await session.query("UPDATE first SET n = n + 1");
    await session.query("COMMIT");
    return null;
  } catch (error) {
    await session.query("ROLLBACK");
    return (error as { readonly code?: string }).code ?? String(error);
  }
}

it("the application never loses a deadlock to the migration's DDL, and the migration is done", async () => {
  const session = await db.connect();
  const files: Record<string, string> = {};
  const lost: string[] = [];
  let tries = 0;
  let cycles = 0;
  for (let round = 1; round <= ROUNDS; round++) {
    const holds_s = (0.15 + random() * 0.25).toFixed(3);
    const waits_ms = random() * 40;
    files[`${String(round).padStart(3, "0")}_s.sql`] =
      `ALTER TABLE first ADD COLUMN c${round} int; SELECT pg_sleep(${holds_s}); ALTER TABLE second ADD COLUMN c${round} int`;
    let hasSecond = (): void => {};
    const begun = new Promise<void>((resolve) => {
      hasSecond = resolve;
    });
    const application = transaction(session, async () => {
      hasSecond();
      await migrationHoldsFirst();
      await pause(waits_ms);
    });
    await begun;
    const report = await run(db, bundleOf(files), UP, { retry_for_ms: 20_000 });
    expect(report.error).toBeNull();
    const sqlstate = await application;
    if (sqlstate !== null) lost.push(`round ${round} (held for ${holds_s} s): ${sqlstate}`);
    const step = report.steps.at(-1);
    if ((step?.tries ?? 0) > 1 || sqlstate === "40P01") cycles += 1;
    tries += step?.tries ?? 0;
  }
  process.stderr.write(
    `deadlock: ${ROUNDS} rounds, ${cycles} deadlocks, ${tries} tries of the migrations, ${lost.length} transactions of the application lost\n`,
  );
  expect(lost).toEqual([]);
  // A round without a deadlock, which one of both loses, proves nothing: a busy machine may come late.
  expect(cycles).toBeGreaterThan(ROUNDS / 2);
  const { rows } = await looker.query("SELECT f.n AS first, s.n AS second FROM first f, second s");
  expect(rows).toEqual([{ first: ROUNDS, second: ROUNDS }]);
}, 600_000);
