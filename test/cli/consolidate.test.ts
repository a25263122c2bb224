import { randomBytes } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { run } from "../../cli/run.ts";
import { createDatabase, onServer, type TestDatabase } from "../support/database.ts";
import { fakeInterrupt, fakeTerminal } from "../support/fake_terminal.ts";
import { expectValidReport } from "../support/report_schema.ts";
import { sqlFolder } from "../support/sql_folder.ts";
import { type Ended, useProgram, variablesOf } from "../support/terminal.ts";

const program = useProgram();
const KEYS = join(import.meta.dirname, "../fixtures/consolidate");
const WHICH = ["--versions", "20250713..20250717", "--name", "Keys tables complete"];
const STEM = "20250717_keys_tables_complete";

let db: TestDatabase;
/** Other files have scratch databases on this server too: this one's belong to a login of its own. */
const MAKER = `maker_${randomBytes(5).toString("hex")}`;
const LOGIN = { DB_USER: MAKER, DB_PASSWORD: MAKER };
beforeAll(async () => {
  db = await createDatabase("consolidate cli");
  await onServer(`CREATE ROLE ${MAKER} SUPERUSER LOGIN PASSWORD '${MAKER}'`);
});
afterAll(async () => {
  await db.drop();
  await onServer(`DROP ROLE ${MAKER}`);
});

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "paws-migrate-keys-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  cpSync(KEYS, dir, { recursive: true });
});

/** In this process, which is quicker than one of its own. */
async function cli(words: readonly string[], at = db, env = {}): Promise<Ended> {
  const terminal = fakeTerminal(words, { env: { ...variablesOf(at), ...LOGIN, ...env } });
  const status = await run(terminal, fakeInterrupt());
  return { status, stdout: terminal.out(), stderr: terminal.err() };
}
const onTarget = (folder: string, ...words: readonly string[]) =>
  cli(["consolidate", folder, "--scratch", "target", ...words]);
const filesIn = (folder: string) => readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
const scratch = async () =>
  (await onServer(`SELECT datname FROM pg_database WHERE pg_get_userbyid(datdba) = '${MAKER}'`)).rows;

it("proves on a PostgreSQL of its own; a dry run writes nothing", async () => {
  const before = filesIn(dir);
  const { status, stdout, stderr } = await program.run(["consolidate", dir, ...WHICH, "--dry-run"]);
  expect([status, stderr]).toEqual([0, expect.stringContaining("Starting a PostgreSQL")]);
  expect(stdout).toContain("Schema and rows come to the same as before. Nothing was written.");
  expect(stdout).toContain("Files that would be written:\n");
  expect(filesIn(dir)).toEqual(before);
});

it("writes the files, so that a fresh database takes the one and an old one is recorded", async () => {
  const old = await createDatabase("consolidate old");
  onTestFinished(() => old.drop());
  const on = (at: TestDatabase, ...words: string[]) => cli([...words, "--dir", dir], at);
  writeName(dir);
  expect((await on(old, "up")).status).toBe(0);

  const made = await onTarget(dir, ...WHICH, "--json");
  expect(made.status, made.stdout).toBe(0);
  const report = JSON.parse(made.stdout);
  expectValidReport(report);
  expect(report.files_written).toEqual([
    `${STEM}.sql`,
    `verify/${STEM}_verify.sql`,
    `rollback/${STEM}_rollback.sql`,
    "consolidated.json",
  ]);
  expect(await scratch()).toEqual([]);
  expect(readdirSync(dir).filter((name) => name.endsWith(".sql"))).toEqual([`${STEM}.sql`]);
  expect(readFileSync(join(dir, `.replaced/${STEM}/20250713_keys_table.sql`), "utf8")).toBe(
    readFileSync(join(KEYS, "20250713_keys_table.sql"), "utf8"),
  );
  expect((await cli(["check", dir, "--strict"])).status).toBe(0);

  const refused = await on(old, "up");
  expect([refused.status, refused.stdout]).toEqual([3, expect.stringContaining("[consolidation-pending]")]);
  const recorded = await cli(["consolidate", dir, "--record"], old);
  expect([recorded.status, recorded.stdout]).toEqual([
    0,
    expect.stringContaining("1 consolidation recorded."),
  ]);
  const again = await cli(["consolidate", dir, "--record"], old);
  expect([again.status, again.stdout]).toEqual([0, expect.stringContaining("nothing to do")]);
  expect((await on(old, "verify")).status).toBe(0);
  expect((await on(old, "rollback")).status).toBe(0);
  expect((await on(old, "up")).stdout).toContain("1 applied");
});

/** The same bundle, whatever its folder is called. */
function writeName(folder: string): void {
  cpSync(sqlFolder({ "bundle.json": '{"name": "keys"}' }), folder, { recursive: true });
}

it("a difference shows no secret, as the server quotes it or in part", async () => {
  const secret = `it's a quoted word, with  blanks within${"x".repeat(400)}`;
  const folder = sqlFolder({
    "bundle.json": '{"placeholders": {"s": {"kind": "literal", "secret": true}}}',
    "1_a.sql": "CREATE TABLE a (n text);",
    "2_b.sql": "ALTER TABLE a ALTER n SET DEFAULT ${s};",
    "3_c.sql": "ALTER TABLE a ALTER n SET DEFAULT 3;",
    "4_d.sql": "SELECT 4;",
  });
  const words = ["consolidate", folder, "--scratch", "target", "--versions", "2,4", "--name", "x", "--json"];
  const { stdout } = await cli(words, db, { MIGRATION_PLACEHOLDERS: JSON.stringify({ s: secret }) });
  const { code, detail } = JSON.parse(stdout).error;
  expect([code, detail]).toEqual(["consolidation-differs", expect.stringContaining("***")]);
  expect(detail).not.toMatch(/quoted|within|xxxxxxxx/);
});

it("a difference ends with 3, names the object, and leaves no file and no database", async () => {
  const folder = sqlFolder({
    "1_a.sql": "CREATE TABLE a (n int DEFAULT 1);",
    "2_b.sql": "ALTER TABLE a ALTER n SET DEFAULT 2;",
    "3_c.sql": "ALTER TABLE a ALTER n SET DEFAULT 3;",
    "4_d.sql": "SELECT 4;",
  });
  const before = filesIn(folder);
  const { status, stderr } = await onTarget(folder, "--versions", "2,4", "--name", "x");
  expect([status, stderr]).toEqual([3, expect.stringContaining("column public.a.n")]);
  expect(stderr).toContain("[consolidation-differs]");
  expect([filesIn(folder), await scratch()]).toEqual([before, []]);
});

describe("bad input ends with 2 before anything is made:", () => {
  it.each([
    ["no versions", ["--name", "x"], "--versions and --name"],
    ["no name", ["--versions", "20250713..20250717"], "--versions and --name"],
    ["a hostile name", ["--versions", "20250713..20250717", "--name", "../../x'; --"], "[bad-name]"],
    ["an unknown version", ["--versions", "20250713..20250799", "--name", "x"], "[unknown-version]"],
    ["an archive", [...WHICH, "--bundle", "x.zip"], "cannot be given together"],
    ["a record with versions", ["--record", ...WHICH], "cannot be used with"],
    ["a lone verification", [...WHICH, "--leave-out-verification", "20250716"], "[unknown-version]"],
  ])("%s", async (_, words, says) => {
    const before = filesIn(dir);
    const { status, stderr, stdout } = await onTarget(dir, ...words);
    expect([status, stderr + stdout]).toEqual([2, expect.stringContaining(says)]);
    expect(filesIn(dir)).toEqual(before);
  });
});

it("two at once: one of them writes, and the folder is whole", async () => {
  const words = ["consolidate", dir, "--scratch", "target", ...WHICH];
  const once = () => program.run(words, { env: { ...variablesOf(db), ...LOGIN } });
  const ended = await Promise.all([once(), once()]);
  const statuses = ended.map(({ status }) => status).sort();
  expect(statuses[0]).toBe(0);
  // The other met the lock, files that had changed, or none of its versions any more.
  expect([2, 3, 4]).toContain(statuses[1]);
  expect((await cli(["check", dir, "--strict"])).status).toBe(0);
  expect(existsSync(join(dir, ".consolidating"))).toBe(false);
  expect(await scratch()).toEqual([]);
});

it("a server that makes no database for this login is told", async () => {
  const role = `no_${MAKER}`;
  await onServer(`CREATE ROLE ${role} LOGIN PASSWORD '${role}'`);
  onTestFinished(async () => {
    await onServer(`DROP ROLE ${role}`);
  });
  const env = { DB_USER: role, DB_PASSWORD: role };
  const { status, stderr } = await cli(["consolidate", dir, "--scratch", "target", ...WHICH], db, env);
  expect([status, stderr]).toEqual([3, expect.stringContaining("--scratch embedded")]);
});

it("of a server that is not there nothing is said to be left", async () => {
  const env = { DB_PORT: "1" };
  const { status, stderr } = await cli(["consolidate", dir, "--scratch", "target", ...WHICH], db, env);
  expect([status, stderr]).toEqual([5, expect.not.stringContaining("[scratch-left]")]);
});

it("a folder that was left half way tells so before anything else, to whoever reads it", async () => {
  mkdirSync(join(dir, ".replaced"));
  renameSync(join(dir, "20250717_key_audit.sql"), join(dir, ".replaced/x.sql"));
  writeFileSync(join(dir, ".consolidating"), "1\n");
  for (const words of [
    ["check", dir],
    ["consolidate", dir, ...WHICH],
  ]) {
    const { status, stderr } = await cli(words);
    expect([status, stderr]).toEqual([2, expect.stringMatching(/^error: A consolidation is at work in/)]);
    expect(stderr).toContain("[orphan-script]");
  }
});

it("Ctrl-C leaves no scratch database and no file", async () => {
  const before = filesIn(dir);
  // Long enough to be met.
  const path = "20250713_keys_table.sql";
  const slow = readFileSync(join(KEYS, path), "utf8").replace("COMMIT;", "SELECT pg_sleep(30);\nCOMMIT;");
  writeFileSync(join(dir, path), slow);
  const words = ["consolidate", dir, "--scratch", "target", ...WHICH];
  const started = program.start(words, { env: { ...variablesOf(db), ...LOGIN } });
  const asleep = `SELECT FROM pg_stat_activity WHERE usename = '${MAKER}' AND wait_event = 'PgSleep'`;
  while ((await onServer(asleep)).rows.length === 0) {
    expect(started.process.exitCode).toBeNull();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(await scratch()).not.toEqual([]);
  started.process.kill("SIGINT");
  const { status, stderr } = await started.ended;
  expect([status, stderr]).toEqual([130, expect.stringContaining("[interrupted]")]);
  expect([filesIn(dir), await scratch()]).toEqual([before, []]);
});
