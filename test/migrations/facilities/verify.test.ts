import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkBundle } from "#engine/bundle/check.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { type Check, day, facilities, migrations, verify } from "./apply.ts";

let db: TestDatabase;
beforeAll(async () => {
  db = await createDatabase("facilities verify");
});
afterAll(() => db.drop());

// In order: each begins where the one before ended.
test.each(migrations.map((migration) => [migration.label, migration] as const))(
  "the verification of %s fails one version earlier, then passes",
  async (_, migration) => {
    const client = await db.connect();
    const early = await verify(client, migration).catch((error: Error) => error);
    if (!(early instanceof Error)) expect(failed(early)).not.toEqual([]);
    await client.query(migration.up.text);
    const checks = await verify(client, migration);
    expect(checks.length).toBeGreaterThan(1);
    expect(checks.filter((check) => check.status !== "PASS")).toEqual([]);
    expect(new Set(checks.map((check) => check.check_name)).size).toBe(checks.length);
    for (const check of checks) expect(check.details).toBeTruthy();
    await client.end();
  },
);

describe("at the latest version", () => {
  test("all of them pass, whatever the caller's search_path", async () => {
    const client = await db.connect();
    for (const path of ["public", "facilities, public", "''"]) {
      await client.query(`SET search_path = ${path}`);
      for (const migration of migrations) expect(failed(await verify(client, migration))).toEqual([]);
    }
  });

  test("every object of the schema is named by a check", async () => {
    const client = await db.connect();
    const named = new Set<string>();
    for (const migration of migrations)
      for (const check of await verify(client, migration)) named.add(check.check_name);
    const { rows } = await client.query<{ name: string }>(`
      WITH c AS (SELECT * FROM pg_class WHERE relnamespace = 'facilities'::regnamespace)
      SELECT CASE relkind WHEN 'r' THEN 'table ' ELSE 'view ' END || relname AS name
      FROM c WHERE relkind IN ('r', 'v')
      UNION ALL
      SELECT 'column ' || relname || '.' || attname FROM c JOIN pg_attribute a ON attrelid = c.oid
      WHERE relkind = 'r' AND attnum > 0 AND NOT attisdropped
      UNION ALL
      SELECT 'constraint ' || conname || ' on ' || relname FROM c JOIN pg_constraint ON conrelid = c.oid
      WHERE contype <> 'n'
      UNION ALL
      SELECT 'index ' || relname FROM c
      WHERE relkind = 'i' AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = c.oid)
      UNION ALL
      SELECT 'trigger ' || tgname || ' on ' || relname FROM c JOIN pg_trigger ON tgrelid = c.oid
      WHERE NOT tgisinternal
      UNION ALL
      SELECT 'policy ' || polname || ' on ' || relname FROM c JOIN pg_policy ON polrelid = c.oid
      UNION ALL
      SELECT 'row security of ' || relname FROM c WHERE relkind = 'r'
      UNION ALL
      SELECT 'type ' || typname FROM pg_type
      WHERE typnamespace = 'facilities'::regnamespace AND typtype IN ('e', 'r')
      UNION ALL
      SELECT 'function ' || replace(oid::regprocedure::text, 'facilities.', '') FROM pg_proc
      WHERE pronamespace = 'facilities'::regnamespace
        -- What a range type brings along has no language of a user's.
        AND prolang NOT IN (SELECT oid FROM pg_language WHERE lanname = 'internal')`);
    expect(rows.length).toBeGreaterThan(300);
    expect(rows.map((row) => row.name).filter((name) => !named.has(name))).toEqual([]);
  });

  test.each<[day: number, damage: string, noticed: string]>([
    [20250101, "DELETE FROM facilities.roles WHERE role = 'technician'", "role technician"],
    [20250101, "ALTER FUNCTION facilities.has_role(text[]) SECURITY INVOKER", "function has_role(text[])"],
    [20250101, "DROP INDEX facilities.profiles_email_key", "index profiles_email_key"],
    [
      20250101,
      "ALTER TABLE facilities.profiles ALTER CONSTRAINT profiles_role_fkey NOT DEFERRABLE",
      "constraint profiles_role_fkey on profiles",
    ],
    [20250102, "ALTER TABLE facilities.rooms ALTER floor_id DROP NOT NULL", "column rooms.floor_id"],
    [
      20250103,
      "ALTER TABLE facilities.schedules DROP CONSTRAINT schedules_no_overlap",
      "constraint schedules_no_overlap on schedules",
    ],
    [
      20250104,
      "ALTER TABLE facilities.rooms DISABLE TRIGGER trigger_check_room_capacity",
      "trigger trigger_check_room_capacity on rooms",
    ],
    [20250105, "ALTER TYPE facilities.key_type_enum RENAME VALUE 'floor' TO 'storey'", "type key_type_enum"],
    [20250105, "DROP INDEX facilities.key_assignments_open_key", "index key_assignments_open_key"],
    [20250106, "DROP TABLE facilities.ticket_history", "table ticket_history"],
    [
      20250107,
      "ALTER TABLE facilities.audit_log ENABLE TRIGGER trigger_audit_append_only",
      "trigger trigger_audit_append_only on audit_log",
    ],
    [20250107, "CREATE TABLE facilities.later (id int)", "every table is audited"],
    [20250107, "ALTER VIEW facilities.key_audit_logs RESET (security_barrier)", "view key_audit_logs"],
    [20250108, "CREATE TABLE facilities.later (id int)", "every table has a policy"],
    [20250108, "ALTER TABLE facilities.tickets DISABLE ROW LEVEL SECURITY", "row security of tickets"],
    [20250108, "ALTER TABLE facilities.tickets NO FORCE ROW LEVEL SECURITY", "row security of tickets"],
    [20250108, "ALTER POLICY read ON facilities.rooms USING (true)", "policy read on rooms"],
    [20250108, "DROP POLICY ask ON facilities.key_requests", "policy ask on key_requests"],
    [20250109, "ALTER VIEW facilities.overdue_keys SET (security_barrier = false)", "view overdue_keys"],
  ])("version %i notices: %s", async (version, damage, noticed) => {
    const migration = migrations.find((one) => day(one) === version);
    if (migration === undefined) throw new Error(`there is no ${version}`);
    const client = await db.connect();
    expect(failed(await verify(client, migration, damage))).toContain(noticed);
    await client.end();
  });

  test("bookings and layouts above what a room takes", async () => {
    const client = await db.connect();
    const capacities = migrations.find((one) => day(one) === 20250104);
    if (capacities === undefined) throw new Error("there are no capacities");
    const rows = `
      SET LOCAL session_replication_role = replica;
      INSERT INTO facilities.rooms (id, building_id, floor_id, room_number, room_type, capacity)
      VALUES ('10000000-0000-0000-0000-00000000000a', gen_random_uuid(), gen_random_uuid(), '1', 'x', 4);
      INSERT INTO facilities.capacities VALUES ('10000000-0000-0000-0000-00000000000a', 'theatre', 5);
      INSERT INTO facilities.schedules (room_id, booked_by, title, starts_at, ends_at, attendees)
      VALUES ('10000000-0000-0000-0000-00000000000a', gen_random_uuid(), 'x', now(), now() + '1 day', 5);`;
    expect(failed(await verify(client, capacities, rows))).toEqual([
      "bookings within capacity",
      "layouts within their rooms",
    ]);
  });
});

test("each migration has a verification, a rollback and STORY-007's header and notes; nothing is warned of", async () => {
  const { faults, warnings } = await checkBundle(facilities, {
    allow: [],
    history_schema: "public",
    under_role: false,
    placeholders: null,
  });
  expect({ faults, warnings }).toEqual({ faults: [], warnings: [] });
  expect(facilities.options).toMatchObject({ name: "facilities", layout: "story", schemas: ["facilities"] });
  expect(facilities.left_alone).toEqual([
    "rollback/emergency_rollback.sql",
    "rollback/rollback_template.sql",
  ]);
  for (const { label, header, rollback, verify: script } of migrations) {
    expect(label).toMatch(/^\d{8}_\d{6}$/);
    expect([rollback, script]).not.toContain(null);
    expect(Object.entries(header).filter(([, value]) => value === null)).toEqual([]);
  }
  expect(migrations.filter((one) => one.rollback_inline).map(day)).toEqual([
    20250101, 20250102, 20250103, 20250104, 20250109,
  ]);
});

function failed(checks: readonly Check[]): string[] {
  return checks.filter((check) => check.status !== "PASS").map((check) => check.check_name);
}
