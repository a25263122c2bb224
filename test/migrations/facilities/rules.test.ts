import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Courthouse, openCourthouse, people } from "./courthouse.ts";

let house: Courthouse;
beforeAll(async () => {
  house = await openCourthouse("rules");
});
afterAll(() => house.close());

const query = (sql: string) => house.client.query(sql);
const tried = (...statements: readonly string[]) => house.tried(...statements);

describe("rules that every object keeps", () => {
  test.each([
    [
      "a function without the fixed search_path",
      `SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'facilities'::regnamespace
       AND prolang IN (SELECT oid FROM pg_language WHERE lanname IN ('plpgsql', 'sql'))
       AND proconfig IS DISTINCT FROM ARRAY['search_path=facilities, pg_temp']`,
    ],
    [
      "a function, table, view or type without a comment",
      `SELECT oid::regprocedure::text FROM pg_proc
       WHERE pronamespace = 'facilities'::regnamespace AND obj_description(oid, 'pg_proc') IS NULL
       AND prolang IN (SELECT oid FROM pg_language WHERE lanname IN ('plpgsql', 'sql'))
       UNION ALL
       SELECT relname FROM pg_class WHERE relnamespace = 'facilities'::regnamespace AND relkind IN ('r', 'v')
       AND obj_description(oid, 'pg_class') IS NULL
       UNION ALL
       SELECT typname FROM pg_type WHERE typnamespace = 'facilities'::regnamespace AND typtype IN ('e', 'r')
       AND obj_description(oid, 'pg_type') IS NULL`,
    ],
    [
      "a trigger function with its owner's rights that everybody may use",
      `SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'facilities'::regnamespace
       AND prosecdef AND prorettype = 'trigger'::regtype AND has_function_privilege('public', oid, 'EXECUTE')`,
    ],
    [
      "a table without a primary key",
      `SELECT relname FROM pg_class c WHERE relnamespace = 'facilities'::regnamespace AND relkind = 'r'
       AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conrelid = c.oid AND contype = 'p')`,
    ],
    [
      "a foreign key without an index that leads with it",
      `SELECT conname FROM pg_constraint f
       WHERE contype = 'f' AND connamespace = 'facilities'::regnamespace AND NOT EXISTS (
         SELECT 1 FROM pg_index i
         WHERE i.indrelid = f.conrelid AND i.indpred IS NULL AND i.indkey[0] = f.conkey[1])`,
    ],
    [
      "a foreign key that may be null without a meaning",
      `SELECT conname FROM pg_constraint f JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = ANY (f.conkey)
       WHERE contype = 'f' AND connamespace = 'facilities'::regnamespace AND NOT a.attnotnull
       AND COALESCE(col_description(f.conrelid, a.attnum), '') NOT LIKE '%NULL%'`,
    ],
    ["an extension", "SELECT extname FROM pg_extension WHERE extname <> 'plpgsql'"],
  ])("there is not %s", async (_, sql) => {
    expect((await query(sql)).rows).toEqual([]);
  });

  test.each<[what: string, sql: string, reason: RegExp]>([
    [
      "a room on another building's floor",
      "WITH b AS (INSERT INTO facilities.buildings (name, address, building_type) VALUES ('Annex', 'x', 'annex') RETURNING id) UPDATE facilities.rooms SET building_id = b.id FROM b",
      /rooms_floor_id_building_id_fkey/,
    ],
    [
      "an address in other capitals",
      `UPDATE facilities.profiles SET email = 'ADMIN@test.com' WHERE id = '${people.staff}'`,
      /profiles_email_key/,
    ],
    [
      "a shown role that the person has not",
      `UPDATE facilities.profiles SET role = 'administrator' WHERE id = '${people.staff}'; SET CONSTRAINTS ALL IMMEDIATE`,
      /profiles_role_fkey/,
    ],
    [
      "an unknown role",
      `INSERT INTO facilities.user_roles VALUES ('${people.staff}', 'king')`,
      /user_roles_role_fkey/,
    ],
  ])("refused: %s", async (_, sql, reason) => {
    await expect(tried(sql)).rejects.toThrow(reason);
  });

  test("a changed row is stamped, an unchanged one is not", async () => {
    // In microseconds: two changes may fall into one millisecond.
    const stamp = () =>
      house.one<number>(
        "SELECT extract(epoch FROM updated_at)::float8 * 1e6 FROM facilities.rooms WHERE room_number = '101'",
      );
    const made = await stamp();
    await query("UPDATE facilities.rooms SET capacity = capacity");
    expect(await stamp()).toEqual(made);
    await query("UPDATE facilities.rooms SET capacity = capacity + 1");
    expect(await stamp()).toBeGreaterThan(made);
  });
});
