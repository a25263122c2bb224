import { describe, expect, test } from "vitest";
import { accepted, read, refused } from "../../support/read_script.ts";

const NO = "-- migrate: no-transaction\n";
const units = (text: string) => accepted(NO + text).units;
/** `kind` of each unit, with the texts of its statements. */
const shapes = (text: string) =>
  units(text).map(({ kind, statements }) => [
    kind,
    ...statements.map(({ start, end }) => (NO + text).slice(start, end)),
  ]);
const hashes = (text: string) => units(text).flatMap((unit) => ("hash" in unit ? [unit.hash] : []));

describe("a script outside of a transaction", () => {
  test("is divided into groups, single statements, looked ones, blind ones and settings", () => {
    const text = `SET maintenance_work_mem = '64MB';
      BEGIN; INSERT INTO t VALUES (1); SAVEPOINT s; RELEASE s; COMMIT;
      CREATE INDEX CONCURRENTLY i ON t (a);
      UPDATE t SET a = 1;
      VACUUM t;
      SELECT set_config('work_mem', '8MB', false);
      ALTER TYPE e ADD VALUE 'x';
      DO $$ BEGIN COMMIT; END $$;`;
    expect(shapes(text)).toEqual([
      ["setting", "SET maintenance_work_mem = '64MB'"],
      ["transactional", "INSERT INTO t VALUES (1)", "SAVEPOINT s", "RELEASE s"],
      ["looked", "CREATE INDEX CONCURRENTLY i ON t (a)"],
      ["transactional", "UPDATE t SET a = 1"],
      ["blind", "VACUUM t"],
      ["setting", "SELECT set_config('work_mem', '8MB', false)"],
      ["looked", "ALTER TYPE e ADD VALUE 'x'"],
      ["blind", "DO $$ BEGIN COMMIT; END $$"],
    ]);
    expect(units(text).flatMap((unit) => ("position" in unit ? [unit.position] : []))).toEqual([
      1, 2, 3, 4, 5, 6,
    ]);
  });

  test("without the directive there are no units", () => {
    expect(accepted("SELECT 1").units).toEqual([]);
  });

  test.each([
    ["DROP INDEX CONCURRENTLY i", "looked"],
    ["REINDEX INDEX CONCURRENTLY i", "looked"],
    ["REINDEX (CONCURRENTLY) TABLE t", "looked"],
    ["ALTER TABLE p DETACH PARTITION c CONCURRENTLY", "looked"],
    ["CREATE DATABASE d", "looked"],
    ["DROP DATABASE d", "looked"],
    ["CREATE TABLESPACE s LOCATION '/s'", "looked"],
    ["DROP TABLESPACE s", "looked"],
    ["CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p", "looked"],
    ["DROP SUBSCRIPTION s", "looked"],
    ["ALTER SUBSCRIPTION s REFRESH PUBLICATION", "blind"],
    ["REINDEX SCHEMA s", "blind"],
    ["REINDEX TABLE partitioned", "blind"],
    ["CLUSTER", "blind"],
    ["CALL p()", "blind"],
    ["SELECT set_config('work_mem', '8MB', false)", "setting"],
    ["SELECT set_config('work_mem', '8MB', false), f()", "transactional"],
    ["SELECT set_config('work_mem', f(), false)", "transactional"],
    ["SELECT set_config('work_mem', '8MB', false) FROM t", "transactional"],
    ["ALTER TYPE e RENAME VALUE 'a' TO 'b'", "transactional"],
    ["CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p WITH (connect = false)", "transactional"],
    ["ALTER TABLE p DETACH PARTITION c FINALIZE", "transactional"],
    ["CREATE INDEX ON t (a)", "transactional"],
  ])("%s is %s", (sql, kind) => {
    expect(shapes(sql)).toEqual([[kind, sql]]);
  });

  test("the hash counts neither comments nor blanks around statements, nor line ends", () => {
    const plain = hashes("BEGIN;\nINSERT INTO t\nVALUES (1);\nCOMMIT;\nVACUUM t;");
    expect(hashes("/* a */ BEGIN; -- b\r\n\r\nINSERT INTO t\r\nVALUES (1) ;\r\nEND; -- c\nVACUUM t")).toEqual(
      plain,
    );
    expect(hashes("BEGIN;\nINSERT INTO t\nVALUES (2);\nCOMMIT;\nVACUUM t;")[0]).not.toBe(plain[0]);
    expect(hashes("SET work_mem = '1MB'; INSERT INTO t\nVALUES (1);\nVACUUM t;")).toEqual(plain);
  });

  test.each([
    "SET search_path = a",
    "SET SCHEMA 'a'",
    "SELECT set_config('search_path', 'a', false)",
    "RESET search_path",
    "RESET ALL",
  ])("the hash counts what names mean: %s", (path) => {
    const [before, behind] = hashes("VACUUM t; VACUUM u;");
    const [same, other] = hashes(`VACUUM t; ${path}; VACUUM u;`);
    expect(same).toBe(before);
    expect(other).not.toBe(behind);
  });

  test.each([
    ["CREATE INDEX CONCURRENTLY ON t (a)", "2:1 unnamed-index"],
    ["REINDEX SCHEMA CONCURRENTLY s", "2:1 forbidden-statement"],
    ["REINDEX (CONCURRENTLY) DATABASE d", "2:1 forbidden-statement"],
    ["BEGIN; VACUUM t; COMMIT", "2:8 needs-no-transaction"],
    ["BEGIN; SELECT 1; CREATE INDEX CONCURRENTLY i ON t (a); COMMIT", "2:18 needs-no-transaction"],
    ["BEGIN; SELECT 1", "2:1 transaction-control"],
    ["COMMIT", "2:1 transaction-control"],
    ["BEGIN; SELECT 1; ROLLBACK", "2:18 transaction-control"],
    ["SAVEPOINT s", "2:1 transaction-control"],
    ["BEGIN; ROLLBACK TO s; COMMIT", "2:8 transaction-control"],
    ["BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT 1; COMMIT", "2:7 isolation-level"],
    ["BEGIN; SELECT 1; COMMIT AND CHAIN", "2:1 transaction-control"],
    ["SET ROLE a", "2:1 session-authorization"],
    ["RESET ROLE", "2:1 session-authorization"],
    ["SET LOCAL work_mem = '1MB'", "2:1 forbidden-statement"],
    ["VACUUM FULL", "2:1 own-tables"],
    ["VACUUM (FULL, ANALYZE)", "2:1 own-tables"],
    ["VACUUM schema_migrations", "2:8 own-tables"],
    ["ALTER SYSTEM SET work_mem = '1MB'", "2:1 forbidden-statement"],
    ["SELECT pg_advisory_lock(1)", "2:8 advisory-lock"],
    ["DELETE FROM schema_migrations", "2:13 own-tables"],
  ])("%s is refused", (sql, code) => {
    expect(refused(NO + sql)[0]).toBe(code);
    expect(refused(NO + sql, "rollback")[0]).toBe(code);
  });

  test("what controls a transaction is to stand around a group", () => {
    for (const text of ["BEGIN; SELECT 1", "BEGIN; SELECT 1; ROLLBACK", "COMMIT"]) {
      const [found] = read(NO + text).faults;
      expect(found?.remedy).toContain("between BEGIN and COMMIT");
      expect(found?.message).not.toContain("job");
    }
  });

  test("nested transactions are refused", () => {
    const found = refused(`${NO}BEGIN; BEGIN; COMMIT; COMMIT`);
    expect(new Set(found.map((line) => line.split(" ")[1]))).toEqual(new Set(["transaction-control"]));
  });

  test.each(["VACUUM (FULL false)", "VACUUM (FULL) t", "VACUUM", "BEGIN; SET ROLE a; RESET ROLE; COMMIT"])(
    "%s is fine",
    (sql) => {
      expect(refused(NO + sql)).toEqual([]);
    },
  );

  test("settings are no warning: they are there for what follows", () => {
    const { script } = read(`${NO}SET work_mem = '1MB'; VACUUM t`);
    expect([script?.settings_left, script?.warnings]).toEqual([[], []]);
  });
});
