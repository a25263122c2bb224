import type { Message, Result } from "../seam.ts";
import { type GuardBaseline, RELATION, ROUTINE, SCHEMA } from "../step/guards.ts";
import { createHelpers } from "./helper_functions.ts";
import { HELPER_MARK, HELPER_NAMES } from "./helper_names.ts";
import { createRegistry, upgradeRegistry, upgradeSeed } from "./schema.ts";
import type { Shape } from "./shape.ts";
import { OWN_RELATIONS, type QualifiedTables } from "./tables.ts";

/**
 * What makes our tables and functions, for a bundle, of what was found, as one message within a transaction; null
 * where they stand. A function that is gone from beside its tables is made again by who may.
 */
export function installMessage(t: QualifiedTables, shape: Shape, bundle: string): Message | null {
  const statements =
    shape.kind === "none"
      ? createRegistry(t, shape.schema_exists)
      : shape.kind === "seed"
        ? upgradeSeed(t, shape.performance_table, bundle)
        : shape.kind === "ours"
          ? upgradeRegistry(t, shape.format)
          : [];
  const makes = statements.length > 0 || (shape.kind === "ours" && shape.helpers.may_create);
  const all = [...statements, ...(makes ? createHelpers(t, shape) : [])];
  return all.length === 0 ? null : { text: all.join(";\n") };
}

/**
 * What the guards hold every step against: who we are, and our relations. One row: current user, session user,
 * client encoding, oids of our tables with their indexes and sequences, and what each of the tables is.
 */
export function baselineQuery(historySchema: string): Message {
  return {
    text: `WITH own AS (SELECT c.oid, c.relfilenode, c.xmin FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n
        ON n.oid OPERATOR(pg_catalog.=) c.relnamespace WHERE n.nspname OPERATOR(pg_catalog.=) $1::pg_catalog.name
        AND c.relname OPERATOR(pg_catalog.=) ANY ($2::pg_catalog.name[]))
      SELECT current_user, session_user, pg_catalog.current_setting('client_encoding'),
        (SELECT pg_catalog.string_agg(o.oid::pg_catalog.text, ',') FROM (SELECT oid FROM own
          UNION SELECT i.indexrelid FROM pg_catalog.pg_index i JOIN own ON own.oid OPERATOR(pg_catalog.=) i.indrelid
          UNION SELECT d.objid FROM pg_catalog.pg_depend d JOIN own ON own.oid OPERATOR(pg_catalog.=) d.refobjid
            JOIN pg_catalog.pg_class s ON s.oid OPERATOR(pg_catalog.=) d.objid AND s.relkind OPERATOR(pg_catalog.=) 'S'
            WHERE d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass) o),
        (SELECT pg_catalog.string_agg(identity, ',') FROM (SELECT ${RELATION} AS identity FROM own
          UNION ALL SELECT ${SCHEMA} FROM pg_catalog.pg_namespace
            WHERE nspname OPERATOR(pg_catalog.=) $1::pg_catalog.name
          UNION ALL SELECT ${ROUTINE} FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n
            ON n.oid OPERATOR(pg_catalog.=) p.pronamespace WHERE n.nspname OPERATOR(pg_catalog.=) $1::pg_catalog.name
            AND p.proname OPERATOR(pg_catalog.=) ANY ($3::pg_catalog.name[]) AND p.pronargs OPERATOR(pg_catalog.=) 0
            AND pg_catalog.strpos(p.prosrc, $4::pg_catalog.text) OPERATOR(pg_catalog.>) 0) i)`,
    values: [historySchema, `{${OWN_RELATIONS.join(",")}}`, `{${HELPER_NAMES.join(",")}}`, HELPER_MARK],
  };
}

export function toBaseline(result: Result | undefined, schema: string): GuardBaseline {
  const [current_user, session_user, encoding, oids, relations] = result?.rows[0] ?? [];
  return {
    current_user: current_user ?? "",
    session_user: session_user ?? "",
    encoding: encoding ?? "",
    own_oids: (oids ?? "").split(",").map(Number),
    schema,
    relations: (relations ?? "").split(","),
  };
}
