import { describe, expect, test } from "vitest";
import { accepted, refused } from "../../support/read_script.ts";

describe("a verification only reads", () => {
  test.each([
    ["INSERT INTO a VALUES (1)", 13],
    ["UPDATE a SET b = 1", 8],
    ["DELETE FROM a", 13],
    ["MERGE INTO a USING b ON true WHEN MATCHED THEN DELETE", 12],
    ["WITH c AS (DELETE FROM a RETURNING 1) SELECT 1", 24],
    ["EXPLAIN ANALYZE DELETE FROM a", 29],
    ["SELECT 1 INTO a", 15],
    ["CREATE TEMP TABLE a ()", 1],
    ["DROP TABLE a", 1],
    ["LOCK a IN ACCESS SHARE MODE", 1],
    ["REFRESH MATERIALIZED VIEW a", 1],
    ["VACUUM", 1],
    ["ANALYZE", 1],
    ["SELECT nextval('a')", 8],
    ["SELECT 1 FROM (SELECT pg_catalog.setval('a', 1)) b", 23],
    ["SELECT 1 FROM a FOR UPDATE", 1],
    ["SELECT 1 FROM a FOR KEY SHARE", 1],
    ["COPY a FROM '/tmp/a'", 1],
    ["COPY a TO '/tmp/a'", 1],
    ["SET TRANSACTION READ WRITE", 17],
    ["RESET transaction_read_only", 1],
    ["SET LOCAL transaction_read_only = off", 1],
    ["SELECT set_config('transaction_read_only', NULL, true)", 8],
  ])("%s", (sql, column) => {
    expect(refused(sql, "verify")).toEqual([`1:${column} verification-writes`]);
  });

  test.each([
    "SELECT currval('a')",
    "SET TRANSACTION READ ONLY",
    "DO $$ $$",
    "SAVEPOINT a; ROLLBACK TO a",
    "SHOW a.b",
  ])("%s is fine", (sql) => {
    expect(refused(sql, "verify")).toEqual([]);
  });

  test("session-level advisory locks are refused here too", () => {
    expect(refused("SELECT pg_try_advisory_lock(1)", "verify")).toEqual(["1:8 advisory-lock"]);
  });
});

describe("a verification does not reach out of the database, whatever bundle.json allows", () => {
  test.each([
    ["SELECT dblink_exec('', 'DROP TABLE a')", 8],
    ["SELECT * FROM ext.dblink('', '') AS t (a int)", 15],
    ["SELECT aws_lambda.invoke('f', '{}'::json)", 8],
    ["SELECT * FROM aws_lambda.invoke('f', '{}'::json)", 15],
    ['SELECT "aws_lambda"."invoke"(a, b)', 8],
    ["SELECT AWS_S3.Query_Export_To_S3('SELECT 1', b)", 8],
    ["SELECT aws_commons.create_s3_uri('b', 'k', 'r')", 8],
    ["SELECT invoke('f', '{}'::json)", 8],
    ["SELECT query_export_to_s3('SELECT 1', b)", 8],
    ["SELECT table_import_from_s3('t', '', '(format csv)', b)", 8],
    ["WITH a AS (SELECT 1 WHERE EXISTS (SELECT aws_lambda.invoke(b) FROM c)) SELECT true AS status", 42],
    ["SELECT (SELECT max(x) FROM (SELECT invoke(b) AS x FROM c) d) = 1 AS status", 36],
    ["SELECT a FROM b ORDER BY aws_s3.query_export_to_s3(a, b)", 26],
    ["SELECT lower(coalesce(a, aws_s3.query_export_to_s3(a, b))) FROM c", 26],
    ["PREPARE p AS SELECT aws_lambda.invoke(a)", 21],
    ["CALL aws_lambda.invoke(a)", 6],
  ])("%s", (sql, column) => {
    const fault = `1:${column} verification-reaches-out`;
    expect(refused(sql, "verify")).toEqual([fault]);
    expect(refused(sql, "verify", { allow: ["dblink", "copy-program"] })).toEqual([fault]);
  });

  test("behind a search_path that leads there", () => {
    const sql = "SET search_path = aws_lambda, public; SELECT invoke('f', '{}'::json)";
    expect(refused(sql, "verify")).toEqual(["1:46 verification-reaches-out"]);
  });

  test.each([
    "SELECT app.invoke('f') AS status",
    "SELECT invoked('f') AS status",
    "SELECT count(*) > 0 AS status FROM aws_lambda.log",
    "SELECT 'aws_lambda.invoke(1)' AS status -- aws_lambda.invoke(1)",
  ])("%s is fine", (sql) => {
    expect(refused(sql, "verify")).toEqual([]);
  });

  test("a migration may", () => {
    expect(refused("SELECT aws_lambda.invoke('f', '{}'::json)", "up")).toEqual([]);
  });
});

describe("whether a verification can fail", () => {
  const can_fail = (sql: string) => accepted(sql, "verify").can_fail;

  test.each([
    "SELECT 'PASS' AS status",
    "SELECT 'PASS' AS \"Status\"",
    "SELECT s.status FROM pg_class s",
    "SELECT (a).status FROM pg_class a",
    "SELECT * FROM pg_class",
    "SELECT c.* FROM pg_class c",
    "SELECT 'PASS' AS status UNION ALL SELECT 'FAIL'",
    "SELECT 1/count(*) FROM pg_class",
    "SELECT 'app.users'::regclass",
    "SELECT id FROM app.users WHERE false",
    "SELECT has_table_privilege('a', 'b', 'select')",
    "SELECT my_check()",
    "DO $$ BEGIN RAISE EXCEPTION 'a'; END $$",
    "CALL a()",
    "SELECT 1; SELECT 'PASS' AS status",
  ])("%s can", (sql) => {
    expect(can_fail(sql)).toBe(true);
  });

  test.each([
    "SELECT column_name FROM information_schema.columns WHERE table_name = 'a'",
    "SELECT count(*) FROM pg_class",
    "SELECT 1 AS a UNION SELECT 2 AS status",
    "VALUES (1)",
    "SET LOCAL a.b = 1",
    "SHOW server_version",
    "-- nothing",
  ])("%s cannot", (sql) => {
    expect(can_fail(sql)).toBe(false);
  });
});
