import { afterAll, beforeAll, expect, it } from "vitest";
import { picture } from "../../support/picture.ts";
import { type Courthouse, openCourthouse, people, setOnDatabase } from "./courthouse.ts";
import { loadSeed, seedFiles } from "./seed_files.ts";

let house: Courthouse;
beforeAll(async () => {
  house = await openCourthouse("seed", { to: 20250102 });
});
afterAll(() => house.close());

it("has the seed's rows with its ids", async () => {
  const { rows } = await house.client.query<{ line: string }>(`
    SELECT concat_ws(' ', code, name, description) AS line FROM facilities.building_types
    UNION ALL SELECT concat_ws(' ', code, name, description, default_capacity) FROM facilities.room_types
    UNION ALL SELECT concat_ws(' ', id, email, first_name, last_name, role) FROM facilities.profiles
    UNION ALL SELECT concat_ws(' ', user_id, role) FROM facilities.user_roles
    UNION ALL SELECT concat_ws(' ', id, name, address, building_type) FROM facilities.buildings
    UNION ALL SELECT concat_ws(' ', id, building_id, floor_number, name) FROM facilities.floors
    UNION ALL SELECT concat_ws(' ', building_id, floor_id, room_number, room_type, capacity) FROM facilities.rooms`);
  const [building, floor] = ["10000000-0000-0000-0000-000000000001", "20000000-0000-0000-0000-000000000001"];
  expect(rows.map(({ line }) => line).sort()).toEqual(
    [
      "courthouse Courthouse Main courthouse building",
      "annex Annex Courthouse annex building",
      "administrative Administrative Administrative offices",
      "courtroom Courtroom Court proceedings room 100",
      "office Office Individual office 4",
      "conference Conference Conference room 20",
      `${people.administrator} admin@test.com Admin User administrator`,
      `${people.staff} user@test.com Regular User staff`,
      `${people.administrator} administrator`,
      `${people.staff} staff`,
      `${building} Main Courthouse 100 Centre St courthouse`,
      `${floor} ${building} 1 First Floor`,
      `${building} ${floor} 101 office 4`,
      `${building} ${floor} 102 office 4`,
      `${building} ${floor} 103 conference 20`,
    ].sort(),
  );
});

it("a second load changes nothing and says so; a row that is missing is brought back, a changed one kept", async () => {
  const before = await picture(house.db);
  expect(await loadSeed(house.client)).toEqual([
    "building_types: 0 new of 3",
    "room_types: 0 new of 3",
    "profiles: 0 new of 2",
    "user_roles: 0 new of 2",
    "buildings: 0 new of 1",
    "floors: 0 new of 1",
    "rooms: 0 new of 3",
  ]);
  expect(await picture(house.db)).toBe(before);
  await house.client.query(`DELETE FROM facilities.rooms WHERE room_number = '102';
    UPDATE facilities.rooms SET capacity = 9 WHERE room_number = '101'`);
  expect((await loadSeed(house.client)).at(-1)).toBe("rooms: 1 new of 3");
  expect(await house.one("SELECT capacity FROM facilities.rooms WHERE room_number = '101'")).toBe(9);
});

it("is refused in production, each file, and nothing is changed", async () => {
  await house.client.query("DELETE FROM facilities.rooms");
  const before = await picture(house.db);
  const refused = async (settings: string) => {
    const client = await house.db.connect();
    await client.query(settings);
    for (const file of seedFiles) {
      await expect(loadSeed(client, [file]), `${file} after ${settings}`).rejects.toThrow(
        /marked as production/,
      );
      await client.query("ROLLBACK");
    }
    await client.end();
  };
  await refused("SET app.environment = 'production'");
  await setOnDatabase(house.db, "SET app.environment = 'Production'");
  await refused("SELECT 1");
  // A session cannot talk itself out of it.
  await refused("SET app.environment = 'development'");
  await setOnDatabase(house.db, "RESET app.environment");
  expect(await picture(house.db)).toBe(before);

  await setOnDatabase(house.db, "SET app.environment = 'staging'");
  expect((await loadSeed(await house.db.connect())).at(-1)).toBe("rooms: 3 new of 3");
});
