import type { Message } from "../seam.ts";
import type { Effect, Presence } from "../sql/effect.ts";
import { indexesOf, relation, spelled, subject, tablesQuery } from "./related.ts";

/**
 * Asks the catalog for what a statement brings about; `toFound` reads the answer. It runs under the settings
 * that the statement runs under, for its names are looked up by the same search path.
 */
export function lookQuery(effect: Effect): Message {
  switch (effect.kind) {
    case "create-index":
      return {
        text: json(effect, `'index', (${INDEX}), 'busy', ${busy(effect)}`),
        values: [spelled(effect.table), effect.index],
      };
    case "reindex":
      return {
        text: json(effect, `'indexes', ${rebuilt(effect)}, 'busy', ${busy(effect)}`),
        values: [subject(effect)],
      };
    case "detach":
      return {
        text: json(effect, `'state', ${STATE}, 'busy', ${busy(effect)}`),
        values: [spelled(effect.parent), spelled(effect.partition)],
      };
    case "presence":
      return presenceQuery(effect);
  }
}

const json = ({ kind }: Effect, fields: string): string =>
  `SELECT pg_catalog.jsonb_build_object('kind', '${kind}', ${fields})`;

/** What a query gives, as a JSON list. */
const list = (column: string, from: string): string =>
  `coalesce((SELECT pg_catalog.jsonb_agg(${column}) FROM ${from}), '[]'::pg_catalog.jsonb)`;

/**
 * Who holds a lock as strong as a build's on one of the tables; not autovacuum, which makes room by itself. The
 * progress view would not do: it hides what other roles do.
 */
const busy = (effect: Effect): string =>
  list(
    "DISTINCT l.pid",
    `pg_catalog.pg_lock_status() l
    LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid OPERATOR(pg_catalog.=) l.pid
    WHERE l.granted AND l.pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid()
      AND l.relation OPERATOR(pg_catalog.=) ANY (ARRAY(${tablesQuery(effect)}))
      AND l.database OPERATOR(pg_catalog.=) (SELECT d.oid FROM pg_catalog.pg_database d
        WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database())
      AND l.mode OPERATOR(pg_catalog.=) ANY (
        '{ShareUpdateExclusiveLock,ShareLock,ShareRowExclusiveLock,ExclusiveLock,AccessExclusiveLock}'::pg_catalog.text[])
      AND coalesce(a.backend_type OPERATOR(pg_catalog.<>) 'autovacuum worker', true)`,
  );

/** A column of `i`'s table by its number. */
const column = `(SELECT a.attname FROM pg_catalog.pg_attribute a
  WHERE a.attrelid OPERATOR(pg_catalog.=) i.indrelid AND a.attnum OPERATOR(pg_catalog.=) k.attnum)`;

/** Of the index \`i\`, the columns after its keys, or the keys with their order. */
const columns = (what: string, comparison: "<=" | ">"): string =>
  `coalesce((SELECT pg_catalog.jsonb_agg(${what} ORDER BY k.place)
    FROM pg_catalog.unnest(i.indkey::pg_catalog.int2[]) WITH ORDINALITY k (attnum, place)
    WHERE k.place OPERATOR(pg_catalog.${comparison}) i.indnkeyatts), '[]'::pg_catalog.jsonb)`;

/** Bits of pg_index.indoption: 1 is DESC, 2 NULLS FIRST. */
const option = (bit: 1 | 2): string =>
  `(i.indoption[k.place OPERATOR(pg_catalog.-) 1] OPERATOR(pg_catalog.&) ${bit}::pg_catalog.int2) OPERATOR(pg_catalog.<>) 0`;

/** The index of name `$2` beside table `$1`, in whose schema it would be made. */
const INDEX = `SELECT pg_catalog.jsonb_build_object('oid', c.oid::pg_catalog.text, 'schema', n.nspname, 'name', c.relname,
    'relkind', c.relkind, 'valid', i.indisvalid, 'on_table', i.indrelid OPERATOR(pg_catalog.=) t.oid,
    'text', pg_catalog.pg_get_indexdef(c.oid), 'definition', pg_catalog.jsonb_build_object('method', m.amname,
      'unique', i.indisunique, 'nulls_not_distinct', coalesce((pg_catalog.to_jsonb(i)
        OPERATOR(pg_catalog.->>) 'indnullsnotdistinct')::pg_catalog.bool, false),
      'keys', ${columns(`pg_catalog.jsonb_build_object('column', ${column}, 'descending', ${option(1)}, 'nulls_first', ${option(2)})`, "<=")},
      'included', ${columns(column, ">")}, 'predicate', i.indpred IS NOT NULL))
  FROM pg_catalog.pg_class t JOIN pg_catalog.pg_class c ON c.relnamespace OPERATOR(pg_catalog.=) t.relnamespace
    JOIN pg_catalog.pg_index i ON i.indexrelid OPERATOR(pg_catalog.=) c.oid
    JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
    JOIN pg_catalog.pg_am m ON m.oid OPERATOR(pg_catalog.=) c.relam
  WHERE t.oid OPERATOR(pg_catalog.=) ${relation("$1")}
    AND c.relname OPERATOR(pg_catalog.=) $2::pg_catalog.name`;

/** The indexes of a REINDEX, and what an earlier one left on their tables. */
const rebuilt = (effect: Effect): string =>
  list(
    `pg_catalog.jsonb_build_object('oid', c.oid::pg_catalog.text, 'schema', n.nspname, 'name', c.relname,
      'valid', i.indisvalid, 'exclusion', i.indisexclusion) ORDER BY c.oid`,
    `pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid
    JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
    WHERE c.relkind OPERATOR(pg_catalog.=) 'i' AND (i.indexrelid OPERATOR(pg_catalog.=) ANY (ARRAY(${indexesOf(effect)}))
      OR NOT i.indisvalid AND i.indrelid OPERATOR(pg_catalog.=) ANY (ARRAY(${tablesQuery(effect)}))
        AND c.relname OPERATOR(pg_catalog.~) '_cc(new|old)[0-9]*$')`,
  );

/** Partition `$2` of table `$1`: a detach that was begun is pending. */
const STATE = `coalesce((SELECT CASE WHEN h.inhdetachpending THEN 'pending' ELSE 'attached' END
  FROM pg_catalog.pg_inherits h WHERE h.inhparent OPERATOR(pg_catalog.=) ${relation("$1")}
    AND h.inhrelid OPERATOR(pg_catalog.=) ${relation("$2")}), 'detached')`;

const present = (from: string, schema = "NULL"): string =>
  `'present', EXISTS (SELECT FROM ${from}), 'schema', ${schema}`;

/** The schema of relation `$1`, null where there is none. */
const SCHEMA = `(SELECT n.nspname FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
  WHERE c.oid OPERATOR(pg_catalog.=) ${relation("$1")})`;

function presenceQuery(effect: Presence): Message {
  const { object, name, label } = effect;
  switch (object) {
    case "index":
      return {
        text: json(
          effect,
          present(`pg_catalog.pg_index WHERE indexrelid OPERATOR(pg_catalog.=) ${relation("$1")}`, SCHEMA),
        ),
        values: [spelled(name)],
      };
    case "label":
      return {
        text: json(
          effect,
          present(`pg_catalog.pg_enum WHERE enumlabel OPERATOR(pg_catalog.=) $2::pg_catalog.name
            AND enumtypid OPERATOR(pg_catalog.=) pg_catalog.to_regtype($1::pg_catalog.text)::pg_catalog.oid`),
        ),
        values: [spelled(name), label],
      };
    case "database":
      return shared(effect, "pg_catalog.pg_database WHERE datname");
    case "tablespace":
      return shared(effect, "pg_catalog.pg_tablespace WHERE spcname");
    case "subscription":
      return shared(effect, "pg_catalog.pg_subscription WHERE subname", IN_THIS_DATABASE);
  }
}

const IN_THIS_DATABASE = ` AND subdbid OPERATOR(pg_catalog.=) (SELECT d.oid FROM pg_catalog.pg_database d
  WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database())`;

const shared = (effect: Presence, where: string, and = ""): Message => ({
  text: json(effect, present(`${where} OPERATOR(pg_catalog.=) $1::pg_catalog.name${and}`)),
  values: [effect.name.name],
});
