import { describe, expect, test } from "vitest";
import { read, refused } from "../../support/read_script.ts";

describe("statements that cannot run in a transaction", () => {
  test.each([
    "CREATE INDEX CONCURRENTLY ON a (b)",
    "DROP INDEX CONCURRENTLY a",
    "REINDEX TABLE CONCURRENTLY a",
    "REINDEX (CONCURRENTLY) INDEX a",
    "REINDEX SCHEMA a",
    "REINDEX DATABASE a",
    "REINDEX SYSTEM a",
    "VACUUM",
    "VACUUM (ANALYZE) a",
    "CLUSTER",
    "CREATE DATABASE a",
    "DROP DATABASE a",
    "ALTER DATABASE a SET TABLESPACE b",
    "CREATE TABLESPACE a LOCATION '/a'",
    "DROP TABLESPACE a",
    "ALTER TABLE a DETACH PARTITION b CONCURRENTLY",
    "CREATE SUBSCRIPTION a CONNECTION '' PUBLICATION b",
    "DROP SUBSCRIPTION a",
    "ALTER SUBSCRIPTION a REFRESH PUBLICATION",
  ])("%s", (sql) => {
    expect(refused(`SELECT 1;\n${sql};`)).toEqual(["2:1 needs-no-transaction"]);
  });

  test.each([
    "REINDEX TABLE a",
    "REINDEX (CONCURRENTLY false) TABLE a",
    "CLUSTER a",
    "ANALYZE",
    "ALTER TYPE a ADD VALUE 'b'",
    "ALTER DATABASE a SET work_mem = '1MB'",
    "ALTER TABLE a DETACH PARTITION b",
    "REFRESH MATERIALIZED VIEW CONCURRENTLY a",
    "CREATE SUBSCRIPTION a CONNECTION '' PUBLICATION b WITH (create_slot = false)",
    "CREATE SUBSCRIPTION a CONNECTION '' PUBLICATION b WITH (connect = off)",
    "CREATE SUBSCRIPTION a CONNECTION '' PUBLICATION b WITH (create_slot = 0)",
    "REINDEX (CONCURRENTLY off) TABLE a",
    "ALTER SUBSCRIPTION a SET (slot_name = NONE); DROP SUBSCRIPTION a",
  ])("%s is fine", (sql) => {
    expect(refused(sql)).toEqual([]);
  });

  test("the place and the remedy name the line and the directive to add", () => {
    const [found] = read("SELECT 1;\nVACUUM").faults;
    expect(found).toMatchObject({ line: 2, column: 1, message: "VACUUM cannot run in a transaction." });
    expect(found?.remedy).toContain("Put `-- migrate: no-transaction` before the first statement");
  });
});
