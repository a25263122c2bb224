import { expect, it, onTestFinished } from "vitest";
import { run } from "../../cli/run.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { fakeInterrupt, fakeTerminal } from "../support/fake_terminal.ts";
import { sqlFolder } from "../support/sql_folder.ts";
import { variablesOf } from "../support/terminal.ts";

/** A database with two applied migrations, and a way to ask it for the versions that are left. */
async function applied(): Promise<{ db: TestDatabase; dir: string; versions: () => Promise<unknown[]> }> {
  const db = await createDatabase("agreed rollback");
  onTestFinished(() => db.drop());
  const dir = sqlFolder({
    "001_a.sql": "CREATE TABLE a ();",
    "rollback/001_rollback.sql": "DROP TABLE a;",
    "002_b.sql": "CREATE TABLE b ();",
    "rollback/002_rollback.sql": "DROP TABLE b;",
  });
  const client = await db.connect();
  const versions = async () => {
    const { rows } = await client.query("SELECT version::int FROM schema_migrations ORDER BY 1");
    return rows.map(({ version }) => version);
  };
  expect(await at(db, dir, ["up"]).status).toBe(0);
  return { db, dir, versions };
}

function at(db: TestDatabase, dir: string, words: readonly string[], attended = false) {
  const terminal = fakeTerminal([...words, "--dir", dir], { env: variablesOf(db), attended });
  const interrupt = fakeInterrupt();
  return { terminal, interrupt, status: run(terminal, interrupt) };
}

it("shows the plan and asks, and rolls back after a yes", async () => {
  const { db, dir, versions } = await applied();
  const { terminal, status } = at(db, dir, ["rollback"], true);
  await terminal.said(/Roll back\? \[y\/N\] $/);
  expect(terminal.err()).toMatch(/002 +b +roll back/);
  expect(await versions()).toEqual([1, 2]);
  terminal.type("y\n");
  expect(await status).toBe(0);
  expect(terminal.out()).toMatch(/002 +b +done/);
  expect(await versions()).toEqual([1]);
});

it("holds neither lock nor connection while it asks", async () => {
  const { db, dir } = await applied();
  const { terminal, status } = at(db, dir, ["down", "1"], true);
  await terminal.said(/\[y\/N\]/);
  const client = await db.connect();
  const others =
    "FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'paws-migrate/%'";
  // The server sees the end of one that was closed a moment later.
  await expect.poll(async () => (await client.query(`SELECT ${others}`)).rows).toEqual([]);
  terminal.type("\n");
  await status;
});

it.each(["n\n", "\n", "no\n", "yess\n"])(
  "does nothing after %j, and says so by its exit status",
  async (answer) => {
    const { db, dir, versions } = await applied();
    const { terminal, status } = at(db, dir, ["rollback", "--to", "0"], true);
    await terminal.said(/\[y\/N\]/);
    terminal.type(answer);
    expect(await status).toBe(130);
    expect(terminal.out()).toContain("The answer was no; nothing was rolled back");
    expect(await versions()).toEqual([1, 2]);
  },
);

it("takes the end of the input for a no, and Ctrl-C for Ctrl-C", async () => {
  const { db, dir, versions } = await applied();
  const ended = at(db, dir, ["rollback"], true);
  await ended.terminal.said(/\[y\/N\]/);
  (ended.terminal.stdin as unknown as NodeJS.WritableStream).end();
  expect(await ended.status).toBe(130);
  const stopped = at(db, dir, ["rollback"], true);
  await stopped.terminal.said(/\[y\/N\]/);
  stopped.interrupt.come("SIGTERM");
  expect(await stopped.status).toBe(143);
  expect(stopped.terminal.out()).toContain("SIGTERM came; nothing was rolled back");
  expect(await versions()).toEqual([1, 2]);
});

it("refuses where the plan changed between the question and the yes", async () => {
  const { db, dir, versions } = await applied();
  const { terminal, status } = at(db, dir, ["rollback"], true);
  await terminal.said(/\[y\/N\]/);
  expect(await at(db, dir, ["rollback"]).status).toBe(0);
  terminal.type("y\n");
  expect(await status).toBe(3);
  expect(terminal.out()).toContain("plan-changed");
  expect(await versions()).toEqual([1]);
});

it("does not ask with --yes, without a terminal, or where there is nothing to ask about", async () => {
  const { db, dir, versions } = await applied();
  const asked = async (words: readonly string[], attended: boolean) => {
    const { terminal, status } = at(db, dir, words, attended);
    return { status: await status, asked: /\[y\/N\]/.test(terminal.err() + terminal.out()) };
  };
  expect(await asked(["rollback", "--yes"], true)).toEqual({ status: 0, asked: false });
  expect(await asked(["rollback", "--to", "9"], true)).toEqual({ status: 2, asked: false });
  expect(await asked(["rollback"], false)).toEqual({ status: 0, asked: false });
  expect(await asked(["rollback"], true)).toEqual({ status: 0, asked: false });
  expect(await versions()).toEqual([]);
});

it("keeps stdout to the one object with --json", async () => {
  const { db, dir } = await applied();
  const { terminal, status } = at(db, dir, ["rollback", "--json"], true);
  await terminal.said(/\[y\/N\]/);
  terminal.type("yes\n");
  expect(await status).toBe(0);
  expect(JSON.parse(terminal.out())).toMatchObject({ command: "rollback", status: "ok" });
});

it("does not ask again for a run id that was begun: nothing else than then is done", async () => {
  const { db, dir, versions } = await applied();
  const words = ["rollback", "--run-id", "agreed"];
  const first = at(db, dir, words, true);
  await first.terminal.said(/\[y\/N\]/);
  first.terminal.type("y\n");
  expect(await first.status).toBe(0);
  const again = at(db, dir, words, true);
  expect(await again.status).toBe(0);
  expect(again.terminal.err()).not.toContain("[y/N]");
  expect(again.terminal.out()).toContain("Run agreed, which had ended before: nothing was done now.");
  expect(await versions()).toEqual([1]);
});
