import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { expectFailure, expectSuccess, nextLabel, openStage, type Stage } from "./attempt.ts";

// The reading of a file refuses what it can see; the transaction must refuse all of it.
vi.mock("#engine/script/script.ts", async (original) => ({
  ...(await original<typeof import("#engine/script/script.ts")>()),
  readScript: (await import("./unchecked_script.ts")).uncheckedScript,
}));

let stage: Stage;
let old = false;
beforeAll(async () => {
  stage = await openStage("verification writes", {
    "001_base.sql": `CREATE TABLE base (a int); CREATE SEQUENCE counter; INSERT INTO base VALUES (1);
      CREATE FUNCTION writes() RETURNS int LANGUAGE sql AS 'INSERT INTO base VALUES (2) RETURNING a';
      CREATE PROCEDURE lift() LANGUAGE plpgsql AS $$ BEGIN RESET transaction_read_only; END $$`,
  });
  const { rows } = await stage.client.query(
    "SELECT current_setting('server_version_num')::int < 160000 AS old",
  );
  old = rows[0]?.old === true;
});
afterAll(() => stage.db.drop());

const PASS = "SELECT 'PASS' AS status";
const sql = "CREATE TABLE made (a int)";

describe("a verification that writes", () => {
  it.each([
    "INSERT INTO base VALUES (2)",
    "UPDATE base SET a = 3",
    "DELETE FROM base",
    "TRUNCATE base",
    "SELECT nextval('counter')",
    "SELECT setval('counter', 100)",
    "CREATE TEMP VIEW t AS SELECT 1",
    "SELECT writes()",
    "SELECT a FROM base FOR UPDATE",
    "SELECT a FROM base FOR KEY SHARE",
    "DROP TABLE base",
    "DO $$ BEGIN EXECUTE 'DELETE FROM schema_migrations'; END $$",
    "SET TRANSACTION READ WRITE; DELETE FROM base",
  ])("fails: %s", async (statement) => {
    const cut = statement.startsWith("SET TRANSACTION");
    const code = cut ? "verification-error" : "verification-wrote";
    const report = await expectFailure(stage, { sql, verify: `${PASS};\n${statement}`, code });
    expect(report.error).toMatchObject({ line: 2, sqlstate: cut ? "25001" : "25006" });
  });

  // 15 lets the setting go; 18 does not.
  it.each([
    "RESET transaction_read_only; INSERT INTO base VALUES (2)",
    "CALL lift(); INSERT INTO base VALUES (2)",
    "DO $$ BEGIN EXECUTE 'RESET transaction_read_only'; INSERT INTO base VALUES (2); END $$",
    "DO $$ BEGIN PERFORM set_config('transaction_' || 'read_only', NULL, true); INSERT INTO base VALUES (2); END $$",
    "CALL lift(); DELETE FROM schema_migrations",
    "CALL lift(); TRUNCATE schema_migrations; SELECT pg_advisory_unlock_all()",
  ])("cannot lift its read-only transaction: %s", async (statements) => {
    const verify = `${PASS}; ${statements}`;
    const { length } = Object.keys(stage.applied);
    if (!old) {
      const report = await expectFailure(stage, { sql, verify, code: "verification-error" });
      expect(report.error?.sqlstate).toBe("0A000");
    } else await expectFailure(stage, { sql, verify, code: "verification-wrote" });
    expect(Object.keys(stage.applied).length).toBe(length + 1);
  });

  it("has its writes undone where it puts the setting back", async () => {
    const verify = `${PASS}; CALL lift(); UPDATE base SET a = 7; SET transaction_read_only = on`;
    const label = nextLabel(stage);
    const files = { [`${label}_s.sql`]: "SELECT 1", [`verify/${label}_verify.sql`]: verify };
    if (old) await expectSuccess(stage, files);
    else await expectFailure(stage, { sql, verify, code: "verification-error" });
    expect((await stage.client.query("SELECT a FROM base")).rows).toEqual([{ a: 1 }]);
  });

  it.each(["COMMIT", "ROLLBACK", "COMMIT; BEGIN", "COMMIT AND CHAIN"])(
    "cannot end the transaction: %s",
    async (end) => {
      const attempt = { sql: "SELECT 1", verify: `${PASS}; ${end}`, code: "transaction-escaped" };
      await expectFailure(stage, attempt);
    },
  );
});
