import { comment, owner, privileges, said } from "./definition.ts";
import { notOfExtension, of } from "./schema_queries.ts";

const options = (column: string): string => said("options", `pg_catalog.array_to_string(${column}, ',')`);

/** Of what reaches out of the database, or lies beside its tables. Each gives kind, identity and definition. */
export const FOREIGN_QUERIES: readonly string[] = [
  // Which columns there are depends on the server's version.
  of(
    "publication",
    "pg_catalog.quote_ident(p.pubname)",
    [
      "pg_catalog.to_jsonb(p) - ARRAY['oid', 'pubname', 'pubowner']",
      `(SELECT pg_catalog.string_agg((pg_catalog.to_jsonb(t) - 'pubname')::text, ', ' ORDER BY t.schemaname, t.tablename)
        FROM pg_catalog.pg_publication_tables t WHERE t.pubname = p.pubname
          AND NOT (t.schemaname = $1 AND t.tablename = ANY ($2)))`,
      owner("pubowner"),
      comment("pg_catalog.obj_description(p.oid, 'pg_publication')"),
    ],
    "pg_catalog.pg_publication p, given",
  ),
  of(
    "foreign-data wrapper",
    "pg_catalog.quote_ident(fdwname)",
    [
      "nullif(fdwhandler, 0)::pg_catalog.regproc",
      "nullif(fdwvalidator, 0)::pg_catalog.regproc",
      options("fdwoptions"),
      owner("fdwowner"),
      privileges("fdwacl", "'F'", "fdwowner"),
    ],
    `pg_catalog.pg_foreign_data_wrapper w, given WHERE ${notOfExtension("pg_foreign_data_wrapper", "w.oid")}`,
  ),
  of(
    "server",
    "pg_catalog.quote_ident(srvname)",
    [
      "(SELECT fdwname FROM pg_catalog.pg_foreign_data_wrapper w WHERE w.oid = srvfdw)",
      "srvtype",
      "srvversion",
      options("srvoptions"),
      owner("srvowner"),
      privileges("srvacl", "'S'", "srvowner"),
    ],
    `pg_catalog.pg_foreign_server s, given WHERE ${notOfExtension("pg_foreign_server", "s.oid")}`,
  ),
  // Its options are passwords: that they differ is told, not what they are.
  of(
    "user mapping",
    "pg_catalog.format('%s for %I', srvname, usename)",
    ["pg_catalog.md5(pg_catalog.array_to_string(umoptions, ','))"],
    "pg_catalog.pg_user_mappings, given",
  ),
  of(
    "foreign table",
    "ftrelid::pg_catalog.regclass",
    [
      "(SELECT srvname FROM pg_catalog.pg_foreign_server s WHERE s.oid = ftserver)",
      options("ftoptions"),
      `(SELECT pg_catalog.string_agg(attname || ' ' || attfdwoptions::text, ', ' ORDER BY attnum)
        FROM pg_catalog.pg_attribute WHERE attrelid = ftrelid AND attfdwoptions IS NOT NULL)`,
    ],
    "pg_catalog.pg_foreign_table, given",
  ),
  of(
    "large objects",
    "'all'",
    ["pg_catalog.count(*)"],
    "pg_catalog.pg_largeobject_metadata, (SELECT FROM given) g",
  ),
  of(
    "security label",
    "pg_catalog.concat_ws(' ', objtype, objname, provider)",
    ["label"],
    "pg_catalog.pg_seclabels, given WHERE objtype NOT IN ('database', 'role', 'tablespace')",
  ),
];
