/** One thing that is looked for in the catalog. */
export interface IntegrityCheck {
  /** What is looked for: `none` of it is good. */
  readonly name: string;
  /**
   * A query of two columns, the name of what was found and whether it could not be looked at, over `tables` and
   * `relations` of verify_schema_integrity(). It runs behind a search_path of its own.
   */
  readonly finds: string;
}

const FOUND = "false";

/** A partition has what its parent has; where a parent cannot have a key, its partitions may. */
const NO_PRIMARY_KEY = `SELECT t.name, ${FOUND} FROM tables AS t
      WHERE NOT t.relispartition AND NOT EXISTS (SELECT FROM pg_catalog.pg_index AS i WHERE i.indrelid = t.oid AND i.indisprimary)
        AND NOT (t.relkind = 'p' AND EXISTS (SELECT FROM pg_catalog.pg_partition_tree(t.oid::pg_catalog.regclass) AS l WHERE l.isleaf)
          AND NOT EXISTS (SELECT FROM pg_catalog.pg_partition_tree(t.oid::pg_catalog.regclass) AS l WHERE l.isleaf
            AND NOT EXISTS (SELECT FROM pg_catalog.pg_index AS i WHERE i.indrelid = l.relid AND i.indisprimary)))`;

/** A DELETE of what is referred to reads the whole table, unless an index begins with the key's columns, in any order. */
const NO_INDEX = `SELECT pg_catalog.concat(t.name, ': ', k.conname), ${FOUND}
      FROM tables AS t JOIN pg_catalog.pg_constraint AS k ON k.conrelid = t.oid AND k.contype = 'f' AND k.conparentid = 0
      WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
        JOIN pg_catalog.pg_am AS a ON a.oid = c.relam AND a.amname IN ('btree', 'hash', 'gist')
        WHERE i.indrelid = t.oid AND i.indisvalid AND i.indpred IS NULL
          AND i.indnkeyatts >= pg_catalog.cardinality(k.conkey)
          AND (i.indkey::pg_catalog.int2[])[0:pg_catalog.cardinality(k.conkey) - 1] @> k.conkey)`;

/** What is NOT ENFORCED (PostgreSQL 18) is so by intention; what is inherited is the parent's. */
const NOT_VALIDATED = `SELECT pg_catalog.concat(o.name, ': ', k.conname), ${FOUND}
      FROM pg_catalog.pg_constraint AS k JOIN (
        SELECT t.oid AS relation, 0::pg_catalog.oid AS type, t.name FROM tables AS t
        UNION ALL SELECT 0::pg_catalog.oid, d.oid, pg_catalog.concat(pg_catalog.quote_ident(h.nspname), '.', pg_catalog.quote_ident(d.typname))
          FROM pg_catalog.pg_type AS d JOIN homes AS h ON h.oid = d.typnamespace WHERE d.typtype = 'd'
      ) AS o ON k.conrelid = o.relation AND k.contypid = o.type
      WHERE NOT k.convalidated AND k.conislocal AND k.conparentid = 0
        AND pg_catalog.to_jsonb(k) ->> 'conenforced' IS DISTINCT FROM 'false'`;

/** One that is being built this moment is not valid yet. */
const INVALID_INDEX = `SELECT pg_catalog.concat(pg_catalog.quote_ident(n.nspname), '.', pg_catalog.quote_ident(c.relname)), ${FOUND}
      FROM relations AS r JOIN pg_catalog.pg_index AS i ON i.indrelid = r.oid
        JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
      WHERE NOT (i.indisvalid AND i.indisready)
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index AS p WHERE p.index_relid = i.indexrelid)`;

/** Of a foreign key, whose triggers DISABLE TRIGGER ALL turns off, its name; of partitions, what the parent has not. */
const DISABLED_TRIGGER = `SELECT DISTINCT pg_catalog.concat(t.name, ': ', CASE WHEN g.tgisinternal THEN coalesce(k.conname, g.tgname) ELSE g.tgname END), ${FOUND}
      FROM tables AS t JOIN pg_catalog.pg_trigger AS g ON g.tgrelid = t.oid
        LEFT JOIN pg_catalog.pg_constraint AS k ON k.oid = g.tgconstraint
      WHERE g.tgenabled = 'D'
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_trigger AS p WHERE p.oid = g.tgparentid AND p.tgenabled = 'D')`;

const hasPolicy = "EXISTS (SELECT FROM pg_catalog.pg_policy AS p WHERE p.polrelid = t.oid)";

/** From so much of the way on, in percent. */
const NEAR_END = 80;

/** What the columns can hold that take a sequence's numbers: by being its owner, or by their default. */
const COLUMN_END = `SELECT coalesce(pg_catalog.min(CASE a.atttypid WHEN 21 THEN 32767 WHEN 23 THEN 2147483647 END), 9223372036854775807)::pg_catalog.numeric
          FROM (
            SELECT d.refobjid AS relation, d.refobjsubid AS place FROM pg_catalog.pg_depend AS d
            WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = r.oid AND d.deptype IN ('a', 'i')
              AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
            UNION ALL SELECT v.adrelid, v.adnum FROM pg_catalog.pg_depend AS d JOIN pg_catalog.pg_attrdef AS v ON v.oid = d.objid
            WHERE d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = r.oid
              AND d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass
          ) AS u JOIN pg_catalog.pg_attribute AS a ON a.attrelid = u.relation AND a.attnum = u.place`;

/** A planner may ask before it has joined, and of a table this raises. */
const MAY_READ =
  "CASE WHEN r.relkind = 'S' THEN pg_catalog.has_sequence_privilege(r.oid, 'SELECT, USAGE') END";

/** As pg_sequences has it, which does not show those of which nothing may be read. */
const LAST_VALUE = `SELECT CASE WHEN ${MAY_READ}
          AND (r.relpersistence = 'p' OR NOT pg_catalog.pg_is_in_recovery())
          THEN pg_catalog.pg_sequence_last_value(r.oid::pg_catalog.regclass) END::pg_catalog.numeric`;

/** The end is the sequence's or its column's, whichever comes first; one that begins anew at its end has none. */
const SEQUENCE_NEAR_END = `SELECT CASE WHEN u.hidden THEN u.name ELSE pg_catalog.concat(u.name, ' (', pg_catalog.floor(u.used), '% used)') END, u.hidden
      FROM (SELECT r.name, NOT ${MAY_READ} AS hidden, 100 * CASE WHEN s.seqincrement > 0
            THEN (l.value - s.seqmin) / GREATEST(LEAST(s.seqmax, e.value) - s.seqmin, 1)
            ELSE (s.seqmax - l.value) / GREATEST(s.seqmax - GREATEST(s.seqmin, -1 - e.value), 1) END AS used
        FROM relations AS r JOIN pg_catalog.pg_sequence AS s ON s.seqrelid = r.oid
          CROSS JOIN LATERAL (${COLUMN_END}) AS e(value) CROSS JOIN LATERAL (${LAST_VALUE}) AS l(value)
        WHERE NOT (s.seqcycle AND s.seqmax <= e.value)) AS u
      WHERE u.hidden OR u.used > ${NEAR_END}`;

export const INTEGRITY_CHECKS: readonly IntegrityCheck[] = [
  { name: "tables without a primary key", finds: NO_PRIMARY_KEY },
  { name: "foreign keys without an index", finds: NO_INDEX },
  { name: "constraints that are not validated", finds: NOT_VALIDATED },
  { name: "invalid indexes", finds: INVALID_INDEX },
  { name: "disabled triggers", finds: DISABLED_TRIGGER },
  {
    name: "policies without row-level security",
    finds: `SELECT t.name, ${FOUND} FROM tables AS t WHERE NOT t.relrowsecurity AND ${hasPolicy}`,
  },
  {
    name: "row-level security without a policy",
    finds: `SELECT t.name, ${FOUND} FROM tables AS t WHERE t.relrowsecurity AND NOT ${hasPolicy}`,
  },
  { name: "sequences near their end", finds: SEQUENCE_NEAR_END },
];
