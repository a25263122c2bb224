/**
 * A schema with functions and operators that fit better than pg_catalog's, or as well and come first. Each
 * raises when it is called, so that a statement of ours that leaves a name unqualified fails.
 */
const OPERANDS = ["bigint", "integer", "text", "name", "oid", "timestamptz", "boolean", "numeric", "float8"];
const OPERATORS: readonly (readonly [operator: string, result: string])[] = [
  ["=", "boolean"],
  ["<>", "boolean"],
  ["<", "boolean"],
  [">", "boolean"],
  ["||", "text"],
];
const ARITHMETIC = ["+", "-", "*", "/"];
const MIXED: readonly (readonly [left: string, right: string])[] = [
  ["bigint", "integer"],
  ["integer", "bigint"],
  ["name", "text"],
  ["text", "name"],
];

const raising = (name: string, args: string, result: string): string =>
  `CREATE FUNCTION evil."${name}"(${args}) RETURNS ${result} LANGUAGE plpgsql AS $$
   BEGIN RAISE EXCEPTION 'evil ${name} was called'; END $$`;

const FUNCTIONS: readonly (readonly [name: string, args: string, result: string])[] = [
  ["now", "", "timestamptz"],
  ["clock_timestamp", "", "timestamptz"],
  ["version", "", "text"],
  ["current_database", "", "name"],
  ["current_setting", "text", "text"],
  ["set_config", "text, text, boolean", "text"],
  ["pg_backend_pid", "", "integer"],
  ["pg_is_in_recovery", "", "boolean"],
  ["pg_try_advisory_lock", "bigint", "boolean"],
  ["pg_try_advisory_xact_lock", "bigint", "boolean"],
  ["pg_current_xact_id", "", "xid8"],
  ["to_timestamp", "double precision", "timestamptz"],
  ["to_char", "timestamp, text", "text"],
  ["timezone", "text, timestamptz", "timestamp"],
  ["round", "numeric, integer", "numeric"],
  ["lower", "text", "text"],
];

export const RAISING_SCHEMA: string = [
  "CREATE SCHEMA evil",
  "GRANT USAGE ON SCHEMA evil TO PUBLIC",
  // Relations of the catalog's names, and of ours.
  ...[
    "pg_class",
    "pg_namespace",
    "pg_settings",
    "pg_locks",
    "schema_migrations",
    "schema_migration_runs",
  ].map((name) => `CREATE TABLE evil.${name} (x int)`),
  ...FUNCTIONS.map(([name, args, result]) => raising(name, args, result)),
  ...OPERANDS.flatMap((type) => [
    ...OPERATORS.flatMap(([operator, result]) => binary(operator, type, type, result)),
    ...(["bigint", "integer", "numeric"].includes(type)
      ? ARITHMETIC.flatMap((operator) => binary(operator, type, type, type))
      : []),
  ]),
  ...MIXED.flatMap(([left, right]) =>
    OPERATORS.flatMap(([operator, result]) => binary(operator, left, right, result)),
  ),
  ...["bigint", "integer", "numeric"].flatMap((type) => [
    raising(`minus ${type}`, type, type),
    `CREATE OPERATOR evil.- (RIGHTARG = ${type}, FUNCTION = evil."minus ${type}")`,
  ]),
].join(";\n");

function binary(operator: string, left: string, right: string, result: string): readonly string[] {
  const name = `${operator} of ${left}`;
  return [
    raising(name, `${left}, ${right}`, result),
    `CREATE OPERATOR evil.${operator} (LEFTARG = ${left}, RIGHTARG = ${right}, FUNCTION = evil."${name}")`,
  ];
}
