import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { expectFailure, expectSuccess, openStage, type Stage } from "./attempt.ts";

// The reading of a file refuses all of these; the guards must see them by themselves.
vi.mock("#engine/script/script.ts", async (original) => ({
  ...(await original<typeof import("#engine/script/script.ts")>()),
  readScript: (await import("./unchecked_script.ts")).uncheckedScript,
}));

let stage: Stage;
beforeAll(async () => {
  stage = await openStage("escape transaction", { "001_base.sql": "CREATE TABLE base (a int)" });
});
afterAll(() => stage.db.drop());

const verify = "SELECT 'PASS' AS status";
const code = "transaction-escaped";
// What was committed by the script itself stays: nobody can take it back.
const cleanup = "DROP TABLE made";

type Row = [script: string, more: { readonly cleanup?: string; readonly verify?: string }];
const escapes: Row[] = [
  ["COMMIT", { cleanup }],
  ["COMMIT", { cleanup, verify }],
  ["END", { cleanup, verify }],
  ["COMMIT AND CHAIN", { cleanup }],
  ["COMMIT AND CHAIN", { cleanup, verify }],
  ["COMMIT; BEGIN", { cleanup }],
  ["COMMIT; BEGIN", { cleanup, verify }],
  ["COMMIT; BEGIN READ WRITE; CREATE TABLE more (a int)", { cleanup }],
  ["ROLLBACK", { verify }],
  ["ROLLBACK; BEGIN", {}],
  ["ROLLBACK AND CHAIN", {}],
  ["ROLLBACK AND CHAIN; CREATE TABLE more (a int)", { verify }],
  ["PREPARE TRANSACTION 'ours'", { cleanup: "ROLLBACK PREPARED 'ours'" }],
  ["PREPARE TRANSACTION 'ours'", { cleanup: "ROLLBACK PREPARED 'ours'", verify }],
  // What comes after an escape runs in transactions of its own, which may not write.
  ["COMMIT; CREATE TABLE more (a int)", { cleanup }],
  ["COMMIT; BEGIN; CREATE TABLE more (a int)", { cleanup, verify }],
  ["ROLLBACK; INSERT INTO base VALUES (1)", { verify }],
];

it.each(escapes)("CREATE TABLE made (a int); %s", async (script, more) => {
  await expectFailure(stage, { sql: `CREATE TABLE made (a int); ${script}`, code, ...more });
});

it("lets a script have savepoints of its own", async () => {
  const sql = `CREATE TABLE kept (a int); SAVEPOINT one; INSERT INTO kept VALUES (1); SAVEPOINT two;
    INSERT INTO kept VALUES (2); ROLLBACK TO one; INSERT INTO kept VALUES (3); RELEASE one; SAVEPOINT open`;
  await expectSuccess(stage, { "900_savepoints.sql": sql, "verify/900_verify.sql": verify });
  expect((await stage.client.query("SELECT a FROM kept")).rows).toEqual([{ a: 3 }]);
});
