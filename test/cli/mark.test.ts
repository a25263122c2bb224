import { expect, it, onTestFinished } from "vitest";
import { createDatabase } from "../support/database.ts";
import { sqlFolder } from "../support/sql_folder.ts";
import { useProgram, variablesOf } from "../support/terminal.ts";

const program = useProgram();

it("mark wants a reason, says what it settled, and status --exit-code tells of what is not", async () => {
  const db = await createDatabase("mark cli");
  onTestFinished(() => db.drop());
  const dir = sqlFolder({
    "001_a.sql": "CREATE TABLE a ();",
    "verify/001_verify.sql": "SELECT 'PASS' AS status;",
  });
  const job = (...words: string[]) => program.run([...words, "--dir", dir], { env: variablesOf(db) });
  expect(await job("mark", "001", "applied")).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("--reason"),
  });
  const marked = await job("mark", "001", "applied", "--reason", "made by hand");
  expect([marked.status, marked.stdout]).toEqual([0, expect.stringContaining("1 is marked applied")]);
  const again = await job("mark", "001", "applied", "--reason", "made by hand");
  expect([again.status, again.stdout]).toEqual([0, expect.stringContaining("nothing to do")]);
  expect((await job("status", "--exit-code")).status).toBe(0);
  const client = await db.connect();
  await client.query("UPDATE schema_migrations SET state = 'applied_unverified'");
  const status = await job("status", "--exit-code");
  expect([status.status, status.stdout]).toEqual([3, expect.stringContaining("Verification Has Not Passed")]);
});
