import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { createDatabase } from "../support/database.ts";
import { sqlFolder } from "../support/sql_folder.ts";
import { useProgram, variablesOf } from "../support/terminal.ts";

const program = useProgram();

it("placeholders are given by argument and by environment, a secret by the environment alone", async () => {
  const db = await createDatabase("placeholders cli");
  onTestFinished(() => db.drop());
  const dir = sqlFolder({
    "bundle.json":
      '{"placeholders": {"t": {"kind": "identifier"}, "key": {"kind": "literal", "secret": true}}}',
    "001_a.sql":
      "CREATE TABLE ${t} AS SELECT ${key}::text AS key;\nDO $$ BEGIN RAISE WARNING 'it is %...', (SELECT left(key, 9) FROM a); END $$;",
  });
  const job = (words: readonly string[], json: object) =>
    program.run([...words, "--dir", dir], {
      env: { ...variablesOf(db), MIGRATION_PLACEHOLDERS: JSON.stringify(json) },
    });
  const shown = await job(["up", "--placeholder", "t=a", "--placeholder", "key=s3cret"], {});
  expect(shown).toMatchObject({ status: 2, stdout: expect.stringContaining("001_a.sql:1:29") });
  expect(shown.stdout + shown.stderr).not.toContain("s3cret");
  for (const words of [["up"], ["check"], ["bundle", "--out", join(dir, "a.zip")]]) {
    const mistyped = await job([...words, "--placeholder", "tt=a"], { t: "a", key: "s3cret", other: "x" });
    expect(mistyped).toMatchObject({ status: 2 });
    expect(mistyped.stdout + mistyped.stderr).toContain("declares no such one; declared are: t, key.");
  }
  expect(await job(["check"], {})).toMatchObject({ status: 0 });
  const done = await job(["up", "--placeholder", "t=a"], { t: "b", key: "s3cret-value" });
  expect(done).toMatchObject({ status: 0, stderr: expect.stringContaining("it is ***...") });
  const client = await db.connect();
  expect((await client.query("SELECT key FROM a")).rows).toEqual([{ key: "s3cret-value" }]);
});
