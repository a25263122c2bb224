import { quoteIdentifier } from "../sql/quote.ts";

/** The names of our own relations. Whatever else must know them takes them from here. */
export const TABLES = {
  history: "schema_migrations",
  runs: "schema_migration_runs",
  events: "schema_migration_events",
  statements: "schema_migration_statements",
  repeatables: "schema_migration_repeatables",
  bundles: "schema_migration_bundles",
  checklists: "schema_migration_checklists",
  registry: "schema_migration_registry",
} as const;

/** The view with the columns of the seed's table. */
export const PERFORMANCE_VIEW = "migration_performance";

/** What the seed's own table by that name is called after the upgrade. */
export const SEED_PERFORMANCE_KEPT_AS = "migration_performance_before_upgrade";

/** Every name that a script may not change. */
export const OWN_RELATIONS: readonly string[] = [...Object.values(TABLES), PERFORMANCE_VIEW];

export interface QualifiedTables {
  /** As the catalog has it. */
  readonly schema_name: string;
  readonly schema: string;
  readonly history: string;
  readonly runs: string;
  readonly events: string;
  readonly statements: string;
  readonly repeatables: string;
  readonly bundles: string;
  readonly checklists: string;
  readonly registry: string;
  readonly performance: string;
}

/** Our relations, quoted and qualified with the history's schema: how every statement of ours names them. */
export function qualifiedTables(historySchema: string): QualifiedTables {
  const schema = quoteIdentifier(historySchema);
  const within = (table: string) => `${schema}.${quoteIdentifier(table)}`;
  return {
    schema_name: historySchema,
    schema,
    history: within(TABLES.history),
    runs: within(TABLES.runs),
    events: within(TABLES.events),
    statements: within(TABLES.statements),
    repeatables: within(TABLES.repeatables),
    bundles: within(TABLES.bundles),
    checklists: within(TABLES.checklists),
    registry: within(TABLES.registry),
    performance: within(PERFORMANCE_VIEW),
  };
}

/** PostgreSQL cuts a longer name, so two spellings of one schema would take different locks (NAMEDATALEN - 1). */
export const LONGEST_NAME_BYTES = 63;

/** Whether a schema may hold a history: a name of its own, and not the server's. */
export function isHistorySchema(name: string): boolean {
  const bytes = new TextEncoder().encode(name).length;
  return (
    bytes > 0 &&
    bytes <= LONGEST_NAME_BYTES &&
    !name.includes("\0") &&
    !name.startsWith("pg_") &&
    name !== "information_schema"
  );
}
