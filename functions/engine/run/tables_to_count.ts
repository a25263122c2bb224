import { OWN_RELATIONS } from "../registry/tables.ts";
import type { CountedTables } from "../request.ts";
import { ALL_ROWS, type Message } from "../seam.ts";
import { arrayLiteral } from "../sql/quote.ts";

/**
 * Which tables there are of those that are wanted: the named ones, as SQL would resolve the names, those of `known`, and
 * all under the size, without the job's own, the server's and those of extensions. With the name that was given. By its
 * size no partitioned table is found, for by itself it has none: its partitions are. The size of what is locked would
 * have to be waited for: it is told apart, unless it is named.
 */
export const tablesQuery = ({ named, under_bytes }: CountedTables, known: readonly string[]): Message => ({
  text: `${HELD}
  SELECT pg_catalog.format('%I.%I', n.nspname, c.relname), w.name, k.locked AND NOT coalesce(w.name OPERATOR(pg_catalog.=) ANY ($4::pg_catalog.text[]), false)
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
    LEFT JOIN pg_catalog.unnest($1::pg_catalog.text[]) AS w(name) ON pg_catalog.to_regclass(w.name)::pg_catalog.oid OPERATOR(pg_catalog.=) c.oid
    CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM held WHERE held.relation OPERATOR(pg_catalog.=) c.oid) AS locked) AS k
  WHERE c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p}'::pg_catalog."char"[]) AND (w.name IS NOT NULL
    OR $2::pg_catalog.int8 IS NOT NULL AND c.relkind OPERATOR(pg_catalog.=) 'r'
      AND n.nspname OPERATOR(pg_catalog.<>) 'information_schema' AND n.nspname OPERATOR(pg_catalog.!~) '^pg_'
      AND c.relname OPERATOR(pg_catalog.<>) ALL ($3::pg_catalog.name[])
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
        AND d.objid OPERATOR(pg_catalog.=) c.oid AND d.deptype OPERATOR(pg_catalog.=) 'e')
      AND CASE WHEN k.locked THEN true ELSE pg_catalog.pg_total_relation_size(c.oid) OPERATOR(pg_catalog.<) $2::pg_catalog.int8 END)
  ORDER BY 1, 2`,
  values: [
    arrayLiteral([...named, ...known]),
    under_bytes === null ? null : String(under_bytes),
    `{${OWN_RELATIONS.join(",")}}`,
    arrayLiteral(named),
  ],
  rows_kept: ALL_ROWS,
});

const HELD = `WITH held AS MATERIALIZED (SELECT l.relation FROM pg_catalog.pg_locks l
    WHERE l.granted AND l.locktype OPERATOR(pg_catalog.=) 'relation' AND l.mode OPERATOR(pg_catalog.=) 'AccessExclusiveLock'
      AND l.database OPERATOR(pg_catalog.=) (SELECT oid FROM pg_catalog.pg_database WHERE datname OPERATOR(pg_catalog.=) pg_catalog.current_database()))`;
