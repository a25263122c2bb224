import { afterAll, beforeAll, expect, test } from "vitest";
import { atOnce, type Campus, openCampus, upTo, waiting } from "./campus.ts";

// Real connections, one per student: what a registration morning does to one section.

let campus: Campus;
beforeAll(async () => {
  campus = await openCampus("at once");
});
afterAll(() => campus.db.drop());

const drop =
  "UPDATE paws360.enrollments SET enrollment_status = 'dropped' WHERE student_id = $1 AND section_id = $2";
const enroll = "INSERT INTO paws360.enrollments (student_id, section_id) VALUES ($1, $2)";
const join = "SELECT paws360.add_to_waitlist($1, $2) AS position";
const leave = "SELECT paws360.leave_section($1, $2)";

/** A full section with students who wait; made in one transaction, for speed. */
async function full(seats: number, waiting: number) {
  const section = await campus.sectionOf(seats);
  const [seated, queue] = [await campus.students(seats), await campus.students(waiting)];
  await campus.client.query("BEGIN");
  for (const student of seated) await campus.client.query(enroll, [student, section]);
  for (const student of queue) await campus.client.query(join, [student, section]);
  await campus.client.query("COMMIT");
  return { section, seated, queue };
}

function faults(results: readonly PromiseSettledResult<unknown>[]): string[] {
  return results.flatMap((result) => (result.status === "rejected" ? [String(result.reason)] : []));
}

test("50 join at once: positions 1..50", async () => {
  const { section } = await full(1, 0);
  const students = await campus.students(50);
  const results = await atOnce(campus, 50, async (client, index) => {
    const { rows } = await client.query<{ position: number }>(join, [students[index], section]);
    return rows[0]?.position;
  });
  expect(faults(results)).toEqual([]);
  const given = results.map((result) => (result.status === "fulfilled" ? result.value : null));
  expect(given.toSorted((a, b) => Number(a) - Number(b))).toEqual(upTo(50));
  expect(await campus.positions(section)).toEqual(upTo(50));
});

test("20 are put on the waitlist by hand at once, half by INSERT, half by UPDATE: positions 1..20", async () => {
  const { section } = await full(1, 0);
  const students = await campus.students(20);
  for (const student of students.slice(10)) await campus.enrollment(student, section, "dropped");
  const results = await atOnce(campus, 20, (client, index) =>
    client.query(
      index < 10
        ? `INSERT INTO paws360.enrollments (student_id, section_id, enrollment_status)
           VALUES ($1, $2, 'waitlisted')`
        : `UPDATE paws360.enrollments SET enrollment_status = 'waitlisted'
           WHERE student_id = $1 AND section_id = $2`,
      [students[index], section],
    ),
  );
  expect(faults(results)).toEqual([]);
  expect(await campus.positions(section)).toEqual(upTo(20));
});

test("one student joins 10 times at once: one place", async () => {
  const { section } = await full(1, 0);
  const student = await campus.student();
  const results = await atOnce(campus, 10, (client) => client.query(join, [student, section]));
  expect(faults(results)).toHaveLength(9);
  for (const fault of faults(results)) expect(fault).toMatch(/already enrolled or waitlisted/);
  expect(await campus.positions(section)).toEqual([1]);
});

test("20 drop at once: exactly 20 are promoted, in order, none over capacity", async () => {
  const { section, seated, queue } = await full(25, 30);
  const results = await atOnce(campus, 20, (client, index) => client.query(drop, [seated[index], section]));
  expect(faults(results)).toEqual([]);
  expect((await campus.inState(section, "enrolled")).toSorted()).toEqual(
    [...seated.slice(20), ...queue.slice(0, 20)].toSorted(),
  );
  expect(await campus.inState(section, "waitlisted")).toEqual(queue.slice(20));
  expect(await campus.positions(section)).toEqual(upTo(10));
  // In order: the k-th promotion of the log is the k-th of the line.
  const { rows } = await campus.client.query<{ student: string }>(
    `SELECT new_row ->> 'student_id' AS student FROM paws360.audit_log
     WHERE operation = 'UPDATE' AND new_row ->> 'section_id' = $1
       AND old_row ->> 'enrollment_status' = 'waitlisted' AND new_row ->> 'enrollment_status' = 'enrolled'
     ORDER BY audit_id`,
    [section],
  );
  expect(rows.map((row) => row.student)).toEqual(queue.slice(0, 20));
});

test("40 enroll at once in a section of 10: ten get a seat", async () => {
  const section = await campus.sectionOf(10);
  const students = await campus.students(40);
  const results = await atOnce(campus, 40, (client, index) =>
    client.query(enroll, [students[index], section]),
  );
  expect(faults(results)).toHaveLength(30);
  for (const fault of faults(results)) expect(fault).toMatch(/Section is full/);
  expect(await campus.inState(section, "enrolled")).toHaveLength(10);
});

test("drops, deletes, leaving the line and joining it, all at once", async () => {
  const { section, seated, queue } = await full(10, 20);
  const fresh = await campus.students(10);
  const leaving = queue.filter((_, index) => index % 2 === 1);
  const results = await atOnce(campus, 30, (client, index) => {
    const turn = Math.floor(index / 3);
    if (index % 3 === 0) return client.query(turn < 5 ? drop : leave, [seated[turn], section]);
    if (index % 3 === 1) return client.query(leave, [leaving[turn], section]);
    return client.query(join, [fresh[turn], section]);
  });
  expect(faults(results)).toEqual([]);
  const enrolled = await campus.inState(section, "enrolled");
  expect(enrolled).toHaveLength(10);
  // Some were promoted before they could leave; they gave the seat on.
  for (const student of [...seated, ...leaving]) expect(enrolled).not.toContain(student);
  const waiting = await campus.inState(section, "waitlisted");
  expect(waiting).toHaveLength(10);
  expect(await campus.positions(section)).toEqual(upTo(10));
});

test("withdrawals from the same sections in opposite order do not deadlock", async () => {
  const sections = [await full(8, 4), await full(8, 4), await full(8, 4)];
  const students = await campus.students(8);
  for (const { section } of sections)
    await campus.client.query(
      "UPDATE paws360.course_sections SET max_enrollment = 20 WHERE section_id = $1",
      [section],
    );
  for (const [index, student] of students.entries()) {
    const order = index % 2 === 0 ? sections : sections.toReversed();
    for (const { section } of order) await campus.client.query(enroll, [student, section]);
  }
  const results = await atOnce(campus, 8, (client, index) =>
    client.query(
      `UPDATE paws360.enrollments SET enrollment_status = 'withdrawn'
       WHERE student_id = $1 AND enrollment_status = 'enrolled'`,
      [students[index]],
    ),
  );
  expect(faults(results)).toEqual([]);
  for (const { section } of sections) expect(await campus.inState(section, "enrolled")).toHaveLength(12);
});

test("a statement on several sections locks them in key order", async () => {
  // Written highest key first, so that the table's order is not the keys'.
  const keys = ["ffffffff-0000-4000-8000-000000000002", "00000000-0000-4000-8000-000000000001"];
  const student = await campus.student();
  for (const key of keys) {
    await campus.client.query(
      `INSERT INTO paws360.course_sections (section_id, course_id, term_id, section_number)
       SELECT $1, $2, term_id, '1' FROM paws360.terms WHERE term_code = '2025FA'`,
      [key, await campus.course()],
    );
    await campus.client.query(enroll, [student, key]);
  }
  const [holder, waiter] = [await campus.db.connect(), await campus.db.connect()];
  const lock = "SELECT 1 FROM paws360.course_sections WHERE section_id = $1 FOR NO KEY UPDATE NOWAIT";
  await holder.query("BEGIN");
  await holder.query(lock, [keys[1]]);
  const withdrawn = waiter.query(
    "UPDATE paws360.enrollments SET enrollment_status = 'withdrawn' WHERE student_id = $1",
    [student],
  );
  await expect.poll(() => waiting(campus)).toBe(1);
  // It waits for the lower key and has not taken the higher one.
  await holder.query(lock, [keys[0]]);
  await holder.query("COMMIT");
  expect((await withdrawn).rowCount).toBe(2);
});

test("a plain UPDATE of a waiting row beside a promotion may be ended as a deadlock: nothing is half done", async () => {
  const { section, seated, queue } = await full(1, 3);
  const [dropping, leaving] = [await campus.db.connect(), await campus.db.connect()];
  await dropping.query("BEGIN");
  await dropping.query("SELECT paws360.lock_sections(ARRAY[$1::uuid])", [section]);
  const left = leaving.query(drop, [queue[1], section]);
  await expect.poll(() => waiting(campus)).toBe(1);
  const dropped = dropping.query(drop, [seated[0], section]).finally(() => dropping.query("COMMIT"));
  const results = await Promise.allSettled([dropped, left]);
  const refused = results.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
  expect(refused).toMatchObject([{ code: "40P01" }]);
  const enrolled = await campus.inState(section, "enrolled");
  const waitlisted = await campus.inState(section, "waitlisted");
  if (results[0]?.status === "fulfilled") {
    expect([enrolled, waitlisted]).toEqual([[queue[0]], [queue[1], queue[2]]]);
  } else {
    expect([enrolled, waitlisted]).toEqual([[seated[0]], [queue[0], queue[2]]]);
  }
  expect(await campus.positions(section)).toEqual([1, 2]);
});
