import { describe, expect, test } from "vitest";
import { refused } from "../../support/read_script.ts";

describe("statements on the history's tables", () => {
  test.each([
    ["INSERT INTO schema_migrations VALUES (1)", 13],
    ["UPDATE public.schema_migrations SET name = ''", 8],
    ["DELETE FROM schema_migration_runs", 13],
    ["MERGE INTO schema_migrations a USING b ON true WHEN MATCHED THEN DELETE", 12],
    ["WITH a AS (DELETE FROM schema_migration_events RETURNING 1) SELECT 1", 24],
    ["EXPLAIN ANALYZE DELETE FROM schema_migrations", 29],
    ["PREPARE p AS DELETE FROM schema_migrations", 26],
    ["CREATE TABLE schema_migrations (version int)", 14],
    ["CREATE TABLE schema_migration_registry AS SELECT 1", 14],
    ["SELECT 1 INTO schema_migrations", 15],
    ["CREATE VIEW migration_performance AS SELECT 1", 13],
    ["ALTER TABLE schema_migrations ADD a int", 13],
    ["ALTER TABLE schema_migrations RENAME TO a", 13],
    ["ALTER TABLE schema_migrations RENAME COLUMN name TO a", 13],
    ["ALTER TABLE schema_migrations SET SCHEMA a", 13],
    ["ALTER TABLE schema_migrations ENABLE ROW LEVEL SECURITY", 13],
    ["ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES schema_migrations", 46],
    ["CREATE TABLE a (b bigint REFERENCES schema_migrations)", 37],
    ["CREATE TABLE a () INHERITS (schema_migrations)", 29],
    ["DROP TABLE a, schema_migrations", 1],
    ["DROP VIEW public.migration_performance", 1],
    ["DROP TRIGGER a ON schema_migrations", 1],
    ["DROP SCHEMA public CASCADE", 1],
    ["ALTER SCHEMA public RENAME TO a", 1],
    ["COMMENT ON TABLE schema_migrations IS ''", 1],
    ["COMMENT ON COLUMN schema_migrations.version IS ''", 1],
    ["TRUNCATE a, schema_migrations", 13],
    ["CREATE TRIGGER a AFTER INSERT ON schema_migrations EXECUTE FUNCTION b()", 34],
    ["CREATE RULE a AS ON INSERT TO schema_migrations DO INSTEAD NOTHING", 31],
    ["CREATE INDEX ON schema_migrations (name)", 17],
    ["CREATE POLICY a ON schema_migrations", 20],
    ["GRANT INSERT ON schema_migrations TO a", 17],
    ["REVOKE ALL ON public.schema_migrations FROM a", 15],
    ["GRANT SELECT ON ALL TABLES IN SCHEMA public TO a", 1],
    ["LOCK schema_migrations IN ACCESS SHARE MODE", 6],
    ["SELECT 1 FROM schema_migrations FOR UPDATE", 15],
    ["ANALYZE schema_migrations", 9],
    ["COPY schema_migrations FROM '/tmp/a'", 6],
  ])("%s", (sql, column) => {
    expect(refused(sql)).toEqual([`1:${column} own-tables`]);
  });

  test.each([
    "SELECT * FROM schema_migrations JOIN public.schema_migration_runs ON true",
    "INSERT INTO a SELECT version FROM schema_migrations",
    "CREATE TABLE a (LIKE schema_migrations)",
    "COPY schema_migrations TO '/tmp/a'",
    "INSERT INTO app.schema_migrations VALUES (1)",
    "DROP TABLE app.schema_migrations",
    "COMMENT ON TABLE app.schema_migrations IS ''",
    "DROP SCHEMA app",
    "CREATE TABLE schema_migrations_old ()",
    "GRANT USAGE ON SCHEMA public TO a",
    "GRANT SELECT ON ALL TABLES IN SCHEMA app TO a",
    "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO a",
    "CREATE FUNCTION f() RETURNS void LANGUAGE sql BEGIN ATOMIC DELETE FROM schema_migrations; END",
  ])("%s is fine", (sql) => {
    expect(refused(sql)).toEqual([]);
  });

  test("the history's schema decides", () => {
    const options = { history_schema: "ops" };
    expect(refused("DROP TABLE ops.schema_migrations", "up", options)).toEqual(["1:1 own-tables"]);
    expect(refused("DROP TABLE schema_migrations", "up", options)).toEqual(["1:1 own-tables"]);
    expect(refused("DROP TABLE public.schema_migrations", "up", options)).toEqual([]);
    expect(refused("DROP SCHEMA public", "up", options)).toEqual([]);
    expect(refused("DROP SCHEMA a, ops", "up", options)).toEqual(["1:1 own-tables"]);
  });
});
