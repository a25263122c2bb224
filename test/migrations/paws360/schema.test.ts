import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { applyDown, applyUp, numbered, versions } from "./apply.ts";
import { type Campus, openCampus } from "./campus.ts";
import { describeSchema } from "./describe_schema.ts";

const bundle = join(import.meta.dirname, "../../../migrations/paws360");

describe("up, down, up", () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await createDatabase("paws360 up and down");
  });
  afterAll(() => db.drop());

  test("each version's rollback gives the schema before it, and a second up the same as the first", async () => {
    const client = await db.connect();
    for (const version of versions) {
      const before = await describeSchema(client);
      await applyUp(client, version, version - 1);
      const after = await describeSchema(client);
      // 004 only writes rows.
      if (version !== 4) expect(after).not.toEqual(before);
      await applyDown(client, version, version);
      expect(await describeSchema(client)).toEqual(before);
      await applyUp(client, version, version - 1);
      expect(await describeSchema(client)).toEqual(after);
    }
    const all = await describeSchema(client);
    await applyDown(client);
    expect(await describeSchema(client)).toEqual([]);
    await applyUp(client);
    expect(await describeSchema(client)).toEqual(all);
  });
});

describe("rules that every object keeps", () => {
  let campus: Campus;
  beforeAll(async () => {
    campus = await openCampus("rules");
  });
  afterAll(() => campus.db.drop());

  test.each([
    [
      "a function without the fixed search_path",
      `SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'paws360'::regnamespace
       AND proconfig IS DISTINCT FROM ARRAY['search_path=paws360, pg_temp']`,
    ],
    [
      "a function or table without a comment",
      `SELECT oid::regprocedure::text FROM pg_proc
       WHERE pronamespace = 'paws360'::regnamespace AND obj_description(oid, 'pg_proc') IS NULL
       UNION ALL
       SELECT relname FROM pg_class WHERE relnamespace = 'paws360'::regnamespace AND relkind = 'r'
       AND obj_description(oid, 'pg_class') IS NULL`,
    ],
    [
      "a table without a primary key",
      `SELECT relname FROM pg_class c WHERE relnamespace = 'paws360'::regnamespace AND relkind = 'r'
       AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conrelid = c.oid AND contype = 'p')`,
    ],
    [
      "a foreign key without an index that leads with it",
      `SELECT conname FROM pg_constraint f
       WHERE contype = 'f' AND connamespace = 'paws360'::regnamespace AND NOT EXISTS (
         SELECT 1 FROM pg_index i
         WHERE i.indrelid = f.conrelid AND i.indpred IS NULL AND i.indkey[0] = f.conkey[1])`,
    ],
    [
      "a foreign key that may be null without a meaning",
      `SELECT conname FROM pg_constraint f JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = f.conkey[1]
       WHERE contype = 'f' AND connamespace = 'paws360'::regnamespace AND NOT a.attnotnull
       AND col_description(f.conrelid, a.attnum) NOT LIKE '%NULL%'`,
    ],
    ["an extension", "SELECT extname FROM pg_extension WHERE extname <> 'plpgsql'"],
  ])("there is not %s", async (_, sql) => {
    expect((await campus.client.query(sql)).rows).toEqual([]);
  });

  test("a caller's search_path does not hijack a function", async () => {
    const [student, needed, course] = [await campus.student(), await campus.course(), await campus.course()];
    await campus.requires(course, needed);
    const client = await campus.db.connect();
    // An equality that is never true hides every prerequisite from whoever resolves operators by the caller's path.
    await client.query(`
      CREATE SCHEMA trap;
      CREATE FUNCTION trap.never(uuid, uuid) RETURNS boolean LANGUAGE sql AS 'SELECT false';
      CREATE OPERATOR trap.= (FUNCTION = trap.never, LEFTARG = uuid, RIGHTARG = uuid);
      SET search_path = trap, pg_catalog`);
    const { rows } = await client.query("SELECT paws360.check_prerequisites($1, $2) AS met", [
      student,
      course,
    ]);
    expect(rows).toEqual([{ met: false }]);
  });

  test("one live row per student and section", async () => {
    const [student, section] = [await campus.student(), await campus.sectionOf(5)];
    await campus.enrollment(student, section, "dropped");
    await campus.enrollment(student, section, "dropped");
    await campus.enrollment(student, section);
    await expect(campus.enrollment(student, section)).rejects.toThrow(/enrollments_live_key/);
    await expect(campus.enrollment(student, section, "completed")).rejects.toThrow(/enrollments_live_key/);
  });

  test.each([
    [
      "an unknown state",
      "INSERT INTO paws360.enrollments VALUES (DEFAULT, $1, $2, 'asleep')",
      /status_check/,
    ],
    ["no student", "INSERT INTO paws360.enrollments (section_id) SELECT $2 WHERE $1 <> $2", /not-null/],
    ["no section", "INSERT INTO paws360.enrollments (student_id) SELECT $1 WHERE $1 <> $2", /not-null/],
    [
      "a GPA above 4",
      "UPDATE paws360.students SET gpa = 4.01 WHERE student_id = $1 AND $1 <> $2",
      /gpa_check/,
    ],
    [
      "an address in other capitals",
      "UPDATE paws360.users SET email = 'USER1@example.edu' WHERE username <> 'user1' AND $1::uuid <> $2::uuid",
      /users_email_key/,
    ],
  ])("refused: %s", async (_, sql, reason) => {
    const [student, section] = [await campus.student(), await campus.sectionOf(1)];
    const typed = sql.replaceAll("$1", `'${student}'::uuid`).replaceAll("$2", `'${section}'::uuid`);
    await expect(campus.client.query(typed)).rejects.toThrow(reason);
  });

  test("a changed row is stamped, an unchanged one is not", async () => {
    const course = await campus.course();
    // In microseconds: two changes may fall into one millisecond.
    const stamp = () =>
      campus.one<number>(
        "SELECT extract(epoch FROM updated_at)::float8 * 1e6 FROM paws360.courses WHERE course_id = $1",
        [course],
      );
    const made = await stamp();
    await campus.client.query("UPDATE paws360.courses SET title = title WHERE course_id = $1", [course]);
    expect(await stamp()).toEqual(made);
    await campus.client.query("UPDATE paws360.courses SET title = 'New' WHERE course_id = $1", [course]);
    expect(await stamp()).toBeGreaterThan(made);
  });
});

describe("reference data", () => {
  test("comes back after a rollback; what is in use stays through it", async () => {
    const campus = await openCampus("reference", 4);
    const [student, course] = [await campus.student(), await campus.course()];
    await campus.attempt(student, course, "B");
    await applyDown(campus.client, 4, 4);
    const count = (table: string) => campus.one(`SELECT count(*)::int FROM paws360.${table}`);
    expect(await campus.one("SELECT letter FROM paws360.grade_scale")).toBe("B");
    expect(await campus.one("SELECT department_code FROM paws360.departments")).toBe("MATH");
    expect(await campus.one("SELECT term_code FROM paws360.terms")).toBe("2025FA");
    expect(await count("roles")).toBe(0);
    await applyUp(campus.client, 4, 3);
    expect([await count("grade_scale"), await count("departments"), await count("terms")]).toEqual([
      18, 8, 5,
    ]);
    await campus.db.drop();
  });

  test("what an operator has changed is left as it is", async () => {
    const campus = await openCampus("reference kept", 4);
    await campus.client.query("UPDATE paws360.terms SET end_date = '2025-12-24' WHERE term_code = '2025FA'");
    await applyUp(campus.client, 4, 3);
    expect(await campus.one("SELECT end_date::text FROM paws360.terms WHERE term_code = '2025FA'")).toBe(
      "2025-12-24",
    );
    await campus.db.drop();
  });
});

describe("the files", () => {
  test("no CASCADE in a rollback, no extension, one rollback and one verification for each", async () => {
    const stems = (await numbered(bundle, "")).map(([, file]) => file.replace(/.*\/|\.sql$/g, ""));
    for (const [folder, suffix] of [
      ["rollback", "_rollback"],
      ["verify", "_verify"],
    ] as const) {
      const files = (await numbered(bundle, folder)).map(([, file]) => file.replace(/.*\/|\.sql$/g, ""));
      expect(files).toEqual(stems.map((stem) => stem + suffix));
    }
    for (const [, file] of [...(await numbered(bundle, "")), ...(await numbered(bundle, "rollback"))]) {
      const code = (await readFile(file, "utf8")).replaceAll(/--.*$/gm, "");
      expect(code).not.toMatch(/uuid_generate|CREATE EXTENSION/i);
      if (file.includes("rollback")) expect(code).not.toMatch(/CASCADE/i);
    }
  });
});
