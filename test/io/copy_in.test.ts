import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Answer, Session } from "#engine/seam.ts";
import { connect } from "#io/connect.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { settingsFor } from "../support/engine.ts";

/** An advisory lock that the first row of \`held\` waits for. */
const GATE = 7001;

let db: TestDatabase;
let client: pg.Client;
let session: Session;
beforeAll(async () => {
  db = await createDatabase("copy in");
  client = await db.connect();
  await client.query("CREATE TABLE t (a int, b text)");
  await client.query(`CREATE FUNCTION held() RETURNS trigger LANGUAGE plpgsql SET lock_timeout TO 0 AS
    $$ BEGIN PERFORM pg_advisory_xact_lock(${GATE}); RETURN new; END $$`);
  await client.query("CREATE TABLE held (a int, b text)");
  await client.query(
    "CREATE TRIGGER first BEFORE INSERT ON held FOR EACH ROW WHEN (new.a = 1) EXECUTE FUNCTION held()",
  );
});
beforeEach(async () => {
  await client.query("TRUNCATE t, held");
  session = await connect(settingsFor(db), "a-run", () => {});
  return () => session.close();
});
afterAll(() => db.drop());

const copy = (...rows: string[]) => ({ text: "COPY t FROM stdin", copy: rows });
const say = (sql: string) => ({ text: sql });

/** `COPY 2`, `ERROR 42P01` or `lost`. */
const told = (answer: Answer): string => {
  if (answer.kind === "error") return `ERROR ${answer.error.sqlstate}`;
  if (answer.kind === "lost") return "lost";
  return answer.results.map(({ tag, row_count }) => `${tag} ${row_count}`).join(", ");
};
const count = async (table = "t"): Promise<number> =>
  Number((await client.query(`SELECT count(*) FROM ${table}`)).rows[0].count);

/** Lets the server take no row of `held` until the returned function is called. */
async function closeGate(): Promise<() => Promise<void>> {
  await client.query(`SELECT pg_advisory_lock(${GATE})`);
  return async () => void (await client.query(`SELECT pg_advisory_unlock(${GATE})`));
}

/** Waits until the session's backend stands at the gate. */
async function atGate(): Promise<void> {
  const waiting = "SELECT FROM pg_locks WHERE pid = $1 AND locktype = 'advisory' AND NOT granted";
  while ((await client.query(waiting, [session.backend_pid])).rows.length === 0) await sleep(10);
}

describe("rows of a COPY", () => {
  it("are sent between what stands before and behind it, in one message and in others", async () => {
    const many = {
      text: `SELECT 1; COPY t FROM stdin; SELECT count(*) FROM t`,
      copy: ["1\tä", "😀\n2\t\\N\n"],
    };
    const heard: string[] = [];
    const answers = await session.send([say("BEGIN"), many, copy(), say("COMMIT")], (answer) =>
      heard.push(told(answer)),
    );
    expect(answers.map(told)).toEqual(["BEGIN 0", "SELECT 1, COPY 2, SELECT 1", "COPY 0", "COMMIT 0"]);
    expect(heard).toEqual(answers.map(told));
    expect((await client.query("SELECT * FROM t ORDER BY a")).rows).toEqual([
      { a: 1, b: "ä😀" },
      { a: 2, b: null },
    ]);
  });

  it("hold back what is sent meanwhile", async () => {
    const openGate = await closeGate();
    const held = { text: "COPY held FROM stdin", copy: ["1\tx\n", "2\ty\n"] };
    const sending = Promise.all([
      session.send([held]),
      session.send([say("SELECT * FROM held")]),
      session.send([copy("1\tx\n"), say("SELECT * FROM t")]),
    ]);
    await atGate();
    await openGate();
    const [first, second, third] = await sending;
    expect([...first, ...second, ...third].map(told)).toEqual(["COPY 2", "SELECT 2", "COPY 1", "SELECT 1"]);
    expect((await session.send([say("SELECT 1")])).map(told)).toEqual(["SELECT 1"]);
  });

  it.each([
    ["before any is asked for", { text: "COPY nosuch FROM stdin", copy: ["1\n"] }, "42P01"],
    ["in the first", copy("x\ty\n", "1\tx\n"), "22P02"],
    [
      "behind many",
      copy(...Array.from({ length: 40 }, (_, i) => `${i}\tb\n`.repeat(20_000)), "x\ty\n"),
      "22P02",
    ],
    [
      "early of many",
      copy("x\ty\n", ...Array.from({ length: 40 }, (_, i) => `${i}\tb\n`.repeat(20_000))),
      "22P02",
    ],
  ])("an error %s ends them, and the session goes on", async (_when, message, sqlstate) => {
    const sent = [say("BEGIN"), message, copy("1\tx\n"), say("ROLLBACK")];
    const answers = await session.send([...sent, copy("1\tx\n")]);
    expect(answers.map(told)).toEqual([
      "BEGIN 0",
      `ERROR ${sqlstate}`,
      "ERROR 25P02",
      "ROLLBACK 0",
      "COPY 1",
    ]);
    expect(await count()).toBe(1);
  });

  it("that nobody has are refused with the reason", async () => {
    const [answer] = await session.send([say("COPY t FROM stdin")]);
    expect(answer).toMatchObject({
      kind: "error",
      error: { sqlstate: "57014", message: expect.stringContaining("there are no rows for this COPY") },
    });
    const twice = { text: "COPY t FROM stdin; COPY t FROM stdin", copy: ["1\tx\n"] };
    expect((await session.send([twice, say("SELECT 1")])).map(told)).toEqual(["ERROR 57014", "SELECT 1"]);
    expect(await count()).toBe(0);
  });

  it("are cut out no faster than the server takes them", async () => {
    let taken = 0;
    const text = `2\t${"x".repeat(65_000)}\n`;
    const endless = {
      *[Symbol.iterator]() {
        yield "1\tx\n";
        for (; taken < 3_000; taken++) yield text;
      },
    };
    const openGate = await closeGate();
    const sending = session.send([{ text: "COPY held FROM stdin", copy: endless }]);
    await atGate();
    for (let before = -1; before !== taken; await sleep(200)) before = taken;
    // What the sockets hold: some megabytes.
    expect(taken).toBeLessThan(300);
    await session.cancel();
    expect((await sending).map(told)).toEqual(["ERROR 57014"]);
    await openGate();
    expect(taken).toBeLessThan(3_000);
    expect((await session.send([say("SELECT 1")])).map(told)).toEqual(["SELECT 1"]);
  });

  it.each([
    ["by the server", "lost"],
    ["by us", "lost"],
  ])("are lost with the connection, cut %s, and nothing of them stays", async (by, expected) => {
    const endless = {
      *[Symbol.iterator]() {
        yield "1\tx\n";
        for (;;) yield "2\ty\n".repeat(10_000);
      },
    };
    const openGate = await closeGate();
    const sending = session.send([{ text: "COPY held FROM stdin", copy: endless }, say("SELECT 1")]);
    await atGate();
    if (by === "by us") session.destroy();
    else await client.query("SELECT pg_terminate_backend($1)", [session.backend_pid]);
    expect((await sending).map(told)).toEqual([expected, expected]);
    await openGate();
    expect(await count("held")).toBe(0);
  });
});
