import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Courthouse, ids, openCourthouse, people } from "./courthouse.ts";

let house: Courthouse;
beforeAll(async () => {
  house = await openCourthouse("keys and tickets");
});
afterAll(() => house.close());

const query = (sql: string) => house.client.query(sql);
const tried = (...statements: readonly string[]) => house.tried(...statements);

describe("keys", () => {
  const issue = (key: string, more = "") =>
    `INSERT INTO facilities.key_assignments (key_id, holder_id, issued_by ${more && ", due_at"})
     VALUES ('${key}', '${people.staff}', '${people.security}' ${more})`;

  test.each<[what: string, sql: string, reason: RegExp]>([
    ["a key that is out", issue(ids.keys.held), /key_assignments_open_key/],
    [
      "a lost key",
      `UPDATE facilities.keys SET status = 'lost' WHERE id = '${ids.keys.free}'; ${issue(ids.keys.free)}`,
      /lost cannot be issued/,
    ],
    ["due before it is issued", issue(ids.keys.free, ", '2001-01-01'"), /key_assignments_due_check/],
    [
      "returned before it was issued",
      "UPDATE facilities.key_assignments SET returned_at = '2001-01-01'",
      /key_assignments_returned_check/,
    ],
    ["a room's key without a room", "UPDATE facilities.keys SET room_id = NULL", /keys_room_check/],
    [
      "approved by nobody",
      "UPDATE facilities.key_requests SET status = 'approved'",
      /key_requests_decided_check/,
    ],
    [
      "received at no time",
      "UPDATE facilities.key_orders SET status = 'received'",
      /key_orders_received_check/,
    ],
    [
      "another key for an assignment",
      `UPDATE facilities.key_assignments SET key_id = '${ids.keys.free}'`,
      /key_id does not change/,
    ],
    [
      "another reason than the one that was given, by whoever decides",
      "UPDATE facilities.key_requests SET reason = 'other'",
      /reason does not change/,
    ],
  ])("refused: %s", async (_, sql, reason) => {
    await expect(tried(sql)).rejects.toThrow(reason);
  });

  test("one that came back goes out again", () => tried(issue(ids.keys.free)));
});

describe("tickets", () => {
  const states = ["open", "assigned", "in_progress", "on_hold", "resolved", "closed", "cancelled"] as const;
  type State = (typeof states)[number];
  const follows: Readonly<Record<State, readonly State[]>> = {
    open: ["assigned", "cancelled"],
    assigned: ["open", "in_progress", "cancelled"],
    in_progress: ["on_hold", "resolved", "cancelled"],
    on_hold: ["in_progress", "cancelled"],
    resolved: ["in_progress", "closed"],
    closed: [],
    cancelled: [],
  };
  const path: Readonly<Record<State, readonly State[]>> = {
    open: [],
    assigned: ["assigned"],
    in_progress: ["assigned", "in_progress"],
    on_hold: ["assigned", "in_progress", "on_hold"],
    resolved: ["assigned", "in_progress", "resolved"],
    closed: ["assigned", "in_progress", "resolved", "closed"],
    cancelled: ["cancelled"],
  };
  const become = (state: State) =>
    `UPDATE facilities.tickets SET status = '${state}', assignee_id = '${people.technician}' WHERE id = '${ids.tickets.other}'`;

  test.each(states)("what follows %s", async (from) => {
    const possible: State[] = [];
    for (const to of states.filter((state) => state !== from)) {
      const done = await tried(...path[from].map(become), become(to)).then(
        () => true,
        (error: Error) => {
          expect(error.message).toBe(`A ticket that is ${from} cannot become ${to}`);
          return false;
        },
      );
      if (done) possible.push(to);
    }
    expect(possible).toEqual(follows[from]);
  });

  test.each<[what: string, sql: string, reason: RegExp]>([
    [
      "one that begins closed",
      `INSERT INTO facilities.tickets (room_id, reporter_id, title, status) SELECT room_id, reporter_id, 'x', 'closed' FROM facilities.tickets LIMIT 1`,
      /begins open/,
    ],
    [
      "work by nobody",
      `UPDATE facilities.tickets SET assignee_id = NULL WHERE status = 'assigned'`,
      /tickets_assignee_check/,
    ],
    ["an unknown state", "UPDATE facilities.tickets SET status = 'asleep'", /cannot become asleep/],
    [
      "a number of one's own",
      "UPDATE facilities.tickets SET ticket_number = 7",
      /can only be updated to DEFAULT/,
    ],
  ])("refused: %s", async (_, sql, reason) => {
    await expect(tried(sql)).rejects.toThrow(reason);
  });

  test("the history has each state, and who brought it about; nothing else adds to it", async () => {
    await query(`BEGIN; SELECT set_config('app.user_id', '${people.technician}', true)`);
    await query(become("assigned"));
    await query(`UPDATE facilities.tickets SET title = 'Two lamps' WHERE id = '${ids.tickets.other}'`);
    await query(become("in_progress"));
    await query("COMMIT");
    const { rows } = await query(
      `SELECT from_status, to_status, assignee_id, changed_by FROM facilities.ticket_history
       WHERE ticket_id = '${ids.tickets.other}' ORDER BY id`,
    );
    const by = { assignee_id: people.technician, changed_by: people.technician };
    expect(rows).toEqual([
      { from_status: null, to_status: "open", assignee_id: null, changed_by: null },
      { from_status: "open", to_status: "assigned", ...by },
      { from_status: "assigned", to_status: "in_progress", ...by },
    ]);
  });
});

test("overdue keys: those that are out and late, how late, and not those that came back", async () => {
  await query(`BEGIN; SELECT set_config('app.user_id', '${people.security}', true)`);
  const overdue = async () => {
    const { rows } = await query(
      "SELECT key_code, holder_id, room_number, overdue_for > interval '100 days' AS long FROM facilities.overdue_keys ORDER BY 1",
    );
    return rows;
  };
  const first = { key_code: "K-101", holder_id: people.staff, room_number: "101", long: true };
  expect(await overdue()).toEqual([first]);
  await query(
    `UPDATE facilities.key_assignments SET due_at = now() - interval '1 day' WHERE id = '${ids.assignments.master}'`,
  );
  expect(await overdue()).toEqual([
    first,
    { key_code: "M-1", holder_id: people.other, room_number: null, long: false },
  ]);
  await query("UPDATE facilities.key_assignments SET returned_at = now() WHERE returned_at IS NULL");
  expect(await overdue()).toEqual([]);
  await query("ROLLBACK");
});
