import { afterAll, beforeAll, expect, it } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { reportErrors } from "../support/report_schema.ts";
import { useProgram, variablesOf } from "../support/terminal.ts";

const program = useProgram();
let db: TestDatabase;
let env: Readonly<Record<string, string>>;

beforeAll(async () => {
  db = await createDatabase("paws360 in the terminal");
  env = { ...variablesOf(db), MIGRATION_DIR: "migrations/paws360" };
});
afterAll(() => db.drop());

const run = (line: string) => program.run(line.split(" "), { env });

/** Each table row that begins with a version: what a person reads first. */
const rows = (stdout: string): readonly string[] =>
  stdout
    .split("\n")
    .flatMap(
      (line) => /^ {2}(\d{3} {2}\w+( +(?:done|roll back))?)/.exec(line)?.[1]?.replace(/ +/g, " ") ?? [],
    );

const ALL = [
  "001 initial_schema",
  "002 add_audit_triggers",
  "003 performance_indexes",
  "004 seed_data",
  "005 add_course_prerequisites",
  "006 add_gpa_calculation",
  "007 add_waitlist_system",
];
const done = (names: readonly string[]) => names.map((name) => `${name} done`);

// The seed's "Migration Testing", in its order.
it("applies, shows, rolls back from a version on, shows, and applies again", async () => {
  const before = await run("status --exit-code");
  expect(before).toMatchObject({ status: 3, stdout: expect.stringContaining("Pending Migrations") });

  const up = await run("up");
  expect(up).toMatchObject({ status: 0, stderr: expect.stringContaining("001 initial_schema: applying") });
  expect(rows(up.stdout)).toEqual(done(ALL));
  expect(up.stdout).toMatch(/^7 applied, \d+ checks passed/m);

  const current = await run("status --exit-code");
  expect(current).toMatchObject({
    status: 0,
    stderr: "",
    stdout: expect.stringContaining("Current Version: 7\n"),
  });

  const plan = await run("plan down 5");
  expect(rows(plan.stdout)).toEqual(
    ALL.slice(4)
      .toReversed()
      .map((name) => `${name} roll back`),
  );
  const down = await run("down 5");
  expect(down.status).toBe(0);
  expect(rows(down.stdout)).toEqual(done(ALL.slice(4).toReversed()));
  expect((await run("status")).stdout).toContain("Current Version: 4\n");

  const dry = await run("up --dry-run --steps 2");
  expect(dry.status).toBe(0);
  expect(rows(dry.stdout)).toHaveLength(2);
  const again = await run("apply");
  expect(again.status).toBe(0);
  expect(rows(again.stdout)).toEqual(done(ALL.slice(4)));
  const nothing = await run("up");
  expect(nothing).toMatchObject({ status: 0, stdout: expect.stringContaining("nothing to do") });
  expect((await run("up --quiet")).stdout).toBe("");
});

it("verifies, and lists its runs", async () => {
  const verified = await run("verify 005 7");
  expect(verified.status).toBe(0);
  expect(rows(verified.stdout)).toEqual(done(["005 add_course_prerequisites", "007 add_waitlist_system"]));
  const looked = await run("verify 007 --integrity");
  expect([looked.status, looked.stdout]).toEqual([0, expect.stringMatching(/\n {2}schema: 8 checks, /)]);
  const runs = await run("runs");
  expect(runs.stdout).toMatch(/\brollback\b.*\bok\b/);
  const id = /\d\S+(?=\s+rollback)/.exec(runs.stdout)?.[0] ?? "";
  expect((await run(`runs --run ${id}`)).stdout).toContain("add_waitlist_system");
});

it.each(["status", "up", "plan", "verify", "runs", "check", "rollback --steps 1", "up --steps 1 --verbose"])(
  "%s --json is one object on stdout",
  async (line) => {
    const { stdout, status } = await run(`${line} --json`);
    expect(stdout).toMatch(/^\{[^\n]*\}\n$/);
    const command = line.split(" ")[0];
    const report: unknown = JSON.parse(stdout);
    expect(report).toMatchObject({ command, status: "ok", error: null });
    expect(reportErrors(report)).toEqual([]);
    expect(status).toBe(0);
  },
);

it.each([
  ["down 9", 2, "unknown-version"],
  ["up --to 99", 2, "unknown-version"],
  ["up --to five", 2, "unknown-version"],
  ["up --steps 0", 2, "bad-argument"],
  ["up --dir nowhere", 2, "no-such-folder"],
  ["runs --run none", 2, "bad-argument"],
  ["up --nonsense", 2, "bad-argument"],
  ["nonsense", 2, "bad-argument"],
  ["plan down", 2, "bad-argument"],
  ["up --role nobody_here", 3, "lacking-privilege"],
])("%s --json is one object too: %i, %s", async (line, exit, code) => {
  const { stdout, status } = await run(`${line} --json`);
  expect(stdout).toMatch(/^\{[^\n]*\}\n$/);
  const report: unknown = JSON.parse(stdout);
  expect(report).toMatchObject({ error: { code } });
  expect(reportErrors(report)).toEqual([]);
  expect(status).toBe(exit);
});

it("says in words, on stderr, why nothing began", async () => {
  const { status, stdout, stderr } = await run("up --dir nowhere");
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toContain("There is no folder");
});
