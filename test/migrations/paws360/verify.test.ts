import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { applyUp, type Check, latest, verify, versions } from "./apply.ts";

describe.each(versions)("the verification of version %i", (version) => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await createDatabase(`paws360 verify ${version}`);
  });
  afterAll(() => db.drop());

  test("fails one version earlier, then passes, then still passes at the latest", async () => {
    const client = await db.connect();
    await applyUp(client, version - 1);
    const early = await verify(client, version).catch((error: Error) => error);
    if (!(early instanceof Error)) expect(failed(early)).not.toEqual([]);

    await applyUp(client, version, version - 1);
    const checks = await verify(client, version);
    expect(checks.length).toBeGreaterThan(5);
    expect(checks.filter((check) => check.status !== "PASS")).toEqual([]);
    expect(new Set(checks.map((check) => check.check_name)).size).toBe(checks.length);
    for (const check of checks) expect(check).toHaveProperty("details");

    await applyUp(client, latest, version);
    expect(failed(await verify(client, version))).toEqual([]);
  });
});

test("every object of the schema is named by a check", async () => {
  const db = await createDatabase("paws360 coverage");
  const client = await db.connect();
  await applyUp(client);
  const named = new Set<string>();
  for (const version of versions)
    for (const check of await verify(client, version)) named.add(check.check_name);
  const { rows } = await client.query<{ name: string }>(`
    WITH c AS (SELECT * FROM pg_class WHERE relnamespace = 'paws360'::regnamespace)
    SELECT 'table ' || relname AS name FROM c WHERE relkind = 'r'
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
    SELECT 'function ' || replace(oid::regprocedure::text, 'paws360.', '') FROM pg_proc
    WHERE pronamespace = 'paws360'::regnamespace`);
  expect(rows.length).toBeGreaterThan(200);
  expect(rows.map((row) => row.name).filter((name) => !named.has(name))).toEqual([]);
  await db.drop();
});

describe("a check notices", () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await createDatabase("paws360 damage");
    await applyUp(await db.connect());
  });
  afterAll(() => db.drop());

  test.each([
    [1, "DROP INDEX paws360.enrollments_live_key", "index enrollments_live_key"],
    [1, "ALTER TABLE paws360.courses ALTER credit_hours DROP NOT NULL", "column courses.credit_hours"],
    [1, "ALTER TABLE paws360.terms ALTER term_name TYPE text", "column terms.term_name"],
    [1, "ALTER TABLE paws360.users ALTER is_active DROP DEFAULT", "column users.is_active"],
    [
      1,
      "ALTER TABLE paws360.enrollments DROP CONSTRAINT enrollments_grade_fkey",
      "constraint enrollments_grade_fkey on enrollments",
    ],
    [
      2,
      "ALTER TABLE paws360.audit_log DISABLE TRIGGER trigger_audit_append_only",
      "trigger trigger_audit_append_only on audit_log",
    ],
    [2, "ALTER FUNCTION paws360.record_audit() SECURITY INVOKER", "function record_audit()"],
    [
      3,
      `DROP INDEX paws360.idx_users_name; CREATE INDEX idx_users_name ON paws360.users (first_name)`,
      "index idx_users_name",
    ],
    [4, "UPDATE paws360.grade_scale SET points = 3.9 WHERE letter = 'A+'", "grade A+"],
    [4, "DELETE FROM paws360.roles WHERE role_code = 'advisor'", "role advisor"],
    [5, "DROP INDEX paws360.idx_prerequisites_prereq", "index idx_prerequisites_prereq"],
    [
      5,
      `ALTER TABLE paws360.course_prerequisites RENAME TO elsewhere;
       CREATE SCHEMA other; ALTER TABLE paws360.elsewhere SET SCHEMA other;
       ALTER TABLE other.elsewhere RENAME TO course_prerequisites;
       CREATE TABLE paws360.course_prerequisites (LIKE other.course_prerequisites INCLUDING ALL)`,
      "index idx_prerequisites_course",
    ],
    [
      5,
      "ALTER TABLE paws360.enrollments DISABLE TRIGGER trigger_check_prerequisites",
      "trigger trigger_check_prerequisites on enrollments",
    ],
    [
      6,
      "ALTER FUNCTION paws360.calculate_student_gpa(uuid) RESET search_path",
      "function calculate_student_gpa(uuid)",
    ],
    [
      7,
      `DROP INDEX paws360.idx_enrollments_waitlist;
       CREATE INDEX idx_enrollments_waitlist ON paws360.enrollments (section_id, waitlist_position)
       WHERE enrollment_status = 'waitlisted'`,
      "index idx_enrollments_waitlist",
    ],
    [
      7,
      `DROP FUNCTION paws360.add_to_waitlist(uuid, uuid);
       CREATE FUNCTION paws360.add_to_waitlist(uuid) RETURNS integer LANGUAGE sql AS 'SELECT 1'`,
      "function add_to_waitlist(uuid,uuid)",
    ],
  ])("version %i: %s", async (version, damage, noticed) => {
    expect(await checksAfter(version, damage)).toContain(noticed);
  });

  test("a stored GPA that the grades do not give, a waitlist with a gap, a cycle", async () => {
    const rows = `
      SET LOCAL session_replication_role = replica;
      WITH u AS (INSERT INTO paws360.users (username, email, first_name, last_name)
                 VALUES ('a', 'a@b', 'A', 'B') RETURNING user_id),
           s AS (INSERT INTO paws360.students (user_id, student_number, gpa)
                 SELECT user_id, 'X', 1 FROM u RETURNING student_id),
           c AS (INSERT INTO paws360.courses (department_id, course_number, title, credit_hours)
                 SELECT department_id, '1', 'T', 3 FROM paws360.departments LIMIT 1 RETURNING course_id),
           n AS (INSERT INTO paws360.course_sections (course_id, term_id, section_number)
                 SELECT course_id, term_id, number FROM c, (SELECT * FROM paws360.terms LIMIT 1) t,
                   (VALUES ('1'), ('2')) x (number) RETURNING section_id, section_number)
      INSERT INTO paws360.enrollments
        (student_id, section_id, enrollment_status, grade, waitlist_position, waitlist_date)
      SELECT student_id, section_id, 'completed', 'A', NULL::int, NULL::timestamptz FROM s, n
      WHERE section_number = '1'
      UNION ALL
      SELECT student_id, section_id, 'waitlisted', NULL, 2, now() FROM s, n WHERE section_number = '2';`;
    expect(await checksAfter(6, rows)).toEqual(["stored GPA of students with completed enrollments"]);
    expect(await checksAfter(7, rows)).toEqual(["waitlists without gaps"]);
    const cycle = `
      SET LOCAL session_replication_role = replica;
      WITH c AS (INSERT INTO paws360.courses (department_id, course_number, title, credit_hours)
                 SELECT department_id, n, 'T', 3 FROM (SELECT * FROM paws360.departments LIMIT 1) d,
                   (VALUES ('1'), ('2')) x (n) RETURNING course_id)
      INSERT INTO paws360.course_prerequisites (course_id, prerequisite_course_id)
      SELECT a.course_id, b.course_id FROM c a JOIN c b ON a.course_id <> b.course_id;`;
    expect(await checksAfter(5, cycle)).toEqual(["no prerequisite cycle"]);
  });

  test("and does not depend on the caller's search_path", async () => {
    for (const version of versions) {
      const client = await db.connect();
      await client.query("SET search_path = paws360, public");
      expect(failed(await verify(client, version))).toEqual([]);
    }
  });

  /** Names of the checks that fail after the damage, which is undone. */
  async function checksAfter(version: number, damage: string): Promise<string[]> {
    const client = await db.connect();
    return failed(await verify(client, version, damage));
  }
});

function failed(checks: readonly Check[]): string[] {
  return checks.filter((check) => check.status !== "PASS").map((check) => check.check_name);
}
