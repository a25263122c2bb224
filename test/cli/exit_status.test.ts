import { beforeEach, expect, it, onTestFinished } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { sqlFolder } from "../support/sql_folder.ts";
import { type Ended, useProgram, variablesOf } from "../support/terminal.ts";

const program = useProgram();
let db: TestDatabase;

beforeEach(async () => {
  db = await createDatabase("exit status");
  onTestFinished(() => db.drop());
});

const up = (files: Readonly<Record<string, string>>, ...more: string[]): Promise<Ended> =>
  program.run(["up", "--dir", sqlFolder(files), ...more], { env: variablesOf(db) });

const A = { "bundle.json": '{"name": "b"}', "001_a.sql": "CREATE TABLE a ();" };

it("1: a step failed; the report shows where, and what was not run", async () => {
  const ended = await up({ ...A, "002_b.sql": "SELECT 1;\n  SELECT nonsense;", "003_c.sql": "SELECT 1;" });
  expect(ended.status).toBe(1);
  expect(ended.stdout).toMatch(/001 +a +done/);
  expect(ended.stdout).toContain("002_b.sql:2:10");
  expect(ended.stdout).toMatch(/003 +c +not run/);
});

it("2: a bundle that cannot be read, with every fault", async () => {
  const ended = await up({ "1_a.sql": "", "001_b.sql": "", "x.sql": "" });
  expect(ended).toMatchObject({ status: 2, stdout: "" });
  expect(ended.stderr).toContain("[duplicate-version]");
  expect(ended.stderr).toContain("[no-version]");
});

it("3: the history refuses", async () => {
  expect((await up(A)).status).toBe(0);
  const ended = await up({ ...A, "001_a.sql": "CREATE TABLE changed ();" });
  expect(ended.status).toBe(3);
  expect(ended.stdout).toContain("[changed-migration]");
});

it("4: another run holds the lock", async () => {
  const slow = { ...A, "002_b.sql": "SELECT pg_sleep(600);" };
  const first = program.start(["up", "--dir", sqlFolder(slow)], { env: variablesOf(db) });
  await first.said(/002 b: applying/);
  const ended = await up(slow, "--lock-wait", "200ms");
  // It has not waited for the other's end.
  expect(first.process.exitCode).toBeNull();
  expect(ended.status).toBe(4);
  expect(ended.stdout + ended.stderr).toContain("[other-run]");
  first.process.kill("SIGINT");
  expect((await first.ended).status).toBe(130);
});

it("6: the time is over, and the next run goes on", async () => {
  // Time enough for the first one, also where the machine is busy.
  const ended = await up({ ...A, "002_b.sql": "SELECT pg_sleep(600);" }, "--timeout", "10s");
  expect(ended.status).toBe(6);
  expect(ended.stdout).toMatch(/001 +a +done/);
  expect((await up({ ...A, "002_b.sql": "SELECT 1;" })).stdout).toMatch(/^1 applied/m);
});

it("a reader that leaves early is no fault", async () => {
  const started = program.start(["help"]);
  started.process.stdout?.destroy();
  expect((await started.ended).status).toBe(0);
});
