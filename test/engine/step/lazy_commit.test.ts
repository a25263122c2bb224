import { afterAll, beforeAll, expect, test } from "vitest";
import { createDatabase, onServer, type TestDatabase } from "../../support/database.ts";
import { bundleOf, run } from "../../support/engine.ts";

let db: TestDatabase;
beforeAll(async () => {
  db = await createDatabase("lazy_commit");
  await onServer(`ALTER DATABASE ${db.name} SET synchronous_commit TO off`);
});
afterAll(() => db.drop());

test("a commit is answered when it is safe, whatever the database's default", async () => {
  const first = { "1_a.sql": "CREATE TABLE a ();" };
  expect((await run(db, bundleOf(first))).error).toBeNull();
  const client = await db.connect();
  await client.query(`CREATE TABLE seen (value text);
    CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS
      'BEGIN INSERT INTO seen VALUES (current_setting(''synchronous_commit'')); RETURN NULL; END';
    CREATE TRIGGER see AFTER INSERT ON schema_migrations FOR EACH ROW EXECUTE FUNCTION see()`);
  const both = { ...first, "2_b.sql": "CREATE TABLE b ();" };
  expect((await run(db, bundleOf(both))).error).toBeNull();
  expect((await client.query("SELECT value FROM seen")).rows).toEqual([{ value: "on" }]);
});
