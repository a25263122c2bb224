import { comment, owner, said } from "./definition.ts";
import { notOfExtension, of } from "./schema_queries.ts";

/** Those of the server itself have lower numbers. */
const MADE = "oid >= 16384";

const named = (schema: string, name: string): string =>
  `pg_catalog.format('%I.%I', ${schema}::pg_catalog.regnamespace::text, ${name})`;

/** Made in one of the users' schemas, and not by an extension. */
const inSchema = (catalog: string, schema: string): string =>
  `seen JOIN pg_catalog.${catalog} o ON ${schema} = seen.oid WHERE ${notOfExtension(catalog, "o.oid")}`;

const about = (catalog: string): string => comment(`pg_catalog.obj_description(o.oid, '${catalog}')`);

/** Of what expressions and searches are made of. Each gives kind, identity and definition. */
export const OPERATOR_QUERIES: readonly string[] = [
  of(
    "operator",
    "o.oid::pg_catalog.regoperator",
    [
      "nullif(oprcode, 0)::pg_catalog.regproc",
      said("commutator", "nullif(oprcom, 0)::pg_catalog.regoperator"),
      said("negator", "nullif(oprnegate, 0)::pg_catalog.regoperator"),
      said("restrict", "nullif(oprrest, 0)::pg_catalog.regproc"),
      said("join", "nullif(oprjoin, 0)::pg_catalog.regproc"),
      "CASE WHEN oprcanhash THEN 'hashes' END",
      "CASE WHEN oprcanmerge THEN 'merges' END",
      owner("oprowner"),
      about("pg_operator"),
    ],
    inSchema("pg_operator", "oprnamespace"),
  ),
  of(
    "operator class",
    `${named("opcnamespace", "opcname")} || ' using ' || (SELECT amname FROM pg_catalog.pg_am WHERE pg_am.oid = opcmethod)`,
    [
      "opcintype::pg_catalog.regtype",
      "CASE WHEN opcdefault THEN 'default' END",
      `(SELECT ${named("opfnamespace", "opfname")} FROM pg_catalog.pg_opfamily f WHERE f.oid = opcfamily)`,
      said("stores", "nullif(opckeytype, 0)::pg_catalog.regtype"),
      owner("opcowner"),
    ],
    inSchema("pg_opclass", "opcnamespace"),
  ),
  of(
    "operator family",
    `${named("opfnamespace", "opfname")} || ' using ' || (SELECT amname FROM pg_catalog.pg_am WHERE pg_am.oid = opfmethod)`,
    [
      `(SELECT pg_catalog.string_agg(amopstrategy || ' ' || amopopr::pg_catalog.regoperator, ', ' ORDER BY amopstrategy, amopopr::pg_catalog.regoperator::text)
        FROM pg_catalog.pg_amop WHERE amopfamily = o.oid)`,
      `(SELECT pg_catalog.string_agg(amprocnum || ' ' || amproc::pg_catalog.regproc, ', ' ORDER BY amprocnum, amproc::pg_catalog.regproc::text)
        FROM pg_catalog.pg_amproc WHERE amprocfamily = o.oid)`,
      owner("opfowner"),
    ],
    inSchema("pg_opfamily", "opfnamespace"),
  ),
  of(
    "cast",
    "castsource::pg_catalog.regtype || ' as ' || casttarget::pg_catalog.regtype",
    ["nullif(castfunc, 0)::pg_catalog.regprocedure", "castcontext", "castmethod"],
    `pg_catalog.pg_cast o, given WHERE ${MADE} AND ${notOfExtension("pg_cast", "o.oid")}`,
  ),
  // Which columns there are depends on the server's version.
  of(
    "collation",
    named("collnamespace", "collname"),
    [
      "pg_catalog.to_jsonb(o) - ARRAY['oid', 'collname', 'collnamespace', 'collowner']",
      owner("collowner"),
      about("pg_collation"),
    ],
    inSchema("pg_collation", "collnamespace"),
  ),
  of(
    "conversion",
    named("connamespace", "conname"),
    [
      "pg_catalog.pg_encoding_to_char(conforencoding)",
      "pg_catalog.pg_encoding_to_char(contoencoding)",
      "conproc::pg_catalog.regproc",
      "CASE WHEN condefault THEN 'default' END",
      owner("conowner"),
    ],
    inSchema("pg_conversion", "connamespace"),
  ),
  of(
    "text search configuration",
    named("cfgnamespace", "cfgname"),
    [
      "(SELECT prsname FROM pg_catalog.pg_ts_parser p WHERE p.oid = cfgparser)",
      `(SELECT pg_catalog.string_agg(maptokentype || ' ' || mapdict::pg_catalog.regdictionary, ', ' ORDER BY maptokentype, mapseqno)
        FROM pg_catalog.pg_ts_config_map WHERE mapcfg = o.oid)`,
      owner("cfgowner"),
      about("pg_ts_config"),
    ],
    inSchema("pg_ts_config", "cfgnamespace"),
  ),
  of(
    "text search dictionary",
    named("dictnamespace", "dictname"),
    [
      "(SELECT tmplname FROM pg_catalog.pg_ts_template t WHERE t.oid = dicttemplate)",
      "dictinitoption",
      owner("dictowner"),
      about("pg_ts_dict"),
    ],
    inSchema("pg_ts_dict", "dictnamespace"),
  ),
  of(
    "language",
    "pg_catalog.quote_ident(lanname)",
    [
      "nullif(lanplcallfoid, 0)::pg_catalog.regproc",
      "CASE WHEN lanpltrusted THEN 'trusted' END",
      owner("lanowner"),
    ],
    `pg_catalog.pg_language o, given WHERE ${MADE} AND ${notOfExtension("pg_language", "o.oid")}`,
  ),
];
