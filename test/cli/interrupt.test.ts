import { expect, it, onTestFinished } from "vitest";
import { createDatabase } from "../support/database.ts";
import { sqlFolder } from "../support/sql_folder.ts";
import { type Started, useProgram, variablesOf } from "../support/terminal.ts";

const program = useProgram();

const seen = (condition: string): string =>
  `SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database() AND ${condition}`;
const SLEEPING = seen("wait_event = 'PgSleep'");

/** Starts `up` on two migrations, and waits until the second one is in the middle of `slow`. */
async function upInTheMiddleOf(slow: string): Promise<{
  started: Started;
  ask: (sql: string) => Promise<unknown[]>;
  until: (sql: string) => Promise<void>;
}> {
  const db = await createDatabase("interrupt");
  onTestFinished(() => db.drop());
  const dir = sqlFolder({
    "001_first.sql": "CREATE TABLE first ();",
    "002_slow.sql": `CREATE TABLE slow ();\n${slow};`,
  });
  const started = program.start(["up", "--dir", dir], { env: variablesOf(db) });
  const client = await db.connect();
  const ask = async (sql: string) => (await client.query({ text: sql, rowMode: "array" })).rows.flat();
  const until = async (sql: string): Promise<void> => {
    while ((await ask(sql))[0] !== 1) {
      expect(started.process.exitCode).toBeNull();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  await until(SLEEPING);
  return { started, ask, until };
}

const TABLES = "SELECT relname FROM pg_class WHERE relname IN ('first', 'slow') ORDER BY relname";
const RUNS = "SELECT status FROM schema_migration_runs";

it.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)("%s rolls the step back, records the run and exits with %i", async (signal, exit) => {
  const { started, ask } = await upInTheMiddleOf("SELECT pg_sleep(600)");
  started.process.kill(signal);
  const { status, stdout } = await started.ended;
  expect(status).toBe(exit);
  expect(stdout).toContain("1 applied");
  expect(stdout).toContain("interrupted");
  expect(await ask(TABLES)).toEqual(["first"]);
  expect(await ask(RUNS)).toEqual(["interrupted"]);
  // It has not left it behind, either.
  expect(await ask(SLEEPING)).toEqual([0]);
});

const DEAF = `DO $$ BEGIN LOOP BEGIN PERFORM pg_sleep(600); EXCEPTION WHEN query_canceled THEN
  PERFORM set_config('application_name', 'deaf', false); END; END LOOP; END $$`;

it("twice ends at once, whatever the server does", async () => {
  const { started, ask, until } = await upInTheMiddleOf(DEAF);
  started.process.kill("SIGINT");
  await until(seen("application_name = 'deaf'"));
  started.process.kill("SIGINT");
  // A run that ends in good order reports.
  expect(await started.ended).toMatchObject({ status: 130, stdout: "" });
  expect(await ask(seen("application_name = 'deaf'"))).toEqual([1]);
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
