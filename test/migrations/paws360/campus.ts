import type pg from "pg";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { applyUp, latest } from "./apply.ts";

/** A PAWS360 database at a version, and makers of the rows a test needs. */
export interface Campus {
  readonly db: TestDatabase;
  readonly client: pg.Client;
  student(): Promise<string>;
  students(count: number): Promise<string[]>;
  course(options?: { credits?: number; seats?: number }): Promise<string>;
  section(course: string, seats?: number | null): Promise<string>;
  /** A section of a course of its own. */
  sectionOf(seats: number): Promise<string>;
  enrollment(student: string, section: string, status?: string, grade?: string | null): Promise<string>;
  /** A completed attempt in a new section of the course. */
  attempt(student: string, course: string, grade: string | null): Promise<string>;
  requires(course: string, needed: string, minimum?: string | null, type?: string): Promise<void>;
  gpa(student: string): Promise<string | null>;
  /** Students of a section in that state, by position and then by time. */
  inState(section: string, status: string): Promise<string[]>;
  positions(section: string): Promise<number[]>;
  /** The first column of the only row. */
  one<T>(sql: string, values?: readonly unknown[]): Promise<T>;
}

export async function openCampus(label: string, version: number = latest): Promise<Campus> {
  const db = await createDatabase(`paws360 ${label}`);
  const client = await db.connect();
  await applyUp(client, version);
  let serial = 0;

  async function one<T>(sql: string, values: readonly unknown[] = []): Promise<T> {
    const { rows } = await client.query({ text: sql, values: [...values], rowMode: "array" });
    const row: unknown[] | undefined = rows[0];
    if (row === undefined || rows.length !== 1) throw new Error(`${rows.length} rows from: ${sql}`);
    return row[0] as T;
  }

  const campus: Campus = {
    db,
    client,
    one,
    student: async () => {
      const user = await one<string>(
        `INSERT INTO paws360.users (username, email, first_name, last_name)
         VALUES ($1, $2, 'Test', 'Student') RETURNING user_id`,
        [`user${++serial}`, `user${serial}@example.edu`],
      );
      return one(
        "INSERT INTO paws360.students (user_id, student_number) VALUES ($1, $2) RETURNING student_id",
        [user, `T${serial}`],
      );
    },
    students: async (count) => {
      const ids: string[] = [];
      for (let made = 0; made < count; made++) ids.push(await campus.student());
      return ids;
    },
    course: ({ credits = 3, seats = 30 } = {}) =>
      one(
        `INSERT INTO paws360.courses (department_id, course_number, title, credit_hours, max_enrollment)
         SELECT department_id, $1, 'Test', $2, $3 FROM paws360.departments WHERE department_code = 'MATH'
         RETURNING course_id`,
        [`T${++serial}`, credits, seats],
      ),
    section: (course, seats = null) =>
      one(
        `INSERT INTO paws360.course_sections (course_id, term_id, section_number, max_enrollment)
         SELECT $1, term_id, $2, $3 FROM paws360.terms WHERE term_code = '2025FA' RETURNING section_id`,
        [course, `${++serial}`, seats],
      ),
    sectionOf: async (seats) => campus.section(await campus.course({ seats })),
    enrollment: (student, section, status = "enrolled", grade = null) =>
      one(
        `INSERT INTO paws360.enrollments (student_id, section_id, enrollment_status, grade)
         VALUES ($1, $2, $3, $4) RETURNING enrollment_id`,
        [student, section, status, grade],
      ),
    attempt: async (student, course, grade) =>
      campus.enrollment(student, await campus.section(course), "completed", grade),
    requires: async (course, needed, minimum = null, type = "required") => {
      await client.query(
        `INSERT INTO paws360.course_prerequisites
           (course_id, prerequisite_course_id, minimum_grade, prerequisite_type) VALUES ($1, $2, $3, $4)`,
        [course, needed, minimum, type],
      );
    },
    gpa: (student) => one("SELECT gpa FROM paws360.students WHERE student_id = $1", [student]),
    inState: async (section, status) => {
      const { rows } = await client.query<{ student_id: string }>(
        `SELECT student_id FROM paws360.enrollments WHERE section_id = $1 AND enrollment_status = $2
         ORDER BY (to_jsonb(enrollments) ->> 'waitlist_position')::int, enrollment_date, student_id`,
        [section, status],
      );
      return rows.map((row) => row.student_id);
    },
    positions: async (section) => {
      const { rows } = await client.query<{ waitlist_position: number }>(
        `SELECT waitlist_position FROM paws360.enrollments
         WHERE section_id = $1 AND enrollment_status = 'waitlisted' ORDER BY waitlist_position`,
        [section],
      );
      return rows.map((row) => row.waitlist_position);
    },
  };
  return campus;
}

/** 1, 2, ... n */
export function upTo(n: number): number[] {
  return Array.from({ length: n }, (_, index) => index + 1);
}

/** That many further connections, each handed to `use` with its index, all at once. */
export async function atOnce<T>(
  campus: Campus,
  count: number,
  use: (client: pg.Client, index: number) => Promise<T>,
): Promise<PromiseSettledResult<T>[]> {
  const clients = await Promise.all(upTo(count).map(() => campus.db.connect()));
  try {
    return await Promise.allSettled(clients.map(use));
  } finally {
    await Promise.all(clients.map((client) => client.end()));
  }
}

/** How many sessions of the database wait for a lock. */
export function waiting(campus: Campus): Promise<number> {
  return campus.one(
    `SELECT count(*)::int FROM pg_stat_activity
     WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  );
}
