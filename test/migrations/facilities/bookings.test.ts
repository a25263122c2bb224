import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Courthouse, openCourthouse, people } from "./courthouse.ts";

let house: Courthouse;
let rooms: { readonly office: string; readonly conference: string };
beforeAll(async () => {
  house = await openCourthouse("bookings");
  rooms = { office: await house.room("101"), conference: await house.room("103") };
});
afterAll(() => house.close());

const query = (sql: string) => house.client.query(sql);
const tried = (...statements: readonly string[]) => house.tried(...statements);

const book = (
  room: string,
  from: string,
  to: string,
  more: Readonly<Record<string, string | number>> = {},
) => {
  const columns = ["room_id", "booked_by", "title", "starts_at", "ends_at", ...Object.keys(more)];
  const values = [room, people.staff, "x", from, to, ...Object.values(more)].map((value) => `'${value}'`);
  return `INSERT INTO facilities.schedules (${columns.join(", ")}) VALUES (${values.join(", ")})`;
};

describe("schedules", () => {
  const nine = ["2080-01-01 09:00Z", "2080-01-01 10:00Z"] as const;
  test.each<[what: string, from: string, to: string]>([
    ["the same time", ...nine],
    ["within it", "2080-01-01 09:10Z", "2080-01-01 09:20Z"],
    ["around it", "2080-01-01 08:00Z", "2080-01-01 12:00Z"],
    ["its beginning", "2080-01-01 08:00Z", "2080-01-01 09:01Z"],
    ["its end, in another time zone", "2080-01-01 10:59+01", "2080-01-01 12:00+01"],
  ])("overlap refused: %s", async (_, from, to) => {
    await expect(tried(book(rooms.office, ...nine), book(rooms.office, from, to))).rejects.toThrow(
      /schedules_no_overlap/,
    );
  });

  test("not: another room, one after the other, or in place of a cancelled one", async () => {
    await tried(
      book(rooms.office, ...nine),
      book(rooms.conference, ...nine),
      book(rooms.office, "2080-01-01 10:00Z", "2080-01-01 11:00Z"),
      book(rooms.office, "2080-01-01 08:00Z", "2080-01-01 09:00Z"),
      `UPDATE facilities.schedules SET status = 'cancelled' WHERE starts_at = '${nine[0]}'`,
      book(rooms.office, ...nine),
    );
  });

  test.each([
    [
      "a cancelled one that comes back",
      "UPDATE facilities.schedules SET status = 'booked'",
      /schedules_no_overlap/,
    ],
    [
      "an end before the beginning",
      "UPDATE facilities.schedules SET ends_at = starts_at",
      /schedules_times_check/,
    ],
    ["for ever", "UPDATE facilities.schedules SET ends_at = 'infinity'", /schedules_times_check/],
    ["nobody's", "UPDATE facilities.schedules SET booked_by = gen_random_uuid()", /schedules_booked_by_fkey/],
  ])("refused: %s", async (_, sql, reason) => {
    await expect(
      tried(book(rooms.office, ...nine), book(rooms.office, ...nine, { status: "cancelled" }), sql),
    ).rejects.toThrow(reason);
  });
});

describe("capacities", () => {
  const days = ["2081-01-01", "2081-01-02"] as const;
  const layout = (capacity: number) =>
    `UPDATE facilities.capacities SET capacity = ${capacity} WHERE room_id = '${rooms.conference}'`;
  const room = (capacity: number) =>
    `UPDATE facilities.rooms SET capacity = ${capacity} WHERE id = '${rooms.conference}'`;
  const twelve = () => book(rooms.conference, ...days, { attendees: 12, layout: "boardroom" });

  test.each<[what: string, statements: () => readonly string[]]>([
    ["as many as the room takes", () => [book(rooms.conference, ...days, { attendees: 20 })]],
    ["as many as the layout takes", () => [twelve()]],
    ["more, when cancelled", () => [book(rooms.conference, ...days, { attendees: 99, status: "cancelled" })]],
    [
      "less for the layout than is booked without it",
      () => [book(rooms.conference, ...days, { attendees: 20 }), layout(1)],
    ],
    [
      "less than what was booked once",
      () => [book(rooms.conference, "2001-01-01", "2001-01-02", { attendees: 20 }), room(12)],
    ],
  ])("taken: %s", (_, statements) => tried(...statements()));

  test.each<[what: string, statements: () => readonly string[], reason: RegExp]>([
    [
      "more than the room takes",
      () => [book(rooms.conference, ...days, { attendees: 21 })],
      /21 people, but the room takes 20/,
    ],
    [
      "more than the layout takes",
      () => [book(rooms.conference, ...days, { attendees: 13, layout: "boardroom" })],
      /the room takes 12/,
    ],
    [
      "more by UPDATE",
      () => [twelve(), "UPDATE facilities.schedules SET attendees = 13 WHERE attendees = 12"],
      /the room takes 12/,
    ],
    [
      "a smaller room by UPDATE",
      () => [
        book(rooms.conference, ...days, { attendees: 5 }),
        `UPDATE facilities.schedules SET room_id = '${rooms.office}' WHERE attendees = 5`,
      ],
      /the room takes 4/,
    ],
    [
      "a layout that the room has not",
      () => [book(rooms.conference, ...days, { layout: "theatre" })],
      /schedules_room_id_layout_fkey/,
    ],
    ["a layout for more than the room", () => [layout(21)], /the room takes 20/],
    ["a layout for fewer than are booked", () => [twelve(), layout(11)], /booked for 12/],
    ["a room for fewer than a layout", () => [room(11)], /A layout of the room takes 12/],
    [
      "a room for fewer than are booked",
      () => [book(rooms.conference, ...days, { attendees: 20 }), room(19)],
      /booked for 20/,
    ],
    [
      "fewer in a snapshot that may miss a booking",
      () => ["SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", room(19)],
      /REPEATABLE READ/,
    ],
    [
      "a layout in such a snapshot",
      () => ["SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", layout(11)],
      /REPEATABLE READ/,
    ],
  ])("refused: %s", async (_, statements, reason) => {
    await expect(tried(...statements())).rejects.toThrow(reason);
  });

  test.each<[what: string, change: () => string]>([
    ["room", () => room(19)],
    ["layout", () => layout(11)],
  ])("a booking and a smaller %s at once: the second waits and is refused", async (what, change) => {
    const [first, second] = [await house.db.connect(), await house.db.connect()];
    await first.query("BEGIN");
    await first.query(what === "room" ? book(rooms.conference, ...days, { attendees: 20 }) : twelve());
    const later = second.query(change()).then(
      () => "accepted",
      (error: Error) => error.message,
    );
    await expect
      .poll(() =>
        house.one(
          "SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
        ),
      )
      .toBe(1);
    await first.query("COMMIT");
    expect(await later).toMatch(/booked for/);
    await query("DELETE FROM facilities.schedules WHERE starts_at = '2081-01-01'");
  });
});
