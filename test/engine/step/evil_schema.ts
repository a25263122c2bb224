/** Operators by name, argument types and what they answer: everything is equal, and nothing is different. */
const TYPES = ["text", "name", "oid", "bigint", "integer", "boolean", "varchar", "timestamptz", "numeric"];
const operator = (symbol: string, type: string, answer: string) => {
  const name = `op_${type}_${[...symbol].map((c) => c.charCodeAt(0)).join("_")}`;
  const result = answer === "true" || answer === "false" ? "boolean" : "integer";
  return `CREATE FUNCTION evil.${name}(a ${type}, b ${type}) RETURNS ${result} LANGUAGE sql IMMUTABLE
    AS 'SELECT ${answer}'; CREATE OPERATOR evil.${symbol} (LEFTARG = ${type}, RIGHTARG = ${type}, FUNCTION = evil.${name});`;
};

/** Functions as our statements might call them, were they not qualified. */
const FUNCTIONS: readonly (readonly [signature: string, returns: string, body: string])[] = [
  ["now()", "timestamptz", "SELECT timestamptz ''epoch''"],
  ["clock_timestamp()", "timestamptz", "SELECT timestamptz ''epoch''"],
  ["pg_current_xact_id()", "text", "SELECT ''7''"],
  ["pg_backend_pid()", "integer", "SELECT 7"],
  ["current_setting(text)", "text", "SELECT ''on''"],
  ["current_database()", "name", "SELECT name ''evil''"],
  ["pg_try_advisory_lock(bigint)", "boolean", "SELECT true"],
  ["pg_try_advisory_xact_lock(bigint)", "boolean", "SELECT true"],
  ["concat(text, text)", "text", "SELECT ''same''"],
  ["round(numeric, integer)", "numeric", "SELECT 7.0"],
  ["to_timestamp(double precision)", "timestamptz", "SELECT timestamptz ''epoch''"],
  ["to_char(timestamp, text)", "text", "SELECT ''evil''"],
  ["timezone(text, timestamptz)", "timestamp", "SELECT timestamp ''epoch''"],
  ["starts_with(text, text)", "boolean", "SELECT true"],
];

/** A schema `evil` that answers wrongly wherever a name or an operator is looked up without its schema. */
export const EVIL_SCHEMA = `CREATE SCHEMA evil;
  ${TYPES.map((type) => ["=", "<>", ">", "<"].map((symbol) => operator(symbol, type, String(symbol === "=" || symbol === "<"))).join("\n")).join("\n")}
  ${operator("/", "integer", "1")}
  ${FUNCTIONS.map(([signature, returns, body]) => `CREATE FUNCTION evil.${signature} RETURNS ${returns} LANGUAGE sql AS '${body}';`).join("\n")}
  CREATE FUNCTION evil.never(bigint, anyelement) RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint';
  CREATE AGGREGATE evil.count(anyelement) (SFUNC = evil.never, STYPE = bigint, INITCOND = '1');
  CREATE FUNCTION evil.one(bigint) RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint';
  CREATE AGGREGATE evil.count(*) (SFUNC = evil.one, STYPE = bigint, INITCOND = '1');
  CREATE FUNCTION evil.most(bigint, bigint) RETURNS bigint LANGUAGE sql AS 'SELECT 7::bigint';
  CREATE AGGREGATE evil.max(bigint) (SFUNC = evil.most, STYPE = bigint);
  CREATE DOMAIN evil.text AS pg_catalog.text CHECK (VALUE OPERATOR(pg_catalog.=) 'evil');
  CREATE DOMAIN evil.int8 AS pg_catalog.int8 CHECK (false);
  CREATE DOMAIN evil.int4 AS pg_catalog.int4 CHECK (false);
  CREATE DOMAIN evil.oid AS pg_catalog.oid CHECK (false);
  CREATE DOMAIN evil.jsonb AS pg_catalog.jsonb CHECK (false);
  CREATE VIEW evil.pg_class AS SELECT 7 AS oid WHERE false;
  CREATE VIEW evil.schema_migrations AS SELECT 7 AS version WHERE false;
  CREATE TABLE evil.schema_migration_runs (run_id integer)`;
