import { beforeAll, expect, test } from "vitest";
import { spelled } from "#engine/audit/object_kinds.ts";
import { objectsOf } from "#engine/audit/objects.ts";
import { loadParser, parseStatement } from "#engine/sql/parse.ts";

beforeAll(loadParser);

const CASES: readonly (readonly [sql: string, ...said: string[]])[] = [
  ["CREATE TABLE s.a ()", "makes table s.a"],
  ['CREATE TABLE "Odd ""one" ()', 'makes table "Odd ""one"'],
  ["CREATE TEMP TABLE a ()"],
  ["CREATE FOREIGN TABLE f (a int) SERVER x", "makes table f"],
  ["CREATE TABLE a AS SELECT 1", "makes table a"],
  ["SELECT 1 AS b INTO a", "makes table a"],
  ["SELECT 1"],
  ["CREATE MATERIALIZED VIEW s.v AS SELECT 1", "makes view s.v"],
  ["CREATE OR REPLACE VIEW v AS SELECT 1", "makes view v"],
  ["CREATE INDEX i ON s.t (a)", "makes index s.i on s.t"],
  ["CREATE INDEX ON t (a)", "makes index  on t"],
  ["CREATE SEQUENCE q", "makes sequence q"],
  ["CREATE TYPE s.e AS ENUM ('a')", "makes type s.e"],
  ["CREATE TYPE c AS (a int)", "makes type c"],
  ["CREATE TYPE r AS RANGE (subtype = int4)", "makes type r"],
  ["CREATE DOMAIN d AS text", "makes type d"],
  ["CREATE FUNCTION s.f() RETURNS int LANGUAGE sql AS 'SELECT 1'", "makes function s.f"],
  ["CREATE PROCEDURE p() LANGUAGE sql AS ''", "makes function p"],
  ["CREATE AGGREGATE s.a(int) (sfunc = x, stype = int)", "makes function s.a"],
  ["CREATE POLICY p ON s.t USING (true)", "makes policy p on s.t"],
  ["CREATE TRIGGER g AFTER INSERT ON t EXECUTE FUNCTION f()", "makes trigger g on t"],
  ["CREATE RULE r AS ON INSERT TO t DO INSTEAD NOTHING", "makes rule r on t"],
  ["CREATE EXTENSION pgcrypto", "makes extension pgcrypto"],
  ["CREATE SCHEMA s CREATE TABLE t ()", "makes schema s", "makes table t"],
  ["ALTER TABLE s.t ADD COLUMN a int", "changes table s.t"],
  ["ALTER TYPE c ADD ATTRIBUTE b int", "changes type c"],
  ["ALTER TYPE s.e ADD VALUE 'x'", "changes type s.e"],
  ["ALTER DOMAIN d DROP NOT NULL", "changes type d"],
  ["ALTER SEQUENCE q RESTART", "changes sequence q"],
  ["ALTER POLICY p ON t USING (false)", "changes policy p on t"],
  ["ALTER FUNCTION s.f(int) SECURITY DEFINER", "changes function s.f"],
  ["ALTER FUNCTION s.f(int) OWNER TO x", "changes function s.f"],
  ["ALTER TABLE s.t RENAME COLUMN a TO b", "changes table s.t"],
  ["ALTER TABLE s.t SET SCHEMA z", "changes table s.t"],
  ["ALTER POLICY p ON t RENAME TO q", "changes policy p on t"],
  ["ALTER TYPE e RENAME TO b", "changes type e"],
  ["ALTER SCHEMA s RENAME TO z", "changes schema s"],
  ["DROP TABLE s.a, b CASCADE", "drops table s.a", "drops table b"],
  ["DROP INDEX s.i", "drops index s.i"],
  ["DROP TYPE a.b, c", "drops type a.b", "drops type c"],
  ["DROP FUNCTION f(int), s.g", "drops function f", "drops function s.g"],
  ["DROP POLICY p ON s.t", "drops policy p on s.t"],
  ["DROP TRIGGER g ON t", "drops trigger g on t"],
  ["DROP SCHEMA s", "drops schema s"],
  ["DROP EXTENSION pgcrypto", "drops extension pgcrypto"],
  ["DROP OPERATOR = (int, int)"],
  ["GRANT SELECT ON t TO x"],
  ["INSERT INTO t VALUES (1)"],
];

test.each(CASES)("%s", (sql, ...said) => {
  const parsed = parseStatement(sql);
  if (parsed.kind === "error") throw new Error(parsed.message);
  const found = objectsOf(parsed.type, parsed.tree).map(
    (one) => `${one.change} ${one.kind} ${spelled(one)}${one.on === null ? "" : ` on ${spelled(one.on)}`}`,
  );
  expect(found).toEqual(said);
});
