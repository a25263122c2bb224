import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Courthouse, openCourthouse, people, type Who } from "./courthouse.ts";

let house: Courthouse;
beforeAll(async () => {
  house = await openCourthouse("no way round");
});
afterAll(() => house.close());

const denied = /permission denied/;
const { administrator, staff, technician } = people;

describe("there is no way round", () => {
  test("COPY out shows the same rows, COPY in is refused", async () => {
    expect((await house.as("staff", "COPY facilities.tickets TO STDOUT")).rowCount).toBe(1);
    expect((await house.as("nobody", "COPY facilities.tickets TO STDOUT")).rowCount).toBe(0);
    await expect(house.as("staff", "COPY facilities.tickets FROM STDIN")).rejects.toThrow(
      /COPY FROM not supported with row-level security/,
    );
  });

  test("switching it off, or becoming another role", async () => {
    await expect(house.as("staff", "SET LOCAL row_security = off; TABLE facilities.tickets")).rejects.toThrow(
      /would be affected by row-level security/,
    );
    await expect(house.as("staff", `SET LOCAL ROLE ${house.owner?.name}`)).rejects.toThrow(denied);
    await expect(
      house.as("staff", "ALTER TABLE facilities.tickets DISABLE ROW LEVEL SECURITY"),
    ).rejects.toThrow(/must be owner/);
  });

  test.each([
    ["tickets", "title"],
    ["overdue_keys", "key_code"],
    ["overdue_keys", "email"],
    ["key_audit_logs", "table_name"],
    ["profiles", "email"],
  ])("a cheap function does not see hidden rows of %s, by %s", async (table, column) => {
    const result = await house.as<{ seen: number }>(
      "staff",
      `SET LOCAL enable_nestloop = off;
         SET LOCAL enable_mergejoin = off;
         CREATE TEMP SEQUENCE seen;
         CREATE FUNCTION pg_temp.leak(text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001
         AS $$ BEGIN PERFORM nextval('pg_temp.seen'); RETURN true; END $$;
         SELECT count(*)::int AS visible FROM facilities.${table} t WHERE pg_temp.leak(${column});
         SELECT (CASE WHEN is_called THEN last_value ELSE 0 END)::int AS seen FROM pg_temp.seen`,
    );
    const rows = [result].flat().at(-1)?.rows;
    expect(rows).toEqual([{ seen: await count("staff", table) }]);
  });

  test("tables and operators of the caller's own do not answer for those of the schema", async () => {
    await house.client.query(`
      CREATE SCHEMA trap;
      GRANT USAGE ON SCHEMA trap TO PUBLIC;
      CREATE FUNCTION trap.always(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT true';
      CREATE OPERATOR trap.= (FUNCTION = trap.always, LEFTARG = text, RIGHTARG = text)`);
    const result = await house.as(
      "staff",
      `CREATE TEMP TABLE user_roles AS SELECT '${staff}'::uuid AS user_id, 'administrator'::text AS role;
       CREATE TEMP TABLE profiles AS SELECT '${administrator}'::uuid AS id, true AS is_active;
       SET LOCAL search_path = pg_temp, trap, pg_catalog, facilities;
       SELECT facilities.has_role('administrator') AS administrator, facilities.current_user_id() AS me`,
    );
    expect([result].flat().at(-1)?.rows).toEqual([{ administrator: false, me: staff }]);
  });

  test.each([
    ["record_audit", "keys", "(id int)"],
    ["record_ticket_history", "tickets", "(id uuid, status text, assignee_id uuid)"],
    ["check_key_issue", "key_assignments", "(key_id uuid)"],
    ["check_schedule_capacity", "schedules", "(room_id uuid, layout text, attendees int, status text)"],
  ])("%s is not hung on a table of the caller's own", async (name, table, columns) => {
    await expect(
      house.as(
        "staff",
        `CREATE TEMP TABLE ${table} ${columns};
         CREATE TRIGGER mine AFTER INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION facilities.${name}()`,
      ),
    ).rejects.toThrow(/permission denied for function/);
  });

  test("a role that is granted nothing", async () => {
    await house.client.query(`REVOKE USAGE ON SCHEMA facilities FROM ${house.app.name}`);
    try {
      await expect(house.as("administrator", "TABLE facilities.rooms")).rejects.toThrow(denied);
    } finally {
      await house.client.query(`GRANT USAGE ON SCHEMA facilities TO ${house.app.name}`);
    }
  });

  test("who is made inactive sees nothing from then on", async () => {
    const setActive = (active: boolean) =>
      house.client.query("UPDATE facilities.profiles SET is_active = $1 WHERE id = $2", [active, technician]);
    await setActive(false);
    try {
      expect(await count("technician", "rooms")).toBe(0);
    } finally {
      await setActive(true);
    }
  });
});

test("views of a superuser show no more than those of another owner", async () => {
  const owned = await openCourthouse("superuser's views", { ownedBy: "the superuser" });
  try {
    for (const view of ["overdue_keys", "key_audit_logs"]) {
      for (const [who, expected] of [
        ["nobody", 0],
        ["former", 0],
        ["other", 0],
        ["technician", 0],
      ] as const) {
        expect((await owned.as(who, `TABLE facilities.${view}`)).rowCount, `${who}: ${view}`).toBe(expected);
      }
    }
    expect((await owned.as("staff", "TABLE facilities.overdue_keys")).rows).toMatchObject([
      {
        key_code: "K-101",
        holder: "Regular User",
        email: "user@test.com",
        building: "Main Courthouse",
        room_number: "101",
      },
    ]);
    expect((await owned.as("security", "TABLE facilities.key_audit_logs")).rowCount).toBe(10);
  } finally {
    await owned.close();
  }
});

async function count(who: Who, table: string): Promise<number> {
  const { rows } = await house.as<{ n: number }>(who, `SELECT count(*)::int AS n FROM facilities.${table}`);
  return rows[0]?.n ?? -1;
}
