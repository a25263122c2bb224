import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import { runChange } from "#engine/run/change.ts";
import { createDatabase, onServer, type TestDatabase } from "../../support/database.ts";
import { bundleOf, rollback, runOptions, UP, worldFor } from "../../support/engine.ts";

const role = `owner_${randomBytes(5).toString("hex")}`;
let db: TestDatabase;
beforeAll(async () => {
  db = await createDatabase("session role defaults");
  await onServer(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'; GRANT CREATE ON DATABASE ${db.name} TO ${role};
    ALTER ROLE ${role} SET search_path = app, public; ALTER ROLE ${role} SET TimeZone = 'America/New_York';
    ALTER ROLE ${role} SET DateStyle = 'SQL, DMY'; ALTER ROLE ${role} SET app.tenant = 'seven';
    ALTER ROLE ${role} SET default_transaction_isolation = serializable;
    ALTER ROLE ${role} SET default_transaction_read_only = on;
    ALTER ROLE ${role} SET statement_timeout = '1s'; ALTER ROLE ${role} SET lock_timeout = '7s'`);
  const client = await db.connect();
  await client.query(`GRANT ALL ON SCHEMA public TO ${role}; CREATE SCHEMA app AUTHORIZATION ${role}`);
});
afterAll(async () => {
  await db.drop();
  await onServer(`DROP ROLE ${role}`);
});

const found = `SELECT current_setting('search_path') || ';' || current_setting('TimeZone') || ';' ||
  current_setting('DateStyle') || ';' || current_setting('app.tenant')`;
const AS_SET = "app, public;America/New_York;SQL, DMY;seven";

it("leaves the defaults of the role that change what a script means, and only those", async () => {
  const bundle = bundleOf({
    "001_base.sql": `CREATE TABLE seen (what text, value text, at timestamptz);
      INSERT INTO seen VALUES ('defaults', (${found}), timestamp '2025-07-01 12:00');
      INSERT INTO seen VALUES ('isolation', current_setting('transaction_isolation'));
      INSERT INTO seen VALUES ('statement', current_setting('statement_timeout'));
      INSERT INTO seen VALUES ('lock', current_setting('lock_timeout'))`,
    "rollback/001_rollback.sql": "DROP TABLE seen",
    "verify/001_verify.sql": `SELECT (${found}) = '${AS_SET}' AS status, (${found}) AS details
      UNION ALL SELECT to_regclass('seen') = to_regclass('app.seen'), NULL`,
    "002_slow.sql": "SELECT pg_sleep(1.2)",
    "rollback/002_rollback.sql": "SELECT 1",
  });
  const world = worldFor(db, { user: role, password: async () => "secret" });
  const report = await runChange(UP, loadedSource(bundle), runOptions(), world);
  expect(report.error).toBeNull();
  const client = await db.connect();
  const { rows } = await client.query("SELECT what, value, at FROM app.seen ORDER BY what");
  expect(rows).toEqual([
    // A local time is the role's local time.
    { what: "defaults", value: AS_SET, at: new Date("2025-07-01T16:00:00Z") },
    { what: "isolation", value: "read committed", at: null },
    { what: "lock", value: "5s", at: null },
    { what: "statement", value: "0", at: null },
  ]);
  const back = await runChange(rollback(2), loadedSource(bundle), runOptions(), world);
  expect(back.error).toBeNull();
});

it("refuses a database that is read-only by its own setting", async () => {
  const other = await createDatabase("session read only");
  try {
    await onServer(`ALTER DATABASE ${other.name} SET default_transaction_read_only = on;
      ALTER ROLE ${role} IN DATABASE ${db.name} SET default_transaction_read_only = on`);
    const report = await runChange(
      UP,
      loadedSource(bundleOf({ "001_a.sql": "SELECT 1" })),
      runOptions(),
      worldFor(other),
    );
    expect(report).toMatchObject({ status: "refused", error: { code: "read-only" } });
  } finally {
    await other.drop();
  }
});
