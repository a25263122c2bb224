import { describe, expect, test } from "vitest";
import { accepted } from "../../support/read_script.ts";

const last = (sql: string) => accepted(sql).statements.at(-1);

describe("a strong lock on something that was there before", () => {
  test.each([
    "ALTER TABLE a ADD b int",
    "ALTER TABLE a VALIDATE CONSTRAINT b, ADD c int",
    "ALTER INDEX a RENAME TO b",
    "ALTER TYPE a ADD ATTRIBUTE b int",
    "ALTER SEQUENCE a RESTART",
    "ALTER DOMAIN a SET NOT NULL",
    "ALTER EXTENSION a UPDATE",
    "CREATE INDEX ON a (b)",
    "CREATE TABLE b (c int REFERENCES a)",
    "CREATE TABLE b (c int, FOREIGN KEY (c) REFERENCES a)",
    "CREATE TABLE b PARTITION OF a DEFAULT",
    "CREATE TRIGGER a AFTER INSERT ON b EXECUTE FUNCTION c()",
    "CREATE POLICY a ON b",
    "CREATE RULE a AS ON INSERT TO b DO NOTHING",
    "CREATE OR REPLACE VIEW a AS SELECT 1",
    "DROP TABLE a",
    "DROP INDEX a",
    "DROP TRIGGER a ON b",
    "DROP TYPE a CASCADE",
    "DROP SCHEMA a CASCADE",
    "DROP EXTENSION a",
    "DROP OWNED BY a",
    "TRUNCATE a",
    "LOCK a",
    "LOCK a IN SHARE MODE",
    "REFRESH MATERIALIZED VIEW a",
    "CLUSTER a",
    "REINDEX TABLE a",
  ])("%s", (sql) => {
    expect(last(sql)).toMatchObject({ class: "ddl", strong: true });
  });

  test.each([
    "ALTER TABLE a VALIDATE CONSTRAINT b",
    "ALTER TABLE a ALTER b SET STATISTICS 100",
    "ALTER DOMAIN a ADD CHECK (VALUE > 0) NOT VALID",
    "ALTER TYPE a ADD VALUE 'b'",
    "COMMENT ON TABLE a IS ''",
    "CREATE TABLE b (c int, d int REFERENCES b)",
    "CREATE TABLE IF NOT EXISTS b ()",
    "CREATE TABLE b () INHERITS (a)",
    "CREATE TABLE b AS SELECT * FROM a",
    "CREATE VIEW b AS SELECT * FROM a",
    "CREATE SCHEMA a CREATE TABLE b ()",
    "CREATE FUNCTION f() RETURNS int RETURN 1",
    "CREATE TYPE a AS ENUM ('b')",
    "DROP FUNCTION f",
    "DROP SCHEMA a",
    "GRANT SELECT ON a TO b",
    "LOCK a IN ROW EXCLUSIVE MODE",
    "LOCK a IN SHARE UPDATE EXCLUSIVE MODE",
  ])("not: %s", (sql) => {
    expect(last(sql)).toMatchObject({ class: "ddl", strong: false });
  });

  test.each([
    "SELECT 1",
    "INSERT INTO a VALUES (1)",
    "UPDATE a SET b = 1",
    "DO $$ $$",
    "CALL a()",
    "ANALYZE a",
  ])("rows: %s", (sql) => {
    expect(last(sql)).toMatchObject({ class: "dml", strong: false });
  });

  test.each(["SET a.b = 1", "RESET ALL", "SAVEPOINT a", "NOTIFY a", "DISCARD TEMP"])("session: %s", (sql) => {
    expect(last(sql)).toMatchObject({ class: "session", strong: false });
  });
});

describe("what the script made itself", () => {
  test.each([
    "CREATE TABLE a (b int); CREATE INDEX c ON a (b)",
    "CREATE TABLE a (b int); CREATE INDEX c ON a (b); DROP INDEX c",
    "CREATE TABLE s.a (b int); ALTER TABLE s.a ADD c int; DROP TABLE s.a",
    "CREATE TABLE a (); CREATE TABLE b (); ALTER TABLE b ADD c int REFERENCES a",
    "CREATE TABLE a PARTITION BY LIST (b); CREATE TABLE c PARTITION OF a DEFAULT".replace(
      "a P",
      "a (b int) P",
    ),
    "CREATE VIEW a AS SELECT 1; CREATE OR REPLACE VIEW a AS SELECT 1",
    "CREATE SEQUENCE a; ALTER SEQUENCE a RESTART",
    "SELECT 1 AS b INTO a; TRUNCATE a",
    "CREATE SCHEMA s CREATE TABLE s.a (); ALTER TABLE s.a ADD b int",
  ])("%s", (sql) => {
    expect(last(sql)).toMatchObject({ strong: false });
  });

  test.each([
    ["it may have been there", "CREATE TABLE IF NOT EXISTS a (); ALTER TABLE a ADD b int"],
    ["another schema", "CREATE TABLE s.a (); ALTER TABLE a ADD b int"],
    ["a foreign key to another", "CREATE TABLE a (); ALTER TABLE a ADD b int REFERENCES c"],
    ["dropped again", "CREATE TABLE a (); DROP TABLE a; ALTER TABLE a ADD b int"],
    ["renamed", "CREATE TABLE a (); ALTER TABLE a RENAME TO b; ALTER TABLE a ADD b int"],
    ["another search path", "CREATE TABLE a (); SET search_path = s; ALTER TABLE a ADD b int"],
    ["a DO that sets it", "CREATE TABLE a (); DO 'SET search_path = s'; ALTER TABLE a ADD b int"],
    ["rolled back", "SAVEPOINT s; CREATE TABLE a (); ROLLBACK TO s; ALTER TABLE a ADD b int"],
    ["CASCADE reaches others", "CREATE TABLE a (); DROP TABLE a CASCADE"],
  ])("not where %s", (_why, sql) => {
    expect(last(sql)).toMatchObject({ strong: true });
  });
});
