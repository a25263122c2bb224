import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { applyDown } from "./apply.ts";
import { atOnce, type Campus, openCampus, upTo } from "./campus.ts";

let campus: Campus;
beforeAll(async () => {
  campus = await openCampus("waitlist");
});
afterAll(() => campus.db.drop());

function join(student: string, section: string): Promise<number> {
  return campus.one("SELECT paws360.add_to_waitlist($1, $2)", [student, section]);
}

function promote(section: string): Promise<string | null> {
  return campus.one("SELECT paws360.promote_from_waitlist($1)", [section]);
}

function move(student: string, section: string, status: string) {
  return campus.client.query(
    "UPDATE paws360.enrollments SET enrollment_status = $3 WHERE student_id = $1 AND section_id = $2",
    [student, section, status],
  );
}

/** A full section, and students who wait for it in order. */
async function full(seats: number, waiting: number) {
  const section = await campus.sectionOf(seats);
  const [seated, queue] = [await campus.students(seats), await campus.students(waiting)];
  for (const student of seated) await campus.enrollment(student, section);
  for (const student of queue) await join(student, section);
  return { section, seated, queue, first: seated[0] as string, next: queue[0] as string };
}

describe("joining", () => {
  test("gives the next position and a date", async () => {
    const { section } = await full(1, 2);
    const student = await campus.student();
    expect(await join(student, section)).toBe(3);
    expect(
      await campus.one("SELECT waitlist_date IS NOT NULL FROM paws360.enrollments WHERE student_id = $1", [
        student,
      ]),
    ).toBe(true);
  });

  test("by hand gets the same place, whatever position is given", async () => {
    const { section } = await full(1, 1);
    const student = await campus.student();
    await campus.client.query(
      `INSERT INTO paws360.enrollments (student_id, section_id, enrollment_status, waitlist_position)
       VALUES ($1, $2, 'waitlisted', 7)`,
      [student, section],
    );
    expect(await campus.positions(section)).toEqual([1, 2]);
  });

  test.each(["enrolled", "waitlisted", "completed"])("is refused while %s", async (status) => {
    const [student, section] = [await campus.student(), await campus.sectionOf(5)];
    await campus.enrollment(student, section, status);
    await expect(join(student, section)).rejects.toThrow(/already enrolled or waitlisted/);
  });

  test.each(["dropped", "withdrawn"])("is open to who has %s", async (status) => {
    const { section, first } = await full(1, 1);
    await move(first, section, status);
    expect(await join(first, section)).toBe(1);
  });
});

describe("a seat becomes free", () => {
  test.each(["dropped", "withdrawn"])("%s: the first in line gets it", async (status) => {
    const { section, seated, queue, next } = await full(2, 3);
    await move(seated[1] as string, section, status);
    expect((await campus.inState(section, "enrolled")).toSorted()).toEqual(
      [seated[0] as string, next].toSorted(),
    );
    expect(await campus.inState(section, "waitlisted")).toEqual(queue.slice(1));
    expect(await campus.positions(section)).toEqual([1, 2]);
  });

  test("DELETE", async () => {
    const { section, first, next } = await full(1, 2);
    await campus.client.query("DELETE FROM paws360.enrollments WHERE student_id = $1 AND section_id = $2", [
      first,
      section,
    ]);
    expect(await campus.inState(section, "enrolled")).toEqual([next]);
    expect(await campus.positions(section)).toEqual([1]);
  });

  test("a move to another section", async () => {
    const { section, first, next } = await full(1, 2);
    const other = await campus.sectionOf(1);
    await campus.client.query(
      "UPDATE paws360.enrollments SET section_id = $3 WHERE student_id = $1 AND section_id = $2",
      [first, section, other],
    );
    expect(await campus.inState(section, "enrolled")).toEqual([next]);
    expect(await campus.inState(other, "enrolled")).toEqual([first]);
  });

  test("a seat given back to the end of the line", async () => {
    const { section, first, queue, next } = await full(1, 2);
    await move(first, section, "waitlisted");
    expect(await campus.inState(section, "enrolled")).toEqual([next]);
    expect(await campus.inState(section, "waitlisted")).toEqual([queue[1], first]);
    expect(await campus.positions(section)).toEqual([1, 2]);
  });

  test("several in one statement: as many are promoted, in order", async () => {
    const { section, queue } = await full(3, 5);
    await campus.client.query(
      `UPDATE paws360.enrollments SET enrollment_status = 'dropped'
       WHERE section_id = $1 AND enrollment_status = 'enrolled'`,
      [section],
    );
    expect((await campus.inState(section, "enrolled")).toSorted()).toEqual(queue.slice(0, 3).toSorted());
    expect(await campus.inState(section, "waitlisted")).toEqual(queue.slice(3));
    expect(await campus.positions(section)).toEqual([1, 2]);
  });

  test("all sections of a student in one statement", async () => {
    const [one, two] = [await full(1, 1), await full(1, 1)];
    const student = await campus.student();
    await campus.client.query("UPDATE paws360.course_sections SET max_enrollment = 2 WHERE section_id = $1", [
      one.section,
    ]);
    const third = await campus.sectionOf(1);
    await campus.enrollment(student, third);
    await join(student, two.section);
    await campus.client.query(
      "UPDATE paws360.enrollments SET enrollment_status = 'withdrawn' WHERE student_id = $1",
      [student],
    );
    expect(await campus.inState(third, "enrolled")).toEqual([]);
    expect(await campus.positions(two.section)).toEqual([1]);
  });

  test("a raised capacity, of the section or of the course", async () => {
    const own = await full(1, 3);
    await campus.client.query("UPDATE paws360.course_sections SET max_enrollment = 3 WHERE section_id = $1", [
      own.section,
    ]);
    expect(await campus.inState(own.section, "waitlisted")).toEqual([own.queue[2]]);
    const shared = await full(1, 2);
    await campus.client.query(
      `UPDATE paws360.courses SET max_enrollment = 2
       WHERE course_id = (SELECT course_id FROM paws360.course_sections WHERE section_id = $1)`,
      [shared.section],
    );
    expect(await campus.inState(shared.section, "waitlisted")).toEqual([shared.queue[1]]);
    expect(await campus.positions(shared.section)).toEqual([1]);
  });

  test("completing does not free it", async () => {
    const { section, first, queue } = await full(1, 2);
    await move(first, section, "completed");
    expect(await campus.inState(section, "waitlisted")).toEqual(queue);
    expect(await promote(section)).toBeNull();
  });

  test("a lowered capacity: drops promote nobody until there is room", async () => {
    const { section, seated, queue } = await full(3, 2);
    await campus.client.query("UPDATE paws360.course_sections SET max_enrollment = 1 WHERE section_id = $1", [
      section,
    ]);
    await move(seated[0] as string, section, "dropped");
    await move(seated[1] as string, section, "dropped");
    expect(await campus.inState(section, "waitlisted")).toEqual(queue);
    await move(seated[2] as string, section, "dropped");
    expect(await campus.inState(section, "enrolled")).toEqual([queue[0]]);
  });
});

describe("promotion", () => {
  test("of a full section gives nobody a seat", async () => {
    const { section, queue } = await full(1, 2);
    expect(await promote(section)).toBeNull();
    expect(await campus.inState(section, "waitlisted")).toEqual(queue);
  });

  test("keeps 1..n after each, and clears place and date", async () => {
    const section = await campus.sectionOf(5);
    const queue = await campus.students(4);
    for (const student of queue) await join(student, section);
    for (const [index, student] of queue.entries()) {
      expect(await promote(section)).toBe(student);
      expect(await campus.positions(section)).toEqual(upTo(queue.length - index - 1));
    }
    expect(await promote(section)).toBeNull();
    expect(
      await campus.one(
        `SELECT count(*)::int FROM paws360.enrollments
         WHERE section_id = $1 AND (waitlist_position IS NOT NULL OR waitlist_date IS NOT NULL)`,
        [section],
      ),
    ).toBe(0);
  });

  test("touches the live row only of who came back", async () => {
    const { section, first } = await full(1, 0);
    await move(first, section, "dropped");
    await join(first, section);
    expect(await promote(section)).toBe(first);
    expect(await campus.inState(section, "dropped")).toEqual([first]);
  });

  test("of an unknown section is nobody", async () => {
    expect(await promote("00000000-0000-0000-0000-000000000000")).toBeNull();
  });
});

describe("leaving the line", () => {
  test.each(["dropped", "withdrawn"])("%s closes the gap", async (status) => {
    const { section, queue } = await full(1, 4);
    await move(queue[1] as string, section, status);
    expect(await campus.inState(section, "waitlisted")).toEqual([queue[0], queue[2], queue[3]]);
    expect(await campus.positions(section)).toEqual([1, 2, 3]);
  });

  test("DELETE, of one and of several", async () => {
    const { section, queue } = await full(1, 6);
    await campus.client.query("DELETE FROM paws360.enrollments WHERE section_id = $1 AND student_id = $2", [
      section,
      queue[0],
    ]);
    expect(await campus.positions(section)).toEqual(upTo(5));
    await campus.client.query(
      "DELETE FROM paws360.enrollments WHERE section_id = $1 AND waitlist_position IN (2, 4)",
      [section],
    );
    expect(await campus.inState(section, "waitlisted")).toEqual([queue[1], queue[3], queue[5]]);
    expect(await campus.positions(section)).toEqual([1, 2, 3]);
  });

  test("for another section: last there, no gap here", async () => {
    const [from, to] = [await full(1, 3), await full(1, 1)];
    await campus.client.query(
      "UPDATE paws360.enrollments SET section_id = $3 WHERE student_id = $1 AND section_id = $2",
      [from.next, from.section, to.section],
    );
    expect(await campus.positions(from.section)).toEqual([1, 2]);
    expect(await campus.inState(to.section, "waitlisted")).toEqual([to.next, from.next]);
  });

  test("a gap left by an edit is closed whatever the rows' physical order", async () => {
    const { section, queue } = await full(1, 5);
    // Rewrites the rows last first, so that a scan meets them in the wrong order.
    for (const student of queue.toReversed())
      await campus.client.query(
        "UPDATE paws360.enrollments SET waitlist_date = waitlist_date + interval '1 s' WHERE student_id = $1",
        [student],
      );
    await move(queue[0] as string, section, "dropped");
    expect(await campus.inState(section, "waitlisted")).toEqual(queue.slice(1));
    expect(await campus.positions(section)).toEqual([1, 2, 3, 4]);
  });

  test("leave_section serves seats and places, and says whether there was one", async () => {
    const { section, first, queue, next } = await full(1, 3);
    const leave = (student: string, status: string) =>
      campus.one<boolean>("SELECT paws360.leave_section($1, $2, $3)", [student, section, status]);
    expect(await leave(queue[1] as string, "withdrawn")).toBe(true);
    expect(await leave(queue[1] as string, "withdrawn")).toBe(false);
    expect(await leave(first, "dropped")).toBe(true);
    expect(await campus.inState(section, "enrolled")).toEqual([next]);
    expect(await campus.positions(section)).toEqual([1]);
    await expect(leave(next, "completed")).rejects.toThrow(/dropped or withdrawn/);
  });
});

describe("capacity", () => {
  test("is the section's where it has one, else the course's", async () => {
    const course = await campus.course({ seats: 2 });
    for (const [own, seats] of [
      [null, 2],
      [1, 1],
      [3, 3],
    ] as const) {
      const section = await campus.section(course, own);
      for (const student of await campus.students(seats)) await campus.enrollment(student, section);
      await expect(campus.enrollment(await campus.student(), section)).rejects.toThrow(/Section is full/);
    }
  });

  test("holds for an UPDATE to enrolled and for a move", async () => {
    const { section, next } = await full(1, 1);
    await expect(move(next, section, "enrolled")).rejects.toThrow(/Section is full/);
    const student = await campus.student();
    await campus.enrollment(student, section, "dropped");
    await expect(move(student, section, "enrolled")).rejects.toThrow(/Section is full/);
    const elsewhere = await campus.enrollment(student, await campus.sectionOf(1));
    await expect(
      campus.client.query("UPDATE paws360.enrollments SET section_id = $1 WHERE enrollment_id = $2", [
        section,
        elsewhere,
      ]),
    ).rejects.toThrow(/Section is full/);
  });

  test("a snapshot from before the lock is refused", async () => {
    const [student, section] = [await campus.student(), await campus.sectionOf(1)];
    const [result] = await atOnce(campus, 1, async (client) => {
      await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ");
      await client.query("INSERT INTO paws360.enrollments (student_id, section_id) VALUES ($1, $2)", [
        student,
        section,
      ]);
    });
    expect(result).toMatchObject({ status: "rejected", reason: { code: "0A000" } });
  });
});

describe("what the table itself keeps out", () => {
  test("two students with one position", async () => {
    const { section, queue } = await full(1, 2);
    await expect(
      campus.client.query(
        "UPDATE paws360.enrollments SET waitlist_position = 1 WHERE section_id = $1 AND student_id = $2",
        [section, queue[1]],
      ),
    ).rejects.toThrow(/idx_enrollments_waitlist/);
  });

  test("a place below 1, and a waiting row without a place", async () => {
    const { section } = await full(1, 1);
    const edit = (place: number | null) =>
      campus.client.query(
        `UPDATE paws360.enrollments SET waitlist_position = $2
         WHERE section_id = $1 AND enrollment_status = 'waitlisted'`,
        [section, place],
      );
    await expect(edit(0)).rejects.toThrow(/enrollments_waitlist_position_check/);
    await expect(edit(null)).rejects.toThrow(/enrollments_waitlist_check/);
  });
});

test("the rollback leaves those who wait as dropped, with place and date in the audit log", async () => {
  const older = await openCampus("waitlist rollback");
  const section = await older.sectionOf(1);
  const [seated, ...queue] = await older.students(3);
  await older.enrollment(seated as string, section);
  for (const student of queue)
    await older.client.query("SELECT paws360.add_to_waitlist($1, $2)", [student, section]);
  await applyDown(older.client, 7);
  expect(await older.inState(section, "enrolled")).toEqual([seated]);
  expect((await older.inState(section, "dropped")).toSorted()).toEqual(queue.toSorted());
  const { rows } = await older.client.query(
    `SELECT old_row ->> 'student_id' AS student, old_row ->> 'waitlist_position' AS place
     FROM paws360.audit_log
     WHERE operation = 'UPDATE' AND old_row ->> 'enrollment_status' = 'waitlisted'
     ORDER BY place`,
  );
  expect(rows).toEqual(queue.map((student, index) => ({ student, place: `${index + 1}` })));
  await expect(older.enrollment(await older.student(), section, "waitlisted")).rejects.toThrow(
    /enrollments_status_check/,
  );
  await older.db.drop();
});
