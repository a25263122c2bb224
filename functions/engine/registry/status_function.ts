import { HELPER_MARK, HELPERS } from "./helper_names.ts";
import type { QualifiedTables } from "./tables.ts";

/** What its comment in the catalog says. */
export const STATUS_COMMENT =
  "What is applied, newest first, and before it what the bundle that was read last holds beside it";

/**
 * The seed's columns first, and three more behind them. What is pending is of the bundle that a run read last; a
 * bundle that nobody ran is not known here. The body names operators alone, for it has a search_path of its own.
 */
export const createStatusFunction = (t: QualifiedTables): string =>
  `CREATE FUNCTION ${t.schema}.${HELPERS.status}() RETURNS TABLE (migration_name pg_catalog.text,
    applied pg_catalog.bool, applied_at pg_catalog.timestamptz, version pg_catalog.int8, label pg_catalog.text,
    state pg_catalog.text)
  LANGUAGE sql STABLE SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $paws_migrate$
${HELPER_MARK}
  WITH seen AS (
    SELECT b.migrations FROM ${t.bundles} AS b ORDER BY b.seen_at DESC LIMIT 1
  ), known AS (
    SELECT m.place, m.migration ->> 'name' AS name, (m.migration ->> 'version')::pg_catalog.int8 AS version,
      m.migration ->> 'label' AS label
    FROM seen CROSS JOIN pg_catalog.jsonb_array_elements(seen.migrations) WITH ORDINALITY AS m(migration, place)
  ), listed AS (
    SELECT h.name::pg_catalog.text AS name, true AS applied, h.applied_at, h.version,
      coalesce(h.label, h.version::pg_catalog.text) AS label, h.state, h.applied_seq AS place
    FROM ${t.history} AS h
    UNION ALL
    SELECT k.name, false, NULL, k.version, k.label, 'pending', k.place
    FROM known AS k WHERE NOT EXISTS (SELECT FROM ${t.history} AS h WHERE h.version = k.version)
  )
  SELECT l.name, l.applied, l.applied_at, l.version, l.label, l.state FROM listed AS l ORDER BY l.applied, l.place DESC
$paws_migrate$`;
