import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Courthouse, openCourthouse, people } from "./courthouse.ts";

let house: Courthouse;
beforeAll(async () => {
  house = await openCourthouse("audit");
});
afterAll(() => house.close());

const query = (sql: string) => house.client.query(sql);
const tried = (...statements: readonly string[]) => house.tried(...statements);

describe("the audit log", () => {
  const entries = async (table: string) => {
    const { rows } = await query(
      `SELECT operation, old_row, new_row, user_id, changed_by FROM facilities.audit_log
       WHERE table_name = '${table}' ORDER BY id DESC`,
    );
    return rows;
  };

  test("has each change of a row, before and after, with the person and the role", async () => {
    await query("DELETE FROM facilities.room_types WHERE code = 'vault'");
    await query(`BEGIN; SELECT set_config('app.user_id', '${people.administrator}', true)`);
    await query("INSERT INTO facilities.room_types VALUES ('vault', 'Vault', 'Evidence', 2)");
    await query("COMMIT");
    await query("UPDATE facilities.room_types SET default_capacity = 3 WHERE code = 'vault'");
    await query("UPDATE facilities.room_types SET default_capacity = 3 WHERE code = 'vault'");
    await query("DELETE FROM facilities.room_types WHERE code = 'vault'");
    const [deleted, updated, inserted] = await entries("room_types");
    const row = { code: "vault", name: "Vault", description: "Evidence", default_capacity: 2 };
    const changed_by = house.db.config.user;
    expect(inserted).toEqual({
      operation: "INSERT",
      old_row: null,
      new_row: row,
      user_id: people.administrator,
      changed_by,
    });
    expect(updated).toEqual({
      operation: "UPDATE",
      old_row: row,
      new_row: { ...row, default_capacity: 3 },
      user_id: null,
      changed_by,
    });
    expect(deleted).toMatchObject({ operation: "DELETE", old_row: { default_capacity: 3 }, new_row: null });
  });

  test("has what an application did, under its own role", async () => {
    await house.client.query(`GRANT SELECT ON facilities.audit_log TO ${house.app.name}`);
    const result = await house.as(
      "administrator",
      `UPDATE facilities.rooms SET status = 'closed' WHERE room_number = '101';
       SELECT changed_by, user_id FROM facilities.audit_log ORDER BY id DESC LIMIT 1`,
    );
    expect([result].flat().at(-1)?.rows).toEqual([
      { changed_by: house.app.name, user_id: people.administrator },
    ]);
  });

  test("has TRUNCATE, and is on every table", async () => {
    await query("BEGIN; TRUNCATE facilities.key_orders");
    expect((await entries("key_orders"))[0]).toMatchObject({
      operation: "TRUNCATE",
      old_row: null,
      new_row: null,
    });
    await query("ROLLBACK");
    const { rows } = await query(
      `SELECT relname FROM pg_class c
       WHERE relnamespace = 'facilities'::regnamespace AND relkind = 'r' AND 2 <> (
         SELECT count(*) FROM pg_trigger WHERE tgrelid = c.oid AND tgfoid = 'facilities.record_audit()'::regprocedure)`,
    );
    expect(rows).toEqual([{ relname: "audit_log" }]);
  });

  test.each([
    "UPDATE facilities.audit_log SET user_id = NULL",
    "DELETE FROM facilities.audit_log",
    "TRUNCATE facilities.audit_log",
  ])("is append-only: %s", async (sql) => {
    await expect(tried(sql)).rejects.toThrow(/append-only/);
    await expect(tried("SET LOCAL session_replication_role = replica", sql)).rejects.toThrow(/append-only/);
  });
});
