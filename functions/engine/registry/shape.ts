import type { Message } from "../seam.ts";
import { type FoundFunction, HELPER_MARK, HELPER_NAMES, type Helpers, helpersOf } from "./helper_names.ts";
import { OWN_RELATIONS, PERFORMANCE_VIEW, TABLES } from "./tables.ts";

/** One relation as the catalog has it. */
export interface FoundRelation {
  readonly name: string;
  /** pg_class.relkind: `r` table, `v` view. */
  readonly kind: string;
  readonly row_security: boolean;
  /** `column type`, in order. */
  readonly columns: readonly string[];
}

/** What stands in the history's schema under our names, before anyone trusted it. */
export interface FoundTables {
  readonly schema_exists: boolean;
  readonly relations: readonly FoundRelation[];
  /** Those that a call of our functions' names would reach. */
  readonly functions: readonly FoundFunction[];
  readonly may_create_functions: boolean;
}

/**
 * Whose history it is. `none`: nobody's yet. `seed`: made by the seed's `migrate.sh`. `foreign`: another
 * tool's, `tool` saying whose it looks like.
 */
export type Shape =
  | { readonly kind: "none"; readonly schema_exists: boolean; readonly helpers: Helpers }
  /** `format`: which of our formats the tables look like; the registry's own row is held against it. */
  | { readonly kind: "ours"; readonly format: number; readonly helpers: Helpers }
  | { readonly kind: "seed"; readonly performance_table: boolean; readonly helpers: Helpers }
  | {
      readonly kind: "foreign";
      readonly tool: string;
      readonly columns: readonly string[];
      /** `adopt` may take it over. */
      readonly adoptable: boolean;
      readonly helpers: Helpers;
    };

/**
 * A function is ours where it says so and whoever owns it may be trusted: the owner of our tables, a superuser, or
 * this role itself. Anybody may have made one in a schema that takes what everybody makes.
 */
const FUNCTIONS = `'functions', coalesce((SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('name', p.proname,
        'ours', p.prokind OPERATOR(pg_catalog.=) 'f' AND pg_catalog.strpos(p.prosrc, $4::pg_catalog.text) OPERATOR(pg_catalog.>) 0
          AND (r.rolsuper OR r.rolname OPERATOR(pg_catalog.=) current_user OR EXISTS (SELECT FROM pg_catalog.pg_class c
            WHERE c.relnamespace OPERATOR(pg_catalog.=) n.oid AND c.relname OPERATOR(pg_catalog.=) $5::pg_catalog.name
              AND c.relowner OPERATOR(pg_catalog.=) p.proowner))))
        FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) p.pronamespace
          JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=) p.proowner
        WHERE n.nspname OPERATOR(pg_catalog.=) $1::pg_catalog.name AND p.proname OPERATOR(pg_catalog.=) ANY ($3::pg_catalog.name[])
          AND p.pronargs OPERATOR(pg_catalog.=) p.pronargdefaults), '[]'::pg_catalog.jsonb),
      'may_create_functions', EXISTS (SELECT FROM pg_catalog.pg_namespace n
        WHERE n.nspname OPERATOR(pg_catalog.=) $1::pg_catalog.name AND pg_catalog.has_schema_privilege(n.oid, 'CREATE')
          AND EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=) c.relowner
            WHERE c.relnamespace OPERATOR(pg_catalog.=) n.oid AND c.relname OPERATOR(pg_catalog.=) $5::pg_catalog.name
              AND r.rolname OPERATOR(pg_catalog.=) current_user))`;

/** Asks for the relations that bear our names; the answer is one JSON text. */
export function shapeQuery(historySchema: string): Message {
  return {
    text: `SELECT pg_catalog.jsonb_build_object(
      'schema_exists', EXISTS (SELECT FROM pg_catalog.pg_namespace n WHERE n.nspname OPERATOR(pg_catalog.=) $1::pg_catalog.name),
      'relations', coalesce((SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
        'name', c.relname, 'kind', c.relkind, 'row_security', c.relrowsecurity,
        'columns', coalesce((SELECT pg_catalog.jsonb_agg(pg_catalog.concat(a.attname, ' ', pg_catalog.format_type(a.atttypid, NULL)) ORDER BY a.attnum)
          FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) c.oid
            AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped), '[]'::pg_catalog.jsonb)))
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
        WHERE n.nspname OPERATOR(pg_catalog.=) $1::pg_catalog.name
          AND c.relname OPERATOR(pg_catalog.=) ANY ($2::pg_catalog.name[])), '[]'::pg_catalog.jsonb),
      ${FUNCTIONS})`,
    values: [
      historySchema,
      `{${OWN_RELATIONS.join(",")}}`,
      `{${HELPER_NAMES.join(",")}}`,
      HELPER_MARK,
      TABLES.bundles,
    ],
  };
}

const SEED_COLUMNS = [
  "version integer",
  "name character varying",
  "applied_at timestamp with time zone",
  "checksum character varying",
];

const ADOPTABLE: ReadonlySet<string> = new Set(["golang-migrate", "Rails or dbmate", "the Supabase CLI"]);

/** A fact of each tool's own table, by its columns. */
function toolOf(columns: readonly string[]): string {
  const names = columns.map((column) => column.split(" ")[0]).join(" ");
  if (names === "version dirty") return "golang-migrate";
  if (names === "version" && columns[0]?.includes("character")) return "Rails or dbmate";
  if (names === "version inserted_at") return "Ecto";
  if (names.startsWith("version statements")) return "the Supabase CLI";
  return "another tool";
}

/** What each format after the first brought. */
function formatOf(relations: ReadonlyMap<string, FoundRelation>): number {
  if (!relations.has(TABLES.statements)) return 1;
  if (!relations.get(TABLES.runs)?.columns.some((column) => column.startsWith("report "))) return 2;
  return relations.has(TABLES.repeatables) ? 4 : 3;
}

/** Reads the catalog's answer: pure, so that plan and preflight say the same. */
export function shapeOf(found: FoundTables): Shape {
  const helpers = helpersOf(found.functions, found.may_create_functions);
  const byName = new Map(found.relations.map((relation) => [relation.name, relation]));
  const history = byName.get(TABLES.history);
  if (history === undefined) {
    const stray = found.relations[0];
    if (stray === undefined) return { kind: "none", schema_exists: found.schema_exists, helpers };
    return {
      kind: "foreign",
      tool: `a relation named ${stray.name}`,
      columns: stray.columns,
      adoptable: false,
      helpers,
    };
  }
  if (byName.has(TABLES.registry) && byName.has(TABLES.runs) && byName.has(TABLES.events)) {
    return { kind: "ours", format: formatOf(byName), helpers };
  }
  const seed =
    history.columns.length === SEED_COLUMNS.length && SEED_COLUMNS.every((c) => history.columns.includes(c));
  if (history.kind === "r" && seed) {
    return { kind: "seed", performance_table: byName.get(PERFORMANCE_VIEW)?.kind === "r", helpers };
  }
  const tool = toolOf(history.columns);
  return { kind: "foreign", tool, columns: history.columns, adoptable: ADOPTABLE.has(tool), helpers };
}

/** Format 2 did not keep the reports of runs. */
export const keepsReports = (shape: Shape): boolean => shape.kind === "ours" && shape.format >= 3;

/** Format 3 knew neither repeatable migrations nor where an adopted row came from. */
export const keepsOrigins = (shape: Shape): boolean => shape.kind === "ours" && shape.format >= 4;

/** Names of our tables that have row-level security on: their rows may be hidden from this role. */
export const withRowSecurity = (found: FoundTables): readonly string[] =>
  found.relations.filter((relation) => relation.row_security).map((relation) => relation.name);
