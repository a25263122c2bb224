import { comment, objects, owner, privileges, said } from "./definition.ts";

/** Relations of the users: not the server's, not ours ($1: the history's schema, $2: our names) and what belongs to ours. */
const RELATIONS = `own AS (
    SELECT c.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = $1::pg_catalog.text AND c.relname = ANY ($2::pg_catalog.text[])),
  seen AS (
    SELECT c.*, pg_catalog.format('%I.%I', n.nspname, c.relname) AS shown
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      AND c.oid NOT IN (SELECT oid FROM own)
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indexrelid = c.oid AND i.indrelid IN (SELECT oid FROM own))
      AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
          AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid
          AND d.deptype IN ('a', 'i') AND d.refobjid IN (SELECT oid FROM own)))`;

const of = (kind: string, identity: string, definition: readonly string[], from: string): string =>
  objects(RELATIONS, kind, identity, definition, from);

/** Of tables and whatever belongs to them. Each gives kind, identity and definition. */
export const RELATION_QUERIES: readonly string[] = [
  of(
    "relation",
    "seen.shown",
    [
      `CASE relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned table' WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view'
        WHEN 'f' THEN 'foreign table' WHEN 'c' THEN 'composite type' WHEN 'S' THEN 'sequence' WHEN 'i' THEN 'index' ELSE relkind::text END`,
      said("unlogged", "CASE WHEN relpersistence <> 'p' THEN relpersistence::text END"),
      owner("relowner"),
      "CASE WHEN relrowsecurity THEN 'row level security' END",
      "CASE WHEN relforcerowsecurity THEN 'forced row level security' END",
      said("replica identity", "CASE WHEN relreplident NOT IN ('d', 'n') THEN relreplident::text END"),
      "CASE WHEN NOT relispopulated THEN 'not populated' END",
      said("with", "pg_catalog.array_to_string(reloptions, ',')"),
      said("tablespace", "(SELECT spcname FROM pg_catalog.pg_tablespace ts WHERE ts.oid = reltablespace)"),
      said("access method", "(SELECT amname FROM pg_catalog.pg_am WHERE pg_am.oid = relam)"),
      "pg_catalog.pg_get_expr(relpartbound, seen.oid)",
      said("partition by", "CASE WHEN relkind = 'p' THEN pg_catalog.pg_get_partkeydef(seen.oid) END"),
      said(
        "inherits",
        "(SELECT pg_catalog.string_agg(inhparent::pg_catalog.regclass::text, ', ' ORDER BY inhseqno) FROM pg_catalog.pg_inherits WHERE inhrelid = seen.oid)",
      ),
      "CASE WHEN relkind IN ('v', 'm') THEN pg_catalog.pg_get_viewdef(seen.oid) END",
      privileges("relacl", "CASE WHEN relkind = 'S' THEN 's'::\"char\" ELSE 'r'::\"char\" END", "relowner"),
      comment("pg_catalog.obj_description(seen.oid, 'pg_class')"),
    ],
    "seen WHERE relkind NOT IN ('i', 'I', 't')",
  ),
  // Numbered by rank: a column that was added and dropped leaves a hole.
  of(
    "column",
    "pg_catalog.format('%s.%I', seen.shown, a.attname)",
    [
      "'column ' || pg_catalog.rank() OVER (PARTITION BY attrelid ORDER BY attnum)",
      "pg_catalog.format_type(atttypid, atttypmod)",
      "CASE WHEN attcollation <> (SELECT typcollation FROM pg_catalog.pg_type WHERE oid = atttypid) THEN 'collate ' || attcollation::pg_catalog.regcollation::text END",
      "CASE WHEN attnotnull THEN 'not null' END",
      said("default", "CASE WHEN attgenerated = '' THEN pg_catalog.pg_get_expr(d.adbin, d.adrelid) END"),
      said("generated", "CASE WHEN attgenerated <> '' THEN pg_catalog.pg_get_expr(d.adbin, d.adrelid) END"),
      said("identity", "CASE attidentity WHEN 'a' THEN 'always' WHEN 'd' THEN 'by default' END"),
      said("storage", "attstorage::text"),
      said("compression", "nullif(attcompression::text, '')"),
      said("statistics", "CASE WHEN attstattarget >= 0 THEN attstattarget::text END"),
      said("with", "pg_catalog.array_to_string(attoptions, ',')"),
      said("grants", "pg_catalog.array_to_string(attacl, ',')"),
      comment("pg_catalog.col_description(attrelid, attnum)"),
    ],
    `seen JOIN pg_catalog.pg_attribute a ON attrelid = seen.oid AND attnum > 0 AND NOT attisdropped
      LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = attrelid AND d.adnum = attnum WHERE relkind NOT IN ('i', 'I', 'S', 't')`,
  ),
  of(
    "constraint",
    "pg_catalog.format('%s.%I', seen.shown, conname)",
    [
      "pg_catalog.pg_get_constraintdef(k.oid)",
      "CASE WHEN NOT convalidated THEN 'not validated' END",
      "CASE WHEN NOT conislocal THEN 'inherited' END",
      comment("pg_catalog.obj_description(k.oid, 'pg_constraint')"),
    ],
    "seen JOIN pg_catalog.pg_constraint k ON conrelid = seen.oid",
  ),
  of(
    "index",
    "seen.shown",
    [
      "pg_catalog.pg_get_indexdef(indexrelid)",
      "CASE WHEN NOT indisvalid THEN 'invalid' END",
      "CASE WHEN indisclustered THEN 'clustered' END",
      "CASE WHEN indisreplident THEN 'replica identity' END",
      said("with", "pg_catalog.array_to_string(reloptions, ',')"),
      comment("pg_catalog.obj_description(seen.oid, 'pg_class')"),
    ],
    "seen JOIN pg_catalog.pg_index ON indexrelid = seen.oid",
  ),
  of(
    "sequence",
    "seen.shown",
    [
      "pg_catalog.format_type(seqtypid, NULL)",
      "pg_catalog.format('start %s increment %s from %s to %s cache %s cycle %s', seqstart, seqincrement, seqmin, seqmax, seqcache, seqcycle)",
      said(
        "owned by",
        `(SELECT pg_catalog.string_agg(refobjid::pg_catalog.regclass::text || '.' || refobjsubid, ', ') FROM pg_catalog.pg_depend
          WHERE classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND objid = seen.oid AND deptype IN ('a', 'i')
            AND refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass)`,
      ),
    ],
    "seen JOIN pg_catalog.pg_sequence ON seqrelid = seen.oid",
  ),
  of(
    "trigger",
    "pg_catalog.format('%s.%I', seen.shown, tgname)",
    [
      "pg_catalog.pg_get_triggerdef(t.oid)",
      said("enabled", "CASE WHEN tgenabled <> 'O' THEN tgenabled::text END"),
      comment("pg_catalog.obj_description(t.oid, 'pg_trigger')"),
    ],
    "seen JOIN pg_catalog.pg_trigger t ON tgrelid = seen.oid AND NOT tgisinternal",
  ),
  of(
    "rule",
    "pg_catalog.format('%s.%I', seen.shown, rulename)",
    [
      "pg_catalog.pg_get_ruledef(r.oid)",
      said("enabled", "CASE WHEN ev_enabled <> 'O' THEN ev_enabled::text END"),
      comment("pg_catalog.obj_description(r.oid, 'pg_rewrite')"),
    ],
    "seen JOIN pg_catalog.pg_rewrite r ON ev_class = seen.oid AND rulename <> '_RETURN'",
  ),
  of(
    "policy",
    "pg_catalog.format('%s.%I', seen.shown, polname)",
    [
      "CASE WHEN polpermissive THEN 'permissive' ELSE 'restrictive' END",
      said("for", "polcmd::text"),
      said(
        "to",
        "(SELECT pg_catalog.string_agg(CASE r WHEN 0 THEN 'public' ELSE pg_catalog.pg_get_userbyid(r)::text END, ', ' ORDER BY r) FROM pg_catalog.unnest(polroles) r)",
      ),
      said("using", "pg_catalog.pg_get_expr(polqual, polrelid)"),
      said("with check", "pg_catalog.pg_get_expr(polwithcheck, polrelid)"),
      comment("pg_catalog.obj_description(p.oid, 'pg_policy')"),
    ],
    "seen JOIN pg_catalog.pg_policy p ON polrelid = seen.oid",
  ),
  of(
    "statistics",
    "pg_catalog.format('%s.%I', stxnamespace::pg_catalog.regnamespace, stxname)",
    [
      "pg_catalog.pg_get_statisticsobjdef(s.oid)",
      comment("pg_catalog.obj_description(s.oid, 'pg_statistic_ext')"),
    ],
    "seen JOIN pg_catalog.pg_statistic_ext s ON stxrelid = seen.oid",
  ),
];
