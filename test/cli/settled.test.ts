import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { createDatabase } from "../support/database.ts";
import { expectValidReport } from "../support/report_schema.ts";
import { sqlFolder } from "../support/sql_folder.ts";
import { useProgram, variablesOf } from "../support/terminal.ts";

const program = useProgram();

const FILES = {
  "bundle.json": '{"name": "moved"}',
  "001_a.sql": "CREATE TABLE a ();",
  "verify/001_verify.sql": "SELECT to_regclass('a') IS NOT NULL AS status;",
  "002_b.sql": "CREATE TABLE b ();",
  "twice.txt": "1975ea83b712 001\n1975ea83b712 002\n",
  "chain.txt": "# oldest first\n1975ea83b712 001\n\nae1027a6acf  002 # the newest\n",
};

async function place() {
  const db = await createDatabase("settled cli");
  onTestFinished(() => db.drop());
  const dir = sqlFolder(FILES);
  const job = (...words: string[]) => program.run([...words, "--dir", dir], { env: variablesOf(db) });
  return { client: await db.connect(), dir, job };
}

it("adopt shows, takes over and is gone on with; its arguments are checked", async () => {
  const { client, dir, job } = await place();
  await client.query(
    `CREATE TABLE a (); CREATE TABLE alembic_version (version_num VARCHAR(32) PRIMARY KEY);
     INSERT INTO alembic_version VALUES ('1975ea83b712')`,
  );
  const chain = join(dir, "chain.txt");
  expect(await job("adopt", "--from", "nobody")).toMatchObject({ status: 2 });
  const table = await job("adopt", "--table", "alembic_version");
  expect([table.status, table.stderr]).toEqual([2, expect.stringContaining("wanted SCHEMA.TABLE")]);
  const absent = await job("adopt", "--chain", join(dir, "none.txt"));
  expect([absent.status, absent.stderr]).toEqual([2, expect.stringContaining("[unreadable-file]")]);
  writeFileSync(join(dir, "bad.txt"), "1975ea83b712 001\nae1027a6acf 77\n");
  const twice = await job("adopt", "--chain", join(dir, "twice.txt"));
  expect([twice.status, twice.stderr]).toEqual([2, expect.stringContaining("Line 2 of")]);
  const bad = await job("adopt", "--chain", join(dir, "bad.txt"));
  expect([bad.status, bad.stderr]).toEqual([2, expect.stringContaining("Line 2 of")]);
  const refused = await job("adopt");
  expect([refused.status, refused.stdout]).toEqual([3, expect.stringContaining("--chain FILE")]);
  const shown = await job("adopt", "--chain", chain, "--dry-run", "--json");
  expectValidReport(JSON.parse(shown.stdout));
  expect(JSON.parse(shown.stdout)).toMatchObject({ written: false, adopted: [{ label: "001" }] });
  const named = ["--from", "alembic", "--table", "public.alembic_version"];
  const done = await job("adopt", "--chain", chain, ...named);
  expect([done.status, done.stdout]).toEqual([0, expect.stringContaining("1 migration of alembic")]);
  const [, run = ""] = /Run ([0-9a-f-]+)\./.exec(done.stdout) ?? [];
  const runs = await job("runs", "--run", run, "--json");
  expectValidReport(JSON.parse(runs.stdout));
  expect(JSON.parse(runs.stdout).runs).toMatchObject([
    { command: "adopt", progress: { done: 1, planned: 1 }, events: [{ action: "adopt", success: true }] },
  ]);
  expect((await job("up")).stdout).toContain("1 applied");
});

it("baseline wants its version and its proof; repair wants a reason", async () => {
  const { client, dir, job } = await place();
  expect(await job("baseline")).toMatchObject({ status: 2, stderr: expect.stringContaining("--version") });
  const unproven = await job("baseline", "--version", "002");
  expect([unproven.status, unproven.stdout]).toEqual([1, expect.stringContaining("Nothing was recorded.")]);
  expect(unproven.stdout.match(/\[check-failed\]/g)).toHaveLength(1);
  await client.query("CREATE TABLE a (); CREATE TABLE b ()");
  const done = await job("baseline", "--version", "2", "--json");
  expectValidReport(JSON.parse(done.stdout));
  expect(JSON.parse(done.stdout)).toMatchObject({ status: "ok", written: true, current_version: "2" });
  expect((await job("status")).stdout).toMatch(/001 +a +baseline/);

  writeFileSync(join(dir, "001_a.sql"), `-- said more\n${readFileSync(join(dir, "001_a.sql"), "utf8")}`);
  expect(await job("repair")).toMatchObject({ status: 2, stderr: expect.stringContaining("--reason") });
  const repaired = await job("repair", "001", "--reason", "a comment", "--json");
  expectValidReport(JSON.parse(repaired.stdout));
  expect(JSON.parse(repaired.stdout)).toMatchObject({ written: true, repaired: [{ label: "001" }] });
  const again = await job("repair", "--reason", "a comment", "--dry-run");
  expect([again.status, again.stdout]).toEqual([0, expect.stringContaining("nothing to do")]);
  expect((await job("status", "--exit-code")).status).toBe(0);
});
