import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { expectFailure, openStage, type Stage } from "./attempt.ts";

// An older server refuses what the newer grammar takes; here the reading takes everything.
vi.mock("#engine/script/script.ts", async (original) => ({
  ...(await original<typeof import("#engine/script/script.ts")>()),
  readScript: (await import("./unchecked_script.ts")).uncheckedScript,
}));

let stage: Stage;
beforeAll(async () => {
  stage = await openStage("refused whole", { "001_base.sql": "CREATE TABLE base (a int)" });
});
afterAll(() => stage.db.drop());

it("a syntax error that only the server sees stops the message before its first statement", async () => {
  const sql = "CREATE TABLE b (i int);\nINSERT INTO b SELECT 1;\nSELECT 1 FROM b WHEREVER i = 1";
  const report = await expectFailure(stage, { sql, code: "sql-error", sqlstate: "42601" });
  expect(report.error).toMatchObject({ file: "002_step.sql", line: 3, column: 26 });
  expect(report.warnings).toEqual([]);
});
