import { describe, expect, test } from "vitest";
import { read, refused } from "../../support/read_script.ts";

describe("statements that no script may hold, at the place of the offending word", () => {
  test.each([
    ["SET SESSION AUTHORIZATION joe", "1:1 session-authorization"],
    ["RESET SESSION AUTHORIZATION", "1:1 session-authorization"],
    ["SET session_authorization = joe", "1:1 session-authorization"],
    ["SELECT 1, set_config('Session_Authorization', 'joe', false)", "1:11 session-authorization"],
    ["SELECT pg_catalog.set_config('role', 'joe', true)", "1:8 session-authorization"],
    ["SELECT pg_advisory_lock(1)", "1:8 advisory-lock"],
    ["select PG_ADVISORY_UNLOCK_ALL()", "1:8 advisory-lock"],
    ["SELECT 'é😀', pg_catalog.pg_advisory_unlock(1)", "1:14 advisory-lock"],
    ["SELECT 1 WHERE pg_try_advisory_lock_shared(1)", "1:16 advisory-lock"],
    ["UPDATE a SET b = (SELECT pg_try_advisory_lock(1)::int)", "1:26 advisory-lock"],
    ["PREPARE p AS SELECT pg_advisory_unlock_shared(1)", "1:21 advisory-lock"],
    ["DISCARD ALL", "1:1 forbidden-statement"],
    ["ALTER SYSTEM SET work_mem = '1GB'", "1:1 forbidden-statement"],
    ["LOAD 'auto_explain'", "1:1 forbidden-statement"],
    ["SET standard_conforming_strings = off", "1:1 forbidden-statement"],
    ["SELECT pg_terminate_backend(1)", "1:8 forbidden-statement"],
    ["SELECT pg_cancel_backend(1)", "1:8 forbidden-statement"],
    ["UPDATE pg_settings SET setting = 'LATIN1' WHERE name = 'client_encoding'", "1:8 forbidden-statement"],
    ["COPY a TO STDOUT", "1:1 forbidden-statement"],
    ["COPY a FROM stdin", "1:1 copy-from-stdin"],
    ["SET client_encoding = 'LATIN1'", "1:1 client-encoding"],
    ["SET NAMES 'latin1'", "1:1 client-encoding"],
    ["SELECT set_config('client_encoding', 'latin1', true)", "1:8 client-encoding"],
    ["SELECT set_config('client_encoding', a, true) FROM b", "1:8 client-encoding"],
    ["SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", "1:17 isolation-level"],
    ["SET transaction_isolation = 'repeatable read'", "1:1 isolation-level"],
    ["SET TRANSACTION SNAPSHOT '1'", "1:1 isolation-level"],
    ["SET TRANSACTION READ ONLY", "1:17 transaction-control"],
    ["SELECT set_config('transaction_read_only', 'on', true)", "1:8 transaction-control"],
    ["COPY a TO PROGRAM 'gzip'", "1:1 needs-bundle-option"],
    ["SELECT dblink_exec('', 'DROP TABLE a')", "1:8 needs-bundle-option"],
    ["SELECT * FROM ext.dblink('', '') AS t (a int)", "1:15 needs-bundle-option"],
  ])("%s", (sql, fault) => {
    expect(refused(sql)).toEqual([fault]);
    // Behind a comment, in a later line, the place moves with it.
    expect(refused(`-- é\nSELECT 1;\n  ${sql};`)).toEqual([
      fault.replace(/^1:(\d+)/, (_, n) => `3:${Number(n) + 2}`),
    ]);
  });

  test.each([
    "SELECT pg_advisory_xact_lock(1)",
    "SELECT pg_try_advisory_xact_lock_shared(1)",
    "SELECT app.pg_advisory_lock(1)",
    "DISCARD TEMP",
    "SET client_encoding = 'utf-8'",
    "SET NAMES 'UTF8'",
    "RESET client_encoding",
    "SET standard_conforming_strings = on",
    "SET session_replication_role = replica",
    "SET TRANSACTION ISOLATION LEVEL READ COMMITTED",
    "SET LOCAL ROLE joe; RESET ROLE",
    "COPY a FROM '/tmp/a.csv'",
    "LISTEN a; UNLISTEN a",
    "DO $$ BEGIN PERFORM pg_advisory_lock(1); COMMIT; END $$",
    "CREATE FUNCTION f() RETURNS void LANGUAGE sql AS 'SELECT pg_advisory_lock(1)'",
    "CREATE FUNCTION f() RETURNS void LANGUAGE sql BEGIN ATOMIC SELECT pg_advisory_lock(1); END",
    "SELECT 'COMMIT; pg_advisory_unlock_all()' -- COMMIT; pg_advisory_unlock_all()",
  ])("%s is fine", (sql) => {
    expect(refused(sql)).toEqual([]);
  });

  test("what bundle.json allows", () => {
    expect(refused("SELECT dblink_exec('', '')", "up", { allow: ["dblink"] })).toEqual([]);
    expect(refused("COPY a TO PROGRAM 'gzip'", "up", { allow: ["copy-program"] })).toEqual([]);
    expect(refused("COPY a TO PROGRAM 'gzip'", "up", { allow: ["dblink"] })).toHaveLength(1);
  });

  test("SET ROLE under --role", () => {
    const under_role = { under_role: true };
    expect(refused("SET ROLE joe", "up", under_role)).toEqual(["1:1 role-under-role"]);
    expect(refused("SET LOCAL ROLE joe", "up", under_role)).toEqual(["1:1 role-under-role"]);
    expect(refused("RESET ROLE", "up", under_role)).toEqual(["1:1 role-under-role"]);
  });

  test("the excerpt shows the line with a caret", () => {
    const [fault] = read("SELECT 'é😀', pg_advisory_unlock_all();").faults;
    expect(fault?.excerpt).toBe("SELECT 'é😀', pg_advisory_unlock_all();\n             ^");
    expect(fault?.file).toBe("1_a.sql");
  });
});
