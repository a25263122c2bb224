import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { onServer } from "../../support/database.ts";
import { type Campus, openCampus } from "./campus.ts";

let campus: Campus;
beforeAll(async () => {
  campus = await openCampus("audit");
});
afterAll(() => campus.db.drop());

interface Entry {
  readonly operation: string;
  readonly old_row: Record<string, unknown> | null;
  readonly new_row: Record<string, unknown> | null;
  readonly changed_by: string;
  readonly app_user: string | null;
  readonly changed_at: Date;
  readonly transaction_id: string;
}

async function entries(table: string, after: string): Promise<Entry[]> {
  const { rows } = await campus.client.query<Entry>(
    "SELECT * FROM paws360.audit_log WHERE table_name = $1 AND audit_id > $2 ORDER BY audit_id",
    [table, after],
  );
  return rows;
}

function mark(): Promise<string> {
  return campus.one("SELECT COALESCE(max(audit_id), 0) FROM paws360.audit_log");
}

describe("what is written", () => {
  test("INSERT, UPDATE and DELETE with the rows before and after, who and when", async () => {
    const start = await mark();
    const course = await campus.course({ seats: 5 });
    await campus.client.query("UPDATE paws360.courses SET title = 'Changed' WHERE course_id = $1", [course]);
    await campus.client.query("DELETE FROM paws360.courses WHERE course_id = $1", [course]);
    const [inserted, updated, deleted] = await entries("courses", start);
    expect(inserted).toMatchObject({
      operation: "INSERT",
      old_row: null,
      new_row: { course_id: course, title: "Test", max_enrollment: 5 },
      changed_by: campus.db.config.user,
      app_user: null,
    });
    expect(updated).toMatchObject({
      operation: "UPDATE",
      old_row: { title: "Test" },
      new_row: { title: "Changed" },
    });
    expect(deleted).toMatchObject({ operation: "DELETE", old_row: { title: "Changed" }, new_row: null });
    expect(Math.abs(Date.now() - Number(inserted?.changed_at))).toBeLessThan(60_000);
  });

  test("an UPDATE that changes nothing is not", async () => {
    const course = await campus.course();
    const start = await mark();
    await campus.client.query("UPDATE paws360.courses SET title = title WHERE course_id = $1", [course]);
    expect(await entries("courses", start)).toEqual([]);
  });

  test("what is rolled back is not; what is done together has one transaction", async () => {
    const start = await mark();
    await campus.client.query("BEGIN");
    await campus.course();
    await campus.client.query("ROLLBACK");
    expect(await entries("courses", start)).toEqual([]);
    await campus.client.query("BEGIN");
    await campus.course();
    await campus.course();
    await campus.client.query("COMMIT");
    const [one, two] = await entries("courses", start);
    expect(one?.transaction_id).toBe(two?.transaction_id);
  });

  test("the application's user", async () => {
    const start = await mark();
    await campus.client.query("BEGIN");
    await campus.client.query("SELECT set_config('paws360.app_user', 'registrar7', true)");
    await campus.course();
    await campus.client.query("COMMIT");
    await campus.course();
    expect((await entries("courses", start)).map((entry) => entry.app_user)).toEqual(["registrar7", null]);
  });

  test("the role that did it, which needs no right on the log", async () => {
    const role = `clerk_${campus.db.name}`;
    await onServer(`CREATE ROLE ${role}`);
    try {
      await campus.client.query(
        `GRANT USAGE ON SCHEMA paws360 TO ${role};
         GRANT INSERT ON paws360.terms TO ${role}`,
      );
      const start = await mark();
      await campus.client.query(`SET ROLE ${role}`);
      await campus.client.query(
        `INSERT INTO paws360.terms (term_code, term_name, start_date, end_date)
         VALUES ('2099FA', 'Far', '2099-09-01', '2099-12-01')`,
      );
      await expect(campus.client.query("SELECT * FROM paws360.audit_log")).rejects.toThrow(/denied/);
      await campus.client.query("RESET ROLE");
      expect(await entries("terms", start)).toMatchObject([{ changed_by: role }]);
    } finally {
      await campus.client.query(`RESET ROLE; DROP OWNED BY ${role}`);
      await onServer(`DROP ROLE ${role}`);
    }
  });

  test("not of a table of somebody's own, by which entries could be made up", async () => {
    const role = "audit_forger";
    await campus.client.query(`CREATE ROLE ${role}; GRANT USAGE ON SCHEMA paws360 TO ${role}`);
    try {
      await campus.client.query(
        `GRANT TEMPORARY ON DATABASE "${campus.db.name}" TO ${role}; SET ROLE ${role}`,
      );
      await campus.client.query("CREATE TEMP TABLE students (made_up text)");
      const hang =
        "CREATE TRIGGER mine AFTER INSERT ON students FOR EACH ROW EXECUTE FUNCTION paws360.record_audit()";
      await expect(campus.client.query(hang)).rejects.toThrow(
        /permission denied for function .*record_audit/,
      );
    } finally {
      await campus.client.query(`RESET ROLE; DROP OWNED BY ${role}`);
      await onServer(`DROP ROLE ${role}`);
    }
  });

  test("TRUNCATE", async () => {
    const start = await mark();
    await campus.client.query("BEGIN; TRUNCATE paws360.user_roles; COMMIT");
    expect(await entries("user_roles", start)).toMatchObject([
      { operation: "TRUNCATE", old_row: null, new_row: null },
    ]);
  });

  test("on every table but the log itself", async () => {
    const { rows } = await campus.client.query(
      `SELECT c.relname FROM pg_class c
       WHERE c.relnamespace = 'paws360'::regnamespace AND c.relkind = 'r' AND c.relname <> 'audit_log'
         AND 2 <> (SELECT count(*) FROM pg_trigger t
                   WHERE t.tgrelid = c.oid AND t.tgfoid = 'paws360.record_audit()'::regprocedure)`,
    );
    expect(rows).toEqual([]);
  });
});

describe("the log is append-only", () => {
  test.each([
    "UPDATE paws360.audit_log SET changed_by = 'nobody'",
    "DELETE FROM paws360.audit_log",
    "DELETE FROM paws360.audit_log WHERE false",
    "TRUNCATE paws360.audit_log",
  ])("%s", async (statement) => {
    const before = await mark();
    expect(before).not.toBe("0");
    await expect(campus.client.query(statement)).rejects.toThrow(/append-only/);
    expect(await mark()).toBe(before);
  });

  test("also for a replication session, which skips ordinary triggers", async () => {
    await campus.client.query("SET session_replication_role = replica");
    await expect(campus.client.query("DELETE FROM paws360.audit_log")).rejects.toThrow(/append-only/);
    await campus.client.query("RESET session_replication_role");
  });
});
