import type { Effect, WrittenName } from "../sql/effect.ts";
import { quoteIdentifier } from "../sql/quote.ts";

/** A name as the script wrote it: without a schema it is looked up by the search path in force. */
export const spelled = ({ schema, name }: WrittenName): string =>
  [...(schema === null ? [] : [schema]), name].map(quoteIdentifier).join(".");

/** A relation by the name in parameter `$n`; null where there is none. */
export const relation = (parameter: string): string =>
  `pg_catalog.to_regclass(${parameter}::pg_catalog.text)::pg_catalog.oid`;

/** The relation that a statement is about, as a parameter; null where it is about none. */
export function subject(effect: Effect): string | null {
  switch (effect.kind) {
    case "create-index":
      return spelled(effect.table);
    case "reindex":
      return spelled(effect.name);
    case "detach":
      return spelled(effect.parent);
    case "presence":
      return effect.object === "index" ? spelled(effect.name) : null;
  }
}

/** The tables whose locks decide when a statement on relation `$1` may go on: oids, one a row. */
export function tablesQuery(effect: Effect): string {
  if (effect.kind === "create-index" || effect.kind === "detach") return `SELECT ${relation("$1")} AS oid`;
  return `SELECT i.indrelid AS oid FROM (${indexesOf(effect)}) x
    JOIN pg_catalog.pg_index i ON i.indexrelid OPERATOR(pg_catalog.=) x.oid
    UNION SELECT ${relation("$1")}`;
}

/** The indexes that a statement on relation `$1` is about, those of partitions and TOAST tables too. */
export function indexesOf(effect: Effect): string {
  const tree = `SELECT ${relation("$1")} AS oid UNION
    SELECT t.relid::pg_catalog.oid FROM pg_catalog.pg_partition_tree(${relation("$1")}::pg_catalog.regclass) t`;
  if (effect.kind !== "reindex" || effect.object === "index") return tree;
  return `SELECT i.indexrelid AS oid FROM (${tree}) p
    JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) p.oid
    JOIN pg_catalog.pg_index i ON i.indrelid OPERATOR(pg_catalog.=) c.oid
      OR c.reltoastrelid OPERATOR(pg_catalog.<>) 0 AND i.indrelid OPERATOR(pg_catalog.=) c.reltoastrelid`;
}
