// Each gives a column `line`; $1 holds the names of the tables that are left out.

/** Relations of the users, but those of $1 and what belongs to them: indexes, sequences. */
const RELATIONS = `
  seen AS (
    SELECT c.*, quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS name
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      AND c.relname <> ALL ($1::text[])
      AND NOT EXISTS (
        SELECT FROM pg_depend d JOIN pg_class own ON own.oid = d.refobjid AND d.refclassid = 'pg_class'::regclass
        WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i')
          AND own.relname = ANY ($1::text[]))
      AND NOT EXISTS (
        SELECT FROM pg_index i JOIN pg_class own ON own.oid = i.indrelid
        WHERE i.indexrelid = c.oid AND own.relname = ANY ($1::text[])))`;

const SCHEMAS = `seen AS (
    SELECT n.* FROM pg_namespace n WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema')`;

/** Values side by side; null is told from an empty text. */
const line = (...values: string[]): string =>
  `concat_ws(' | ', ${values.map((value) => `coalesce((${value})::text, '-')`).join(", ")}) AS line`;

const owner = (column: string): string => `pg_get_userbyid(${column})`;

/** Privileges in an order that does not depend on when they were granted; those of nobody's granting too. */
const privileges = (column: string, kind: string, owner: string): string =>
  `SELECT string_agg(item::text, ',' ORDER BY item::text)
   FROM unnest(coalesce(${column}, acldefault('${kind}', ${owner}))) item`;

const comment = (oid: string, catalog: string): string => `obj_description(${oid}, '${catalog}')`;

export const CATALOG_QUERIES: Readonly<Record<string, string>> = {
  schema: `WITH ${SCHEMAS} SELECT ${line("nspname", owner("nspowner"), privileges("nspacl", "n", "nspowner"), comment("oid", "pg_namespace"))}
    FROM seen WHERE $1::text[] IS NOT NULL`,

  relation: `WITH ${RELATIONS} SELECT ${line(
    "name",
    "relkind",
    "relpersistence",
    owner("relowner"),
    "relrowsecurity",
    "relforcerowsecurity",
    "relreplident",
    "relispopulated",
    "reloptions",
    "reltablespace",
    "SELECT amname FROM pg_am WHERE pg_am.oid = relam",
    "pg_get_expr(relpartbound, oid)",
    "pg_get_partkeydef(oid)",
    "SELECT string_agg(inhparent::regclass::text, ',' ORDER BY inhseqno) FROM pg_inherits WHERE inhrelid = seen.oid",
    "CASE WHEN relkind IN ('v', 'm') THEN pg_get_viewdef(oid) END",
    `CASE WHEN relkind = 'S' THEN (${privileges("relacl", "s", "relowner")})
      ELSE (${privileges("relacl", "r", "relowner")}) END`,
    comment("oid", "pg_class"),
  )} FROM seen`,

  // Numbered by rank: a column that was added and dropped leaves a hole.
  column: `WITH ${RELATIONS} SELECT ${line(
    "seen.name",
    "rank() OVER (PARTITION BY attrelid ORDER BY attnum)",
    "attname",
    "format_type(atttypid, atttypmod)",
    "attnotnull",
    "attidentity",
    "attgenerated",
    "pg_get_expr(d.adbin, d.adrelid)",
    "attcollation::regcollation",
    "attstorage",
    "attcompression",
    "attstattarget",
    "attoptions",
    privileges("attacl", "c", "relowner"),
    "col_description(attrelid, attnum)",
  )} FROM seen JOIN pg_attribute a ON attrelid = seen.oid AND attnum > 0 AND NOT attisdropped
    LEFT JOIN pg_attrdef d ON d.adrelid = attrelid AND d.adnum = attnum
    WHERE relkind NOT IN ('i', 'I', 'S')`,

  constraint: `WITH ${RELATIONS} SELECT ${line(
    "seen.name",
    "conname",
    "pg_get_constraintdef(k.oid)",
    "convalidated",
    "conislocal",
    "coninhcount",
    comment("k.oid", "pg_constraint"),
  )} FROM seen JOIN pg_constraint k ON conrelid = seen.oid`,

  index: `WITH ${RELATIONS} SELECT ${line(
    "pg_get_indexdef(indexrelid)",
    "indisvalid",
    "indisready",
    "indisclustered",
    "indisreplident",
    "indisprimary",
  )} FROM seen JOIN pg_index ON indexrelid = seen.oid`,

  sequence: `WITH ${RELATIONS} SELECT ${line(
    "name",
    "format_type(seqtypid, NULL)",
    "seqstart",
    "seqincrement",
    "seqmin",
    "seqmax",
    "seqcache",
    "seqcycle",
    `SELECT concat_ws('.', refobjid::regclass, refobjsubid, deptype) FROM pg_depend
     WHERE classid = 'pg_class'::regclass AND objid = seen.oid AND deptype IN ('a', 'i')
       AND refclassid = 'pg_class'::regclass`,
  )} FROM seen JOIN pg_sequence ON seqrelid = seen.oid`,

  trigger: `WITH ${RELATIONS} SELECT ${line(
    "pg_get_triggerdef(t.oid)",
    "tgenabled",
    comment("t.oid", "pg_trigger"),
  )} FROM seen JOIN pg_trigger t ON tgrelid = seen.oid AND NOT tgisinternal`,

  rule: `WITH ${RELATIONS} SELECT ${line("pg_get_ruledef(r.oid)", "ev_enabled", comment("r.oid", "pg_rewrite"))}
    FROM seen JOIN pg_rewrite r ON ev_class = seen.oid`,

  policy: `WITH ${RELATIONS} SELECT ${line(
    "seen.name",
    "polname",
    "polcmd",
    "polpermissive",
    "SELECT string_agg(CASE r WHEN 0 THEN 'public' ELSE pg_get_userbyid(r) END, ',' ORDER BY r) FROM unnest(polroles) r",
    "pg_get_expr(polqual, polrelid)",
    "pg_get_expr(polwithcheck, polrelid)",
    comment("p.oid", "pg_policy"),
  )} FROM seen JOIN pg_policy p ON polrelid = seen.oid`,

  statistics: `WITH ${RELATIONS} SELECT ${line("pg_get_statisticsobjdef(s.oid)", comment("s.oid", "pg_statistic_ext"))}
    FROM seen JOIN pg_statistic_ext s ON stxrelid = seen.oid`,

  function: `WITH ${SCHEMAS} SELECT ${line(
    "p.oid::regprocedure",
    "prokind",
    owner("proowner"),
    "CASE WHEN prokind <> 'a' THEN pg_get_functiondef(p.oid) END",
    "SELECT concat_ws(' ', aggtransfn, aggfinalfn, format_type(aggtranstype, NULL), agginitval) FROM pg_aggregate WHERE aggfnoid = p.oid",
    privileges("proacl", "f", "proowner"),
    comment("p.oid", "pg_proc"),
  )} FROM seen JOIN pg_proc p ON pronamespace = seen.oid WHERE proname <> ALL ($1::text[])`,

  // Row types of relations go with these.
  type: `WITH ${SCHEMAS} SELECT ${line(
    "format_type(t.oid, NULL)",
    "typtype",
    owner("typowner"),
    "SELECT string_agg(quote_literal(enumlabel), ',' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid",
    "CASE WHEN typtype = 'd' THEN format_type(typbasetype, typtypmod) END",
    "typnotnull",
    "typdefault",
    "typcollation::regcollation",
    "SELECT string_agg(conname || ' ' || pg_get_constraintdef(oid), ',' ORDER BY conname) FROM pg_constraint WHERE contypid = t.oid",
    "SELECT format_type(rngsubtype, NULL) FROM pg_range WHERE rngtypid = t.oid",
    privileges("typacl", "T", "typowner"),
    comment("t.oid", "pg_type"),
  )} FROM seen JOIN pg_type t ON typnamespace = seen.oid
    WHERE $1::text[] IS NOT NULL AND typelem = 0 AND (typrelid = 0 OR (SELECT relkind FROM pg_class WHERE oid = typrelid) = 'c')`,

  extension: `SELECT ${line("extname", "extversion", "extnamespace::regnamespace", owner("extowner"))}
    FROM pg_extension WHERE $1::text[] IS NOT NULL`,

  event_trigger: `SELECT ${line("evtname", "evtevent", "evtfoid::regproc", "evtenabled", "evttags")}
    FROM pg_event_trigger WHERE $1::text[] IS NOT NULL`,

  default_privileges: `SELECT ${line(owner("defaclrole"), "defaclnamespace::regnamespace", "defaclobjtype", privileges("defaclacl", "r", "defaclrole"))}
    FROM pg_default_acl WHERE $1::text[] IS NOT NULL`,

  database: `SELECT ${line(
    owner("datdba"),
    privileges("datacl", "d", "datdba"),
    "shobj_description(d.oid, 'pg_database')",
    "SELECT string_agg(setrole || array_to_string(setconfig, ','), ';' ORDER BY setrole) FROM pg_db_role_setting WHERE setdatabase = d.oid",
  )} FROM pg_database d WHERE datname = current_database() AND $1::text[] IS NOT NULL`,
};
