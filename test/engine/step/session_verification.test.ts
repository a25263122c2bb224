import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { onServer } from "../../support/database.ts";
import { expectSuccess, nextLabel, openStage, type Stage } from "./attempt.ts";

const role = `guest_${randomBytes(5).toString("hex")}`;
let stage: Stage;
beforeAll(async () => {
  await onServer(`CREATE ROLE ${role}`);
  stage = await openStage("session verification", {
    "001_base.sql": `CREATE TABLE base (a int); CREATE SCHEMA other; CREATE TABLE other.base (wrong int);
      GRANT USAGE, CREATE ON SCHEMA other TO ${role}`,
  });
});
afterAll(async () => {
  await stage.db.drop();
  await onServer(`DROP ROLE ${role}`);
});

/** Passes where nothing of the script's session is left; each row says what it looked at. */
const CHECKS = `SELECT 'search_path' AS check_name, current_setting('search_path') = '"$user", public' AS status,
    current_setting('search_path') AS details
  UNION ALL SELECT 'table', to_regclass('base')::oid = to_regclass('public.base')::oid, to_regclass('base')::text
  UNION ALL SELECT 'time zone', current_setting('TimeZone') = (SELECT reset_val FROM pg_settings WHERE name = 'TimeZone'), NULL
  UNION ALL SELECT 'replication', current_setting('session_replication_role') = 'origin', NULL
  UNION ALL SELECT 'role', current_user = session_user, current_user
  UNION ALL SELECT 'cursors', NOT EXISTS (SELECT FROM pg_cursors WHERE name <> ''), NULL
  UNION ALL SELECT 'read-only', current_setting('transaction_read_only')::boolean, NULL
  UNION ALL SELECT 'timeout', current_setting('statement_timeout') = '10s', current_setting('statement_timeout')
  UNION ALL SELECT 'lock timeout', current_setting('lock_timeout') = '200ms', current_setting('lock_timeout')`;

type Row = [what: string, sql: string];
const scripts: Row[] = [
  [
    "SET LOCAL",
    "SET LOCAL search_path = other; SET LOCAL TimeZone = 'Asia/Tokyo'; SET LOCAL lock_timeout = '9s'",
  ],
  ["SET", "SET search_path = other; SET session_replication_role = replica; SET statement_timeout = '1min'"],
  ["set_config in a DO", "DO $$ BEGIN PERFORM set_config('search_path', 'other', true); END $$"],
  ["a temp table", "CREATE TEMP TABLE base (shadow int); INSERT INTO base VALUES (1)"],
  ["a temp table until the commit", "CREATE TEMP TABLE base (shadow int) ON COMMIT DROP"],
  ["a cursor", "DECLARE c CURSOR WITH HOLD FOR SELECT 1; DECLARE d CURSOR FOR SELECT 1"],
  ["a role that it gives back", `SET ROLE ${role}; CREATE TABLE other.theirs (a int); RESET ROLE`],
];

it.each(scripts)("a verification does not see its script's %s", async (_what, sql) => {
  const label = nextLabel(stage);
  const report = await expectSuccess(stage, {
    [`${label}_s.sql`]: sql,
    [`verify/${label}_verify.sql`]: CHECKS,
  });
  expect(report.steps[0]?.checks.map(({ status }) => status)).toEqual(Array(9).fill("pass"));
});
