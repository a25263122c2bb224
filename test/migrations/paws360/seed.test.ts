import { afterAll, beforeAll, expect, test } from "vitest";
import { applyDown, loadSeed, verify, versions } from "./apply.ts";
import { type Campus, openCampus } from "./campus.ts";

let campus: Campus;
beforeAll(async () => {
  campus = await openCampus("seed");
  await loadSeed(campus.client);
});
afterAll(() => campus.db.drop());

/** Every row of every table, the audit log's too. */
function contents(from: Campus): Promise<string> {
  return from.one(`
    SELECT string_agg(query_to_xml(format('SELECT * FROM %s ORDER BY 1, 2', c.oid::regclass), true, true, '')::text,
                      '' ORDER BY c.relname)
    FROM pg_class c WHERE c.relnamespace = 'paws360'::regnamespace AND c.relkind = 'r'`);
}

test("loaded twice changes nothing", async () => {
  const before = await contents(campus);
  expect(before.length).toBeGreaterThan(100_000);
  await loadSeed(campus.client);
  expect(await contents(campus)).toBe(before);
});

test("gives the same rows in every database", async () => {
  const other = await openCampus("seed again");
  await loadSeed(other.client);
  const rows = (from: Campus) =>
    from.one<string>(`
      SELECT string_agg(concat_ws(' ', enrollment_id, student_id, section_id, enrollment_status, grade,
                                  enrollment_date, waitlist_position, waitlist_date), E'\\n' ORDER BY enrollment_id)
      FROM paws360.enrollments`);
  expect(await rows(other)).toBe(await rows(campus));
  await other.db.drop();
});

test("has what a developer needs to see", async () => {
  const { rows } = await campus.client.query(`
    SELECT (SELECT count(*)::int FROM paws360.students) AS students,
           (SELECT count(*)::int FROM paws360.faculty) AS faculty,
           (SELECT count(*)::int FROM paws360.courses) AS courses,
           (SELECT count(*)::int FROM paws360.course_sections) AS sections,
           (SELECT count(*)::int FROM paws360.course_prerequisites) AS prerequisites,
           (SELECT count(*) > 500 FROM paws360.enrollments WHERE enrollment_status = 'completed') AS completed,
           (SELECT count(*) > 100 FROM paws360.enrollments WHERE enrollment_status = 'enrolled') AS enrolled,
           (SELECT count(DISTINCT section_id) >= 8 FROM paws360.enrollments
            WHERE enrollment_status = 'waitlisted' AND paws360.free_seats(section_id) = 0) AS full_with_waitlist,
           (SELECT count(*)::int FROM paws360.course_sections
            WHERE paws360.free_seats(section_id) < 0) AS over_capacity,
           (SELECT count(*) > 150 FROM paws360.students WHERE gpa IS NOT NULL) AS with_gpa`);
  expect(rows).toEqual([
    {
      students: 200,
      faculty: 24,
      courses: 40,
      sections: 120,
      prerequisites: 32,
      completed: true,
      enrolled: true,
      full_with_waitlist: true,
      over_capacity: 0,
      with_gpa: true,
    },
  ]);
});

test("nobody sits in a course whose prerequisites are not met", async () => {
  expect(
    await campus.one(`
      SELECT count(*)::int FROM paws360.enrollments e JOIN paws360.course_sections cs USING (section_id)
      WHERE e.enrollment_status <> 'withdrawn' AND NOT paws360.check_prerequisites(e.student_id, cs.course_id)`),
  ).toBe(0);
});

test("passes every verification, and everything rolls back with it loaded", async () => {
  for (const version of versions) {
    const checks = await verify(campus.client, version);
    expect(checks.filter((check) => check.status !== "PASS")).toEqual([]);
  }
  await applyDown(campus.client);
  expect(await campus.one("SELECT to_regnamespace('paws360')::text")).toBeNull();
});
