import { expect, it, onTestFinished } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { sqlFolder } from "../support/sql_folder.ts";
import { type Started, useProgram, variablesOf } from "../support/terminal.ts";

const program = useProgram();

/** Starts `up` on two migrations, and waits until the second one is in the middle of `slow`. */
async function upInTheMiddleOf(
  slow: string,
): Promise<{ db: TestDatabase; started: Started; ask: (sql: string) => Promise<unknown[]> }> {
  const db = await createDatabase("interrupt");
  onTestFinished(() => db.drop());
  const dir = sqlFolder({
    "001_first.sql": "CREATE TABLE first ();",
    "002_slow.sql": `CREATE TABLE slow ();\n${slow};`,
  });
  const started = program.start(["up", "--dir", dir], { env: variablesOf(db) });
  const client = await db.connect();
  const ask = async (sql: string) => (await client.query({ text: sql, rowMode: "array" })).rows.flat();
  const sleeping =
    "SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'";
  for (let left = 200; (await ask(sleeping))[0] !== 1; left--) {
    if (left === 0) throw new Error("it never slept");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { db, started, ask };
}

const TABLES = "SELECT relname FROM pg_class WHERE relname IN ('first', 'slow') ORDER BY relname";
const RUNS = "SELECT status FROM schema_migration_runs";

it.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)("%s rolls the step back, records the run and exits with %i", async (signal, exit) => {
  const { started, ask } = await upInTheMiddleOf("SELECT pg_sleep(60)");
  const at = performance.now();
  started.process.kill(signal);
  const { status, stdout } = await started.ended;
  expect(performance.now() - at).toBeLessThan(5_000);
  expect(status).toBe(exit);
  expect(stdout).toContain("1 applied");
  expect(stdout).toContain("interrupted");
  expect(await ask(TABLES)).toEqual(["first"]);
  expect(await ask(RUNS)).toEqual(["interrupted"]);
});

const DEAF = `DO $$ BEGIN LOOP BEGIN PERFORM pg_sleep(60); EXCEPTION WHEN query_canceled THEN NULL; END; END LOOP; END $$`;

it("twice ends at once, whatever the server does", async () => {
  const { started, ask } = await upInTheMiddleOf(DEAF);
  started.process.kill("SIGINT");
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(started.process.exitCode).toBeNull();
  const at = performance.now();
  started.process.kill("SIGINT");
  expect((await started.ended).status).toBe(130);
  expect(performance.now() - at).toBeLessThan(500);
  expect(await ask(TABLES)).toEqual(["first"]);
});

it("ends a wait for a database at once", async () => {
  const env = { DB_HOST: "127.0.0.1", DB_PORT: "1" };
  const started = program.start(["status", "--wait", "60s", "--json", "--dir", "migrations/paws360"], {
    env,
  });
  await started.said(/Waiting for it/);
  started.process.kill("SIGTERM");
  const { status, stdout } = await started.ended;
  expect(status).toBe(143);
  expect(JSON.parse(stdout)).toMatchObject({ status: "interrupted", error: { code: "interrupted" } });
});
