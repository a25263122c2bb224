import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { atOnce, type Campus, openCampus, waiting } from "./campus.ts";

let campus: Campus;
beforeAll(async () => {
  campus = await openCampus("prerequisites");
});
afterAll(() => campus.db.drop());

const refused = /Prerequisites not met/;

function met(student: string, course: string): Promise<boolean> {
  return campus.one("SELECT paws360.check_prerequisites($1, $2)", [student, course]);
}

describe("what meets a prerequisite", () => {
  test.each([
    ["A", "B", true],
    ["A", "A-", true],
    ["A+", "A", true],
    ["A", "A+", true],
    ["A-", "A", false],
    ["B", "B", true],
    ["B+", "B", true],
    ["B-", "B", false],
    ["C", "B", false],
    ["F", "D", false],
    ["P", "C", false],
    ["TR", "C", false],
    ["W", "D", false],
    ["A", null, true],
    ["D", null, true],
    ["P", null, true],
    ["TR", null, true],
    ["F", null, false],
    ["NP", null, false],
    ["W", null, false],
    ["I", null, false],
    ["AU", null, false],
  ])("%s where %s is asked for: %s", async (grade, minimum, expected) => {
    const [student, needed, course] = [await campus.student(), await campus.course(), await campus.course()];
    await campus.requires(course, needed, minimum);
    await campus.attempt(student, needed, grade);
    expect(await met(student, course)).toBe(expected);
  });

  test("the best attempt counts, whichever came last", async () => {
    const [needed, course] = [await campus.course(), await campus.course()];
    await campus.requires(course, needed, "B");
    for (const grades of [
      ["D", "A"],
      ["A", "D"],
    ]) {
      const student = await campus.student();
      for (const grade of grades) await campus.attempt(student, needed, grade);
      expect(await met(student, course)).toBe(true);
    }
  });

  test("an attempt that is not completed, or not graded, does not count", async () => {
    const [student, needed, course] = [await campus.student(), await campus.course(), await campus.course()];
    await campus.requires(course, needed);
    await campus.attempt(student, needed, null);
    await campus.enrollment(student, await campus.section(needed), "withdrawn", "A");
    await campus.enrollment(student, await campus.section(needed), "enrolled", "A");
    expect(await met(student, course)).toBe(false);
  });

  test("each required one must be met, a recommended one need not", async () => {
    const [student, course] = [await campus.student(), await campus.course()];
    const [first, second, advised] = [await campus.course(), await campus.course(), await campus.course()];
    await campus.requires(course, first);
    await campus.requires(course, second);
    await campus.requires(course, advised, "A", "recommended");
    await campus.attempt(student, first, "A");
    expect(await met(student, course)).toBe(false);
    await campus.attempt(student, second, "C");
    expect(await met(student, course)).toBe(true);
  });
});

describe("when it is checked", () => {
  async function unprepared(): Promise<{ student: string; section: string; needed: string }> {
    const [needed, course] = [await campus.course(), await campus.course()];
    await campus.requires(course, needed, "C");
    return { student: await campus.student(), section: await campus.section(course), needed };
  }

  test("on enrolling", async () => {
    const { student, section, needed } = await unprepared();
    await expect(campus.enrollment(student, section)).rejects.toThrow(refused);
    await campus.attempt(student, needed, "B");
    await campus.enrollment(student, section);
    expect(await campus.inState(section, "enrolled")).toEqual([student]);
  });

  test("on an UPDATE to enrolled", async () => {
    const { student, section } = await unprepared();
    const enrollment = await campus.enrollment(student, section, "dropped");
    await expect(
      campus.client.query(
        "UPDATE paws360.enrollments SET enrollment_status = 'enrolled' WHERE enrollment_id = $1",
        [enrollment],
      ),
    ).rejects.toThrow(refused);
  });

  test("on moving an enrolled row to another section or student", async () => {
    const { student, section } = await unprepared();
    const elsewhere = await campus.enrollment(student, await campus.sectionOf(5));
    await expect(
      campus.client.query("UPDATE paws360.enrollments SET section_id = $1 WHERE enrollment_id = $2", [
        section,
        elsewhere,
      ]),
    ).rejects.toThrow(refused);

    const { student: prepared, section: asked, needed } = await unprepared();
    await campus.attempt(prepared, needed, "A");
    const enrollment = await campus.enrollment(prepared, asked);
    await expect(
      campus.client.query("UPDATE paws360.enrollments SET student_id = $1 WHERE enrollment_id = $2", [
        student,
        enrollment,
      ]),
    ).rejects.toThrow(refused);
  });

  test("on joining the waitlist, by function and by hand", async () => {
    const { student, section } = await unprepared();
    await expect(
      campus.client.query("SELECT paws360.add_to_waitlist($1, $2)", [student, section]),
    ).rejects.toThrow(refused);
    await expect(campus.enrollment(student, section, "waitlisted")).rejects.toThrow(refused);
  });

  test("not again on a change that takes no seat", async () => {
    const [needed, course] = [await campus.course(), await campus.course()];
    const [student, section] = [await campus.student(), await campus.section(course)];
    const enrollment = await campus.enrollment(student, section);
    await campus.requires(course, needed);
    await campus.client.query(
      "UPDATE paws360.enrollments SET enrollment_date = now() - interval '1 day' WHERE enrollment_id = $1",
      [enrollment],
    );
    await campus.client.query(
      "UPDATE paws360.enrollments SET enrollment_status = 'completed', grade = 'B' WHERE enrollment_id = $1",
      [enrollment],
    );
    expect(await campus.inState(section, "completed")).toEqual([student]);
  });

  test("on promotion: who no longer may is passed over and keeps the place", async () => {
    const [needed, course] = [await campus.course(), await campus.course({ seats: 1 })];
    const section = await campus.section(course);
    await campus.requires(course, needed, "C");
    const [seated, lapsed, next, last] = await campus.students(4);
    for (const student of [seated, lapsed, next, last]) await campus.attempt(student as string, needed, "B");
    await campus.enrollment(seated as string, section);
    for (const student of [lapsed, next, last])
      await campus.client.query("SELECT paws360.add_to_waitlist($1, $2)", [student, section]);
    await campus.client.query(
      "UPDATE paws360.enrollments SET grade = 'F' WHERE student_id = $1 AND enrollment_status = 'completed'",
      [lapsed],
    );

    await campus.client.query("SELECT paws360.leave_section($1, $2)", [seated, section]);

    expect(await campus.inState(section, "enrolled")).toEqual([next]);
    expect(await campus.inState(section, "waitlisted")).toEqual([lapsed, last]);
    expect(await campus.positions(section)).toEqual([1, 2]);
    await expect(
      campus.client.query(
        `UPDATE paws360.enrollments SET enrollment_status = 'enrolled'
         WHERE student_id = $1 AND section_id = $2`,
        [lapsed, section],
      ),
    ).rejects.toThrow(refused);
  });
});

describe("prerequisite rules", () => {
  test("a course is not its own prerequisite", async () => {
    const course = await campus.course();
    await expect(campus.requires(course, course)).rejects.toThrow(/course_prerequisites_self_check/);
  });

  test("a cycle is refused, short, long, in one statement, and by UPDATE", async () => {
    const [a, b, c, d] = [
      await campus.course(),
      await campus.course(),
      await campus.course(),
      await campus.course(),
    ];
    await campus.requires(a, b);
    await expect(campus.requires(b, a)).rejects.toThrow(/cycle/);
    await campus.requires(b, c);
    await expect(campus.requires(c, a)).rejects.toThrow(/cycle/);
    await expect(
      campus.client.query(
        `INSERT INTO paws360.course_prerequisites (course_id, prerequisite_course_id)
         VALUES ($1, $2), ($2, $1)`,
        [c, d],
      ),
    ).rejects.toThrow(/cycle/);
    await campus.requires(d, a);
    await expect(
      campus.client.query("UPDATE paws360.course_prerequisites SET course_id = $1 WHERE course_id = $2", [
        c,
        d,
      ]),
    ).rejects.toThrow(/cycle/);
  });

  test("two halves of a cycle inserted at once: one is refused", async () => {
    const [a, b] = [await campus.course(), await campus.course()];
    const [first, second] = [await campus.db.connect(), await campus.db.connect()];
    const insert =
      "INSERT INTO paws360.course_prerequisites (course_id, prerequisite_course_id) VALUES ($1, $2)";
    await first.query("BEGIN");
    await second.query("BEGIN");
    await first.query(insert, [a, b]);
    const later = second.query(insert, [b, a]).then(
      () => "accepted",
      (error: Error) => error.message,
    );
    await expect.poll(() => waiting(campus)).toBe(1);
    await first.query("COMMIT");
    expect(await later).toMatch(/cycle/);
    await second.query("ROLLBACK");
  });

  test("a snapshot that could miss the other half is refused", async () => {
    const [a, b] = [await campus.course(), await campus.course()];
    const [result] = await atOnce(campus, 1, async (client) => {
      await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ");
      await client.query(
        "INSERT INTO paws360.course_prerequisites (course_id, prerequisite_course_id) VALUES ($1, $2)",
        [a, b],
      );
    });
    expect(result).toMatchObject({ status: "rejected", reason: { code: "0A000" } });
  });

  test("the minimum is a letter of the scale with points", async () => {
    const [a, b] = [await campus.course(), await campus.course()];
    await expect(campus.requires(a, b, "X")).rejects.toThrow(/course_prerequisites_minimum_grade_fkey/);
    await expect(campus.requires(a, b, "P")).rejects.toThrow(/no points/);
  });

  test.each(["course_id", "prerequisite_course_id"])("%s is not null", async (column) => {
    const course = await campus.course();
    await expect(
      campus.client.query(`INSERT INTO paws360.course_prerequisites (${column}) VALUES ($1)`, [course]),
    ).rejects.toThrow(/not-null/);
  });

  test("a course that others need is not deleted; one with needs is, with its rules", async () => {
    const [a, b] = [await campus.course(), await campus.course()];
    await campus.requires(a, b);
    const remove = "DELETE FROM paws360.courses WHERE course_id = $1";
    await expect(campus.client.query(remove, [b])).rejects.toThrow(
      /course_prerequisites_prerequisite_course_id_fkey/,
    );
    await campus.client.query(remove, [a]);
    await campus.client.query(remove, [b]);
  });
});
