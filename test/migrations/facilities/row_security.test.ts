import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Courthouse, ids, openCourthouse, people, type Who } from "./courthouse.ts";

let house: Courthouse;
beforeAll(async () => {
  house = await openCourthouse("row security");
});
afterAll(() => house.close());

const denied = /permission denied/;
const policy = /violates row-level security policy/;
const { administrator, staff, security, other, technician } = people;

describe("who sees how many rows", () => {
  test.each<
    [table: string, administrator: number, security: number, technician: number, staff: number, other: number]
  >([
    ["profiles", 6, 6, 1, 1, 1],
    ["user_roles", 6, 1, 1, 1, 1],
    ["roles", 4, 4, 4, 4, 4],
    ["building_types", 3, 3, 3, 3, 3],
    ["room_types", 3, 3, 3, 3, 3],
    ["buildings", 1, 1, 1, 1, 1],
    ["floors", 1, 1, 1, 1, 1],
    ["rooms", 3, 3, 3, 3, 3],
    ["capacities", 1, 1, 1, 1, 1],
    ["schedules", 2, 2, 2, 2, 2],
    ["keys", 3, 3, 0, 1, 1],
    ["key_requests", 3, 3, 0, 1, 1],
    ["key_assignments", 3, 3, 0, 2, 1],
    ["key_orders", 1, 1, 0, 0, 0],
    ["overdue_keys", 1, 1, 0, 1, 0],
    ["key_audit_logs", 10, 10, 0, 0, 0],
    ["tickets", 2, 0, 2, 1, 1],
    ["ticket_history", 3, 0, 3, 2, 1],
    ["audit_log", 42, 10, 0, 0, 0],
  ])("%s", async (table, ...expected) => {
    const seen: number[] = [];
    for (const who of ["administrator", "security", "technician", "staff", "other"] as const) {
      seen.push(await count(who, table));
    }
    expect(seen).toEqual(expected);
  });

  test("each relation is among them", async () => {
    const tables = await relations();
    expect(tables).toHaveLength(19);
  });

  test.each<Who>(["nobody", "a stranger", "nonsense", "an empty word", "former"])(
    "%s: none, of anything",
    async (who) => {
      for (const table of await relations()) expect([table, await count(who, table)]).toEqual([table, 0]);
    },
  );

  test("the owner without a setting: nothing of what people do", async () => {
    await house.client.query(`SET ROLE ${house.owner?.name}`);
    try {
      const seen: string[] = [];
      for (const table of await relations()) {
        if ((await house.one<number>(`SELECT count(*)::int FROM facilities.${table}`)) > 0) seen.push(table);
      }
      expect(seen.sort()).toEqual(
        "building_types buildings capacities floors keys profiles roles room_types rooms schedules user_roles".split(
          " ",
        ),
      );
    } finally {
      await house.client.query("RESET ROLE");
    }
  });
});

describe("who may do what", () => {
  const inRoom = "(SELECT id FROM facilities.rooms WHERE room_number = '103')";
  const book = (who: string, more = "") =>
    `INSERT INTO facilities.schedules (room_id, booked_by, title, starts_at, ends_at ${more && ", id"})
     VALUES (${inRoom}, '${who}', 'New', '2091-01-01', '2091-01-02' ${more})`;
  const ask = (who: string, status = "requested", by = "NULL") =>
    `INSERT INTO facilities.key_requests (requester_id, room_id, reason, status, decided_by, decided_at)
     VALUES ('${who}', ${inRoom}, 'x', '${status}', ${by}, ${by === "NULL" ? "NULL" : "now()"})`;
  const decide = (request: string, by: string, more = "") =>
    `UPDATE facilities.key_requests SET status = 'approved', decided_by = '${by}', decided_at = now() ${more}
     WHERE id = '${request}'`;
  const issue = (holder: string, by: string) =>
    `INSERT INTO facilities.key_assignments (key_id, holder_id, issued_by) VALUES ('${ids.keys.free}', '${holder}', '${by}')`;
  const report = (who: string, assignee = "NULL") =>
    `INSERT INTO facilities.tickets (room_id, reporter_id, title, assignee_id) VALUES (${inRoom}, '${who}', 'x', ${assignee})`;
  const work = (set: string, ticket: string = ids.tickets.staff) =>
    `UPDATE facilities.tickets SET ${set} WHERE id = '${ticket}'`;
  const grant = (who: string, role = "administrator") =>
    `INSERT INTO facilities.user_roles VALUES ('${who}', '${role}')`;

  test.each<[who: Who, what: string, sql: string, outcome: number | RegExp]>([
    ["staff", "change places", "UPDATE facilities.rooms SET capacity = 1", 0],
    ["staff", "make places", "INSERT INTO facilities.room_types VALUES ('x', 'x', 'x', 1)", policy],
    ["administrator", "change places", "UPDATE facilities.rooms SET status = 'closed'", 3],
    ["nobody", "change places", "UPDATE facilities.rooms SET status = 'closed'", 0],
    ["staff", "book", book(staff), 1],
    ["staff", "book for another", book(other), policy],
    ["nobody", "book for somebody", book(staff), policy],
    ["a stranger", "book for themselves", book("99999999-9999-9999-9999-999999999999"), policy],
    ["former", "book", book(people.former), policy],
    ["administrator", "book for another", book(other), 1],
    ["staff", "move the own booking", "UPDATE facilities.schedules SET title = 'x'", 1],
    ["staff", "hand the own booking over", `UPDATE facilities.schedules SET booked_by = '${other}'`, policy],
    [
      "staff",
      "take another's booking",
      `UPDATE facilities.schedules SET booked_by = '${staff}' WHERE id = '${ids.schedules.other}'`,
      0,
    ],
    [
      "staff",
      "take it by a conflict",
      `${book(staff, `, '${ids.schedules.other}'`)} ON CONFLICT (id) DO UPDATE SET title = 'mine'`,
      policy,
    ],
    ["staff", "see others by RETURNING", "UPDATE facilities.schedules SET title = title RETURNING *", 1],
    ["staff", "delete bookings", "DELETE FROM facilities.schedules", 1],
    ["staff", "give themselves a role", grant(staff), policy],
    ["security", "give themselves a role", grant(security), policy],
    ["staff", "change their role", "UPDATE facilities.user_roles SET role = 'administrator'", 0],
    ["staff", "change their profile", "UPDATE facilities.profiles SET role = 'administrator'", 0],
    ["administrator", "give a role", grant(staff, "security"), 1],
    ["staff", "ask for a key", ask(staff), 1],
    ["staff", "ask for another", ask(other), policy],
    ["staff", "ask with a decision", ask(staff, "approved", `'${administrator}'`), policy],
    ["staff", "cancel the own request", "UPDATE facilities.key_requests SET status = 'cancelled'", 1],
    ["staff", "decide on the own request", decide(ids.requests.staff, administrator), policy],
    ["staff", "decide on another's", decide(ids.requests.other, staff), 0],
    ["security", "decide", decide(ids.requests.staff, security), 1],
    ["security", "decide in another's name", decide(ids.requests.staff, administrator), policy],
    [
      "security",
      "decide on the own request",
      decide(ids.requests.security, security),
      /key_requests_not_own_check/,
    ],
    [
      "security",
      "make the own request another's",
      decide(ids.requests.security, security, `, requester_id = '${other}'`),
      /requester_id does not change/,
    ],
    ["technician", "decide", decide(ids.requests.staff, technician), 0],
    ["staff", "issue a key", issue(staff, security), policy],
    ["security", "issue a key", issue(other, security), 1],
    ["security", "issue in another's name", issue(other, administrator), policy],
    ["security", "issue to themselves", issue(security, security), /key_assignments_not_own_check/],
    ["staff", "return a key", "UPDATE facilities.key_assignments SET returned_at = now()", 0],
    [
      "security",
      "take a key back",
      `UPDATE facilities.key_assignments SET returned_at = now() WHERE id = '${ids.assignments.overdue}'`,
      1,
    ],
    [
      "security",
      "take a returned key back again",
      `UPDATE facilities.key_assignments SET returned_at = NULL WHERE id = '${ids.assignments.returned}'`,
      0,
    ],
    [
      "security",
      "move an assignment",
      `UPDATE facilities.key_assignments SET holder_id = '${staff}' WHERE id = '${ids.assignments.master}'`,
      /holder_id does not change/,
    ],
    ["security", "delete assignments", "DELETE FROM facilities.key_assignments", denied],
    ["staff", "retire a key that they hold", "UPDATE facilities.keys SET status = 'retired'", 0],
    ["security", "retire keys", "UPDATE facilities.keys SET status = 'retired'", 3],
    [
      "security",
      "order keys",
      `INSERT INTO facilities.key_orders (building_id, key_type, quantity, ordered_by) VALUES ('${ids.building}', 'master', 1, '${security}')`,
      1,
    ],
    [
      "staff",
      "order keys",
      `INSERT INTO facilities.key_orders (building_id, key_type, quantity, ordered_by) VALUES ('${ids.building}', 'master', 1, '${staff}')`,
      policy,
    ],
    ["staff", "report", report(staff), 1],
    ["staff", "report in another's name", report(other), policy],
    ["staff", "report and assign", report(staff, `'${technician}'`), policy],
    ["staff", "work on the own ticket", work("status = 'cancelled'"), 0],
    ["technician", "work", work("status = 'in_progress'"), 1],
    ["technician", "change who reported", work(`reporter_id = '${other}'`), /reporter_id does not change/],
    ["security", "work", work("status = 'in_progress'"), 0],
    ["administrator", "delete tickets", "DELETE FROM facilities.tickets", denied],
    [
      "administrator",
      "write history",
      "INSERT INTO facilities.ticket_history (ticket_id, to_status) SELECT id, 'open' FROM facilities.tickets",
      denied,
    ],
    [
      "administrator",
      "write the log",
      "INSERT INTO facilities.audit_log (table_name, operation, changed_by, transaction_id) VALUES ('x', 'TRUNCATE', 'x', 1)",
      denied,
    ],
    ["administrator", "empty a table", "TRUNCATE facilities.schedules", denied],
  ])("%s: %s", async (who, _, sql, outcome) => {
    const done = house.as(who, sql);
    if (typeof outcome === "number") expect((await done).rowCount).toBe(outcome);
    else await expect(done).rejects.toThrow(outcome);
  });
});

async function count(who: Who, table: string): Promise<number> {
  const { rows } = await house.as<{ n: number }>(who, `SELECT count(*)::int AS n FROM facilities.${table}`);
  return rows[0]?.n ?? -1;
}

async function relations(): Promise<readonly string[]> {
  const { rows } = await house.client.query<{ relname: string }>(
    `SELECT relname FROM pg_class WHERE relnamespace = 'facilities'::regnamespace AND relkind IN ('r', 'v') ORDER BY 1`,
  );
  return rows.map(({ relname }) => relname);
}
