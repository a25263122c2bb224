import { expect, inject, it, onTestFinished } from "vitest";
import { MigrationFault } from "#engine/errors.ts";
import type { Session } from "#engine/seam.ts";
import { connect } from "#io/connect.ts";
import { loadSeed as loadUnless } from "#io/seed.ts";
import { createDatabase } from "../support/database.ts";
import { sqlFolder } from "../support/sql_folder.ts";

const loadSeed = (session: Session, folder: string) =>
  loadUnless(session, folder, new AbortController().signal);

async function open(): Promise<Session> {
  const db = await createDatabase("seed");
  onTestFinished(() => db.drop());
  const { password } = inject("server").connection;
  const settings = {
    ...db.config,
    password: async () => password,
    sslmode: "disable",
    ca: null,
    statement_timeout_ms: 0,
    allow_session_pooler: false,
  } as const;
  const session = await connect(settings, "seed", () => {});
  onTestFinished(() => session.close());
  return session;
}

async function faultOf(loading: Promise<unknown>) {
  const error = await loading.catch((thrown: unknown) => thrown);
  if (!(error instanceof MigrationFault)) throw new Error(`no fault: ${error}`);
  const [{ code, file, line, column, remedy, hint }] = error.faults;
  return { code, file, line, column, remedy, hint };
}

it("loads files in order of name and counts new rows", async () => {
  const folder = sqlFolder({
    "02_rows.sql": "INSERT INTO t VALUES (1), (2);\nUPDATE t SET n = n;\nINSERT INTO t VALUES (3);",
    "01_table.sql": "CREATE TABLE t (n int);",
    "README.md": "not SQL",
  });
  expect(await loadSeed(await open(), folder)).toEqual([
    { file: "01_table.sql", rows: 0 },
    { file: "02_rows.sql", rows: 3 },
  ]);
});

it("keeps nothing of a file that fails, and shows the place", async () => {
  const session = await open();
  const folder = sqlFolder({
    "1.sql": "CREATE TABLE t ();",
    "2.sql": "CREATE TABLE ü ();\nSELECT 1/0;",
    "3.sql": "x",
  });
  expect(await faultOf(loadSeed(session, folder))).toMatchObject({ code: "sql-error", file: "2.sql" });
  const [answer] = await session.send([{ text: "SELECT relname FROM pg_class WHERE relname IN ('t', 'ü')" }]);
  expect(answer).toMatchObject({ kind: "done", results: [{ rows: [["t"]] }] });
  const wrong = sqlFolder({ "1.sql": "SELECT 'ü';\nSELECT nonsense;" });
  expect(await faultOf(loadSeed(session, wrong))).toMatchObject({ line: 2, column: 8 });
});

it("says what to do where the tables are not there", async () => {
  const folder = sqlFolder({ "1.sql": "INSERT INTO paws360.users DEFAULT VALUES;" });
  expect((await faultOf(loadSeed(await open(), folder))).remedy).toBe("Apply the migrations first.");
});

it("says what rows that refuse a database say to do", async () => {
  const refusal = "RAISE EXCEPTION 'not here' USING HINT = 'Connect elsewhere.'";
  const folder = sqlFolder({ "1.sql": `DO $$ BEGIN ${refusal}; END $$;` });
  const { remedy, hint } = await faultOf(loadSeed(await open(), folder));
  expect({ remedy, hint }).toEqual({ remedy: "Connect elsewhere.", hint: null });
});

it("refuses a folder without rows", async () => {
  const session = await open();
  expect((await faultOf(loadSeed(session, sqlFolder({})))).code).toBe("no-such-folder");
  expect((await faultOf(loadSeed(session, "/no/such/folder"))).code).toBe("no-such-folder");
});

it("begins no file after an interrupt", async () => {
  const session = await open();
  const interrupt = new AbortController();
  // The signal comes while the first one is at work.
  const interrupted: Session = {
    ...session,
    send: (messages) => {
      interrupt.abort("SIGTERM");
      return session.send(messages);
    },
  };
  const folder = sqlFolder({ "1.sql": "CREATE TABLE t ();", "2.sql": "CREATE TABLE u ();" });
  const loading = loadUnless(interrupted, folder, interrupt.signal);
  await expect(loading).rejects.toMatchObject({
    faults: [{ code: "interrupted", message: /SIGTERM.* 2\.sql/ }],
  });
  const [answer] = await session.send([{ text: "SELECT relname FROM pg_class WHERE relname IN ('t', 'u')" }]);
  expect(answer).toMatchObject({ kind: "done", results: [{ rows: [["t"]] }] });
});
