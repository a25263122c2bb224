import type { Message } from "../seam.ts";
import { quoteLiteral } from "../sql/quote.ts";
import { HELPER_MARK, HELPERS } from "./helper_names.ts";
import { INTEGRITY_CHECKS, type IntegrityCheck } from "./integrity_checks.ts";
import { OWN_RELATIONS, type QualifiedTables, SEED_PERFORMANCE_KEPT_AS } from "./tables.ts";

/** What its comment in the catalog says. */
export const INTEGRITY_COMMENT =
  "What of the schema looks like a mistake: each check with OK or WARNING, and the names of what was found";

/** Names in a check's details; what is more is counted. */
const NAMES_SHOWN = 10;

/** Objects of extensions are theirs to keep in order. */
const ofExtension = (catalog: string, oid: string): string =>
  `EXISTS (SELECT FROM pg_catalog.pg_depend AS e WHERE e.classid = 'pg_catalog.${catalog}'::pg_catalog.regclass
      AND e.objid = ${oid} AND e.deptype = 'e')`;

/** The schemas that the bundle read last says are its own; where it does not say, all but the server's. */
const homes = (t: QualifiedTables): string => `seen AS (
    SELECT b.schemas FROM ${t.bundles} AS b ORDER BY b.seen_at DESC LIMIT 1
  ), homes AS (
    SELECT n.oid, n.nspname FROM pg_catalog.pg_namespace AS n
    WHERE CASE WHEN EXISTS (SELECT FROM seen WHERE pg_catalog.jsonb_typeof(seen.schemas) = 'array' AND seen.schemas <> '[]')
      THEN EXISTS (SELECT FROM seen WHERE seen.schemas @> pg_catalog.to_jsonb(n.nspname::pg_catalog.text))
      ELSE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND NOT ${ofExtension("pg_namespace", "n.oid")} END
  )`;

/** Their relations, without ours, which are in order by themselves, and what belongs to ours. */
const relations = (schema: string): string => `relations AS (
    SELECT c.*, pg_catalog.concat(pg_catalog.quote_ident(h.nspname), '.', pg_catalog.quote_ident(c.relname)) AS name
    FROM pg_catalog.pg_class AS c JOIN homes AS h ON h.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'm', 'S') AND NOT ${ofExtension("pg_class", "c.oid")}
      AND NOT (h.nspname = ${quoteLiteral(schema)} AND c.relname = ANY ('{${OURS.join()}}'::pg_catalog.name[]))
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d JOIN pg_catalog.pg_class AS o ON o.oid = d.refobjid
        JOIN pg_catalog.pg_namespace AS n ON n.oid = o.relnamespace
        WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND c.relkind = 'S'
          AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.deptype IN ('a', 'i')
          AND n.nspname = ${quoteLiteral(schema)} AND o.relname = ANY ('{${OURS.join()}}'::pg_catalog.name[]))
  ), tables AS (
    SELECT r.* FROM relations AS r WHERE r.relkind IN ('r', 'p')
  )`;

const OURS = [...OWN_RELATIONS, SEED_PERFORMANCE_KEPT_AS];

const finds = ({ finds }: IntegrityCheck, place: number): string =>
  `SELECT ${place} AS place, f.name, f.hidden FROM (${finds}) AS f(name, hidden)`;

export const integrityQuery = (t: QualifiedTables): Message => ({
  text: `SELECT check_name, status, details FROM ${t.schema}.${HELPERS.integrity}()`,
});

/**
 * One row a check. The body names operators alone, for it has a search_path of its own. Compiling it would take
 * seconds, and running it takes milliseconds.
 */
export const createIntegrityFunction = (t: QualifiedTables): string =>
  `CREATE FUNCTION ${t.schema}.${HELPERS.integrity}() RETURNS TABLE (check_name pg_catalog.text,
    status pg_catalog.text, details pg_catalog.text)
  LANGUAGE sql STABLE SECURITY INVOKER SET search_path = pg_catalog, pg_temp SET jit = off AS $paws_migrate$
${HELPER_MARK}
  WITH ${homes(t)}, ${relations(t.schema_name)}, found AS (
    ${INTEGRITY_CHECKS.map(finds).join("\n    UNION ALL ")}
  ), numbered AS (
    SELECT f.*, pg_catalog.row_number() OVER (PARTITION BY f.place, f.hidden ORDER BY f.name COLLATE pg_catalog."C") AS nth
    FROM found AS f
  ), told AS (
    SELECT n.place, n.hidden, pg_catalog.concat(
      pg_catalog.string_agg(n.name, ', ' ORDER BY n.nth) FILTER (WHERE n.nth <= ${NAMES_SHOWN}),
      CASE WHEN pg_catalog.count(*) > ${NAMES_SHOWN} THEN pg_catalog.concat(', +', pg_catalog.count(*) - ${NAMES_SHOWN}, ' more') END) AS names
    FROM numbered AS n GROUP BY n.place, n.hidden
  )
  SELECT c.check_name, CASE WHEN o.names IS NULL THEN 'OK' ELSE 'WARNING' END,
    pg_catalog.concat(coalesce(o.names, 'none'), '; hidden from this role: ' || h.names)
  FROM (VALUES ${INTEGRITY_CHECKS.map(({ name }, i) => `(${i}, ${quoteLiteral(name)})`).join(", ")}) AS c(place, check_name)
    LEFT JOIN told AS o ON o.place = c.place AND NOT o.hidden LEFT JOIN told AS h ON h.place = c.place AND h.hidden
  ORDER BY c.place
$paws_migrate$`;
