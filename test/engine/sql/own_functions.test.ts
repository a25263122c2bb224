import { describe, expect, test } from "vitest";
import { refused } from "../../support/read_script.ts";

const own_functions = ["check_migration_status", "verify_schema_integrity"];
const inPublic = (sql: string) => refused(sql, "up", { own_functions });

describe("statements on the functions beside the history's tables", () => {
  test.each([
    "CREATE FUNCTION check_migration_status() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE OR REPLACE FUNCTION public.verify_schema_integrity() RETURNS TABLE (a text) LANGUAGE sql AS 'SELECT 1'",
    "CREATE FUNCTION check_migration_status(a int DEFAULT 1, OUT b int) LANGUAGE sql AS 'SELECT 1'",
    "CREATE PROCEDURE check_migration_status() LANGUAGE sql AS 'SELECT 1'",
    "DROP FUNCTION a(), check_migration_status",
    "DROP FUNCTION IF EXISTS public.check_migration_status()",
    "DROP ROUTINE verify_schema_integrity()",
    "ALTER FUNCTION check_migration_status() SECURITY DEFINER",
    "ALTER FUNCTION check_migration_status() RENAME TO a",
    "ALTER FUNCTION check_migration_status() OWNER TO a",
    "ALTER FUNCTION verify_schema_integrity() SET SCHEMA a",
  ])("%s", (sql) => {
    expect(inPublic(sql)).toEqual(["1:1 own-tables"]);
  });

  test.each([
    "SELECT * FROM check_migration_status()",
    "CREATE FUNCTION app.check_migration_status() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE FUNCTION check_migration_status(a int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "DROP FUNCTION app.check_migration_status()",
    "DROP FUNCTION check_migration_status(int)",
    "ALTER FUNCTION check_migrations() RENAME TO a",
    "GRANT EXECUTE ON FUNCTION check_migration_status() TO a",
    "COMMENT ON FUNCTION app.check_migration_status() IS ''",
  ])("%s is fine", (sql) => {
    expect(inPublic(sql)).toEqual([]);
  });

  test("the history's schema decides, and a name without one goes to public", () => {
    const ops = { own_functions, history_schema: "ops" };
    expect(refused("DROP FUNCTION ops.check_migration_status()", "up", ops)).toEqual(["1:1 own-tables"]);
    expect(refused("DROP FUNCTION check_migration_status()", "up", ops)).toEqual([]);
  });

  test("those that are another's, and those of which nobody knows, are not looked after", () => {
    const sql = "DROP FUNCTION check_migration_status()";
    expect(refused(sql, "up", { own_functions: ["verify_schema_integrity"] })).toEqual([]);
    expect(refused(sql)).toEqual([]);
  });
});
