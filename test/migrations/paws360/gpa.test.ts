import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { applyDown, applyUp } from "./apply.ts";
import { type Campus, openCampus, waiting } from "./campus.ts";

let campus: Campus;
beforeAll(async () => {
  campus = await openCampus("gpa");
});
afterAll(() => campus.db.drop());

function set(enrollment: string, assignment: string, values: readonly unknown[] = []) {
  return campus.client.query(`UPDATE paws360.enrollments SET ${assignment} WHERE enrollment_id = $1`, [
    enrollment,
    ...values,
  ]);
}

describe("what counts", () => {
  test.each([
    ["A+", "4.00"],
    ["A", "4.00"],
    ["A-", "3.70"],
    ["B+", "3.30"],
    ["B", "3.00"],
    ["B-", "2.70"],
    ["C+", "2.30"],
    ["C", "2.00"],
    ["C-", "1.70"],
    ["D+", "1.30"],
    ["D", "1.00"],
    ["F", "0.00"],
  ])("%s is worth %s", async (grade, points) => {
    const student = await campus.student();
    await campus.attempt(student, await campus.course(), grade);
    expect(await campus.gpa(student)).toBe(points);
  });

  test.each(["W", "I", "P", "NP", "AU", "TR"])("%s neither helps nor hurts", async (grade) => {
    const student = await campus.student();
    await campus.attempt(student, await campus.course(), grade);
    expect(await campus.gpa(student)).toBeNull();
    await campus.attempt(student, await campus.course(), "B");
    expect(await campus.gpa(student)).toBe("3.00");
  });

  test("an unknown letter is kept out", async () => {
    const student = await campus.student();
    await expect(campus.attempt(student, await campus.course(), "E")).rejects.toThrow(
      /enrollments_grade_fkey/,
    );
  });

  test("weighted by credit hours, rounded to two places", async () => {
    const student = await campus.student();
    await campus.attempt(student, await campus.course({ credits: 4 }), "A");
    await campus.attempt(student, await campus.course({ credits: 3 }), "B");
    await campus.attempt(student, await campus.course({ credits: 0 }), "F");
    expect(await campus.gpa(student)).toBe("3.57");
  });

  test("only courses without credits: no GPA", async () => {
    const student = await campus.student();
    await campus.attempt(student, await campus.course({ credits: 0 }), "A");
    expect(await campus.gpa(student)).toBeNull();
  });

  test("of a retaken course every counted attempt counts", async () => {
    const [student, course] = [await campus.student(), await campus.course()];
    await campus.attempt(student, course, "F");
    await campus.attempt(student, course, "A");
    expect(await campus.gpa(student)).toBe("2.00");
  });
});

describe("kept up to date", () => {
  test("INSERT, completion, a corrected grade, DELETE", async () => {
    const student = await campus.student();
    await campus.attempt(student, await campus.course(), "A");
    const running = await campus.enrollment(student, await campus.section(await campus.course()));
    expect(await campus.gpa(student)).toBe("4.00");
    await set(running, "enrollment_status = 'completed', grade = 'C'");
    expect(await campus.gpa(student)).toBe("3.00");
    await set(running, "grade = 'B'");
    expect(await campus.gpa(student)).toBe("3.50");
    await campus.client.query("DELETE FROM paws360.enrollments WHERE enrollment_id = $1", [running]);
    expect(await campus.gpa(student)).toBe("4.00");
  });

  test("the last one deleted leaves none", async () => {
    const student = await campus.student();
    const only = await campus.attempt(student, await campus.course(), "B");
    await campus.client.query("DELETE FROM paws360.enrollments WHERE enrollment_id = $1", [only]);
    expect(await campus.gpa(student)).toBeNull();
  });

  test("back from completed, and a grade taken back", async () => {
    const student = await campus.student();
    const attempt = await campus.attempt(student, await campus.course(), "B");
    await set(attempt, "enrollment_status = 'withdrawn'");
    expect(await campus.gpa(student)).toBeNull();
    await set(attempt, "enrollment_status = 'completed'");
    expect(await campus.gpa(student)).toBe("3.00");
    await set(attempt, "grade = NULL");
    expect(await campus.gpa(student)).toBeNull();
  });

  test("moved to another student: both change", async () => {
    const [from, to] = [await campus.student(), await campus.student()];
    const attempt = await campus.attempt(from, await campus.course(), "B");
    await set(attempt, "student_id = $2", [to]);
    expect([await campus.gpa(from), await campus.gpa(to)]).toEqual([null, "3.00"]);
  });

  test("moved to a section with other credit hours", async () => {
    const student = await campus.student();
    await campus.attempt(student, await campus.course({ credits: 3 }), "A");
    const attempt = await campus.attempt(student, await campus.course({ credits: 3 }), "F");
    expect(await campus.gpa(student)).toBe("2.00");
    await set(attempt, "section_id = $2", [await campus.section(await campus.course({ credits: 1 }))]);
    expect(await campus.gpa(student)).toBe("3.00");
  });

  test("credit hours, a section's course, and the scale change", async () => {
    const student = await campus.student();
    const [light, heavy] = [await campus.course({ credits: 1 }), await campus.course({ credits: 3 })];
    await campus.attempt(student, heavy, "A");
    const section = await campus.section(heavy);
    await campus.enrollment(student, section, "completed", "D");
    expect(await campus.gpa(student)).toBe("2.50");
    await campus.client.query("UPDATE paws360.course_sections SET course_id = $1 WHERE section_id = $2", [
      light,
      section,
    ]);
    expect(await campus.gpa(student)).toBe("3.25");
    await campus.client.query("UPDATE paws360.courses SET credit_hours = 2 WHERE course_id = $1", [light]);
    expect(await campus.gpa(student)).toBe("2.80");
    await campus.client.query("UPDATE paws360.grade_scale SET points = 0.5 WHERE letter = 'D'");
    expect(await campus.gpa(student)).toBe("2.60");
    await campus.client.query("UPDATE paws360.grade_scale SET points = 1.0 WHERE letter = 'D'");
    expect(await campus.gpa(student)).toBe("2.80");
  });

  test("a whole roster in one statement", async () => {
    const [students, section] = [await campus.students(5), await campus.sectionOf(5)];
    for (const student of students) await campus.enrollment(student, section);
    await campus.client.query(
      "UPDATE paws360.enrollments SET enrollment_status = 'completed', grade = 'B+' WHERE section_id = $1",
      [section],
    );
    for (const student of students) expect(await campus.gpa(student)).toBe("3.30");
  });

  test("only a change of what counts touches the student", async () => {
    const student = await campus.student();
    await campus.attempt(student, await campus.course(), "B");
    const passed = await campus.attempt(student, await campus.course(), "P");
    const running = await campus.enrollment(student, await campus.sectionOf(5));
    const version = () =>
      campus.one<string>("SELECT xmin::text FROM paws360.students WHERE student_id = $1", [student]);
    const before = await version();
    await set(running, "grade = 'A'");
    await set(running, "enrollment_status = 'dropped'");
    await set(passed, "grade = 'NP'");
    await campus.client.query(
      `UPDATE paws360.enrollments SET enrollment_date = enrollment_date - interval '1 day'
       WHERE student_id = $1`,
      [student],
    );
    await campus.client.query("DELETE FROM paws360.enrollments WHERE enrollment_id = $1", [passed]);
    expect(await version()).toBe(before);
  });

  test("a change stamps the student's row", async () => {
    const student = await campus.student();
    // In microseconds: two changes may fall into one millisecond.
    const stamp = () =>
      campus.one<number>(
        "SELECT extract(epoch FROM updated_at)::float8 * 1e6 FROM paws360.students WHERE student_id = $1",
        [student],
      );
    const before = await stamp();
    await campus.attempt(student, await campus.course(), "B");
    expect(await stamp()).toBeGreaterThan(before);
  });
});

describe("at once", () => {
  test("two grades of one student", async () => {
    const student = await campus.student();
    const [one, two] = [
      await campus.enrollment(student, await campus.sectionOf(5)),
      await campus.enrollment(student, await campus.sectionOf(5)),
    ];
    const [first, second] = [await campus.db.connect(), await campus.db.connect()];
    const post =
      "UPDATE paws360.enrollments SET enrollment_status = 'completed', grade = $2 WHERE enrollment_id = $1";
    await first.query("BEGIN");
    await first.query(post, [one, "A"]);
    const later = second.query(post, [two, "C"]);
    await expect.poll(() => waiting(campus)).toBe(1);
    await first.query("COMMIT");
    await later;
    expect(await campus.gpa(student)).toBe("3.00");
  });

  test("a roster locks its students in key order, so that two rosters cannot deadlock", async () => {
    // Written highest key first, so that the table's order is not the keys'.
    const keys = ["ffffffff-0000-4000-8000-000000000002", "00000000-0000-4000-8000-000000000001"];
    const section = await campus.sectionOf(2);
    for (const key of keys) {
      await campus.client.query("UPDATE paws360.students SET student_id = $1 WHERE student_id = $2", [
        key,
        await campus.student(),
      ]);
      await campus.enrollment(key, section);
    }
    const [holder, poster] = [await campus.db.connect(), await campus.db.connect()];
    const lock = "SELECT 1 FROM paws360.students WHERE student_id = $1 FOR NO KEY UPDATE NOWAIT";
    await holder.query("BEGIN");
    await holder.query(lock, [keys[1]]);
    const posted = poster.query(
      "UPDATE paws360.enrollments SET enrollment_status = 'completed', grade = 'A' WHERE section_id = $1",
      [section],
    );
    await expect.poll(() => waiting(campus)).toBe(1);
    // It waits for the lower key and has not taken the higher one.
    await holder.query(lock, [keys[0]]);
    await holder.query("COMMIT");
    expect((await posted).rowCount).toBe(2);
    for (const key of keys) expect(await campus.gpa(key)).toBe("4.00");
  });
});

describe("the migration and its rollback", () => {
  test("computes for who has completed, leaves others, and stays after the rollback", async () => {
    const older = await openCampus("gpa backfill", 5);
    const [graded, ungraded] = [await older.student(), await older.student()];
    await older.client.query("UPDATE paws360.students SET gpa = 1.11");
    await older.attempt(graded, await older.course(), "B");
    expect(await older.gpa(graded)).toBe("1.11");

    await applyUp(older.client, 6, 5);
    expect([await older.gpa(graded), await older.gpa(ungraded)]).toEqual(["3.00", "1.11"]);

    await applyDown(older.client, 6, 6);
    expect(await older.gpa(graded)).toBe("3.00");
    await older.attempt(graded, await older.course(), "F");
    expect(await older.gpa(graded)).toBe("3.00");
    await older.db.drop();
  });
});
