import { HELPER_MARK } from "../registry/helper_names.ts";
import { quoteLiteral } from "../sql/quote.ts";
import { comment, objects, owner, privileges, said } from "./definition.ts";

/** Schemas of the users. What an extension made goes with the extension. */
const SCHEMAS = `given AS (SELECT $1::pg_catalog.text, $2::pg_catalog.text[]),
  seen AS (SELECT n.* FROM pg_catalog.pg_namespace n, given WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema')`;

export const of = (kind: string, identity: string, definition: readonly string[], from: string): string =>
  objects(SCHEMAS, kind, identity, definition, from);

export const notOfExtension = (catalog: string, oid: string): string =>
  `NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.${catalog}'::pg_catalog.regclass
    AND d.objid = ${oid} AND d.deptype = 'e')`;

/** Made beside our tables. */
const OWN_FUNCTION = `(nspname = $1 AND pronargs = 0 AND pg_catalog.strpos(prosrc, ${quoteLiteral(HELPER_MARK)}) > 0)`;

/** Of what belongs to schemas and to the database. Each gives kind, identity and definition. */
export const SCHEMA_QUERIES: readonly string[] = [
  of(
    "schema",
    "pg_catalog.quote_ident(nspname)",
    [
      owner("nspowner"),
      privileges("nspacl", "'n'", "nspowner"),
      comment("pg_catalog.obj_description(oid, 'pg_namespace')"),
    ],
    "seen",
  ),
  of(
    "function",
    "p.oid::pg_catalog.regprocedure",
    [
      "CASE WHEN prokind <> 'a' THEN pg_catalog.pg_get_functiondef(p.oid) END",
      `(SELECT pg_catalog.concat_ws(' ', aggtransfn, aggfinalfn, pg_catalog.format_type(aggtranstype, NULL), agginitval)
        FROM pg_catalog.pg_aggregate WHERE aggfnoid = p.oid)`,
      owner("proowner"),
      privileges("proacl", "'f'", "proowner"),
      comment("pg_catalog.obj_description(p.oid, 'pg_proc')"),
    ],
    `seen JOIN pg_catalog.pg_proc p ON pronamespace = seen.oid WHERE ${notOfExtension("pg_proc", "p.oid")} AND NOT ${OWN_FUNCTION}`,
  ),
  // Row types of relations go with these.
  of(
    "type",
    "pg_catalog.format_type(t.oid, NULL)",
    [
      "CASE typtype WHEN 'e' THEN 'enum' WHEN 'd' THEN 'domain' WHEN 'r' THEN 'range' WHEN 'c' THEN 'composite' ELSE typtype::text END",
      "(SELECT pg_catalog.string_agg(pg_catalog.quote_literal(enumlabel), ', ' ORDER BY enumsortorder) FROM pg_catalog.pg_enum WHERE enumtypid = t.oid)",
      "CASE WHEN typtype = 'd' THEN pg_catalog.format_type(typbasetype, typtypmod) END",
      "CASE WHEN typnotnull THEN 'not null' END",
      said("default", "typdefault"),
      "(SELECT pg_catalog.string_agg(conname || ' ' || pg_catalog.pg_get_constraintdef(oid), ', ' ORDER BY conname) FROM pg_catalog.pg_constraint WHERE contypid = t.oid)",
      said(
        "of",
        "(SELECT pg_catalog.format_type(rngsubtype, NULL) FROM pg_catalog.pg_range WHERE rngtypid = t.oid)",
      ),
      owner("typowner"),
      privileges("typacl", "'T'", "typowner"),
      comment("pg_catalog.obj_description(t.oid, 'pg_type')"),
    ],
    `seen JOIN pg_catalog.pg_type t ON typnamespace = seen.oid WHERE typelem = 0 AND ${notOfExtension("pg_type", "t.oid")}
      AND (typrelid = 0 OR (SELECT relkind FROM pg_catalog.pg_class WHERE oid = typrelid) = 'c')`,
  ),
  of(
    "extension",
    "pg_catalog.quote_ident(extname)",
    [said("version", "extversion"), said("in", "extnamespace::pg_catalog.regnamespace")],
    "pg_catalog.pg_extension, given",
  ),
  of(
    "event trigger",
    "pg_catalog.quote_ident(evtname)",
    ["evtevent", "evtfoid::pg_catalog.regproc", "evtenabled", "pg_catalog.array_to_string(evttags, ', ')"],
    "pg_catalog.pg_event_trigger, given",
  ),
  of(
    "default privileges",
    "pg_catalog.concat_ws(' ', pg_catalog.pg_get_userbyid(defaclrole), nullif(defaclnamespace, 0)::pg_catalog.regnamespace, defaclobjtype)",
    [
      "(SELECT pg_catalog.string_agg(item::text, ',' ORDER BY item::text COLLATE \"C\") FROM pg_catalog.unnest(defaclacl) item)",
    ],
    "pg_catalog.pg_default_acl, given",
  ),
  of(
    "database",
    "'settings'",
    [
      "(SELECT pg_catalog.string_agg(setrole || ' ' || pg_catalog.array_to_string(setconfig, ','), '; ' ORDER BY setrole) FROM pg_catalog.pg_db_role_setting WHERE setdatabase = db.oid)",
    ],
    "pg_catalog.pg_database db, given WHERE datname = pg_catalog.current_database()",
  ),
];
