import type { Message, Result } from "../seam.ts";
import { quoteIdentifier } from "../sql/quote.ts";
import { KINDS, type Kind, type ToolHistory } from "./tool_history.ts";
import { TOOL_HISTORIES } from "./tools.ts";

/** A table that bears a name which some tool gives its history, as the catalog has it. */
export interface FoundTable {
  readonly schema: string;
  readonly name: string;
  /** Name to type, without its length. */
  readonly columns: Readonly<Record<string, string>>;
  /** Policies hide some of its rows from this role. */
  readonly row_security: boolean;
  /** What this role lacks to read it, as a GRANT names it: `SELECT ON ops.x`. */
  readonly lacking: readonly string[];
  readonly role: string;
  /** Views, rules and functions with a body in SQL that read it, and go on with it whatever it is called. */
  readonly readers: readonly string[];
}

export interface TableName {
  readonly schema: string;
  readonly name: string;
}

const NAMES = TOOL_HISTORIES.flatMap(({ table, beside }) => [
  table,
  ...(beside === undefined ? [] : [beside.table]),
]);

/** Looks for histories in every schema; `named` is one that bears another name. The answer is one JSON text. */
export function foundTablesQuery(named: TableName | null, also: TableName): Message {
  return {
    text: `SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('schema', n.nspname, 'name', c.relname,
        'row_security', pg_catalog.row_security_active(c.oid), 'role', pg_catalog.quote_ident(current_user),
        'columns', coalesce((SELECT pg_catalog.jsonb_object_agg(a.attname, pg_catalog.format_type(a.atttypid, NULL))
          FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) c.oid
            AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped), '{}'::pg_catalog.jsonb),
        'lacking', pg_catalog.to_jsonb(pg_catalog.array_remove(ARRAY[
          CASE WHEN NOT pg_catalog.has_schema_privilege(n.oid, 'USAGE')
            THEN pg_catalog.concat('USAGE ON SCHEMA ', pg_catalog.quote_ident(n.nspname)) END,
          CASE WHEN NOT pg_catalog.has_table_privilege(c.oid, 'SELECT')
            THEN pg_catalog.concat('SELECT ON ', pg_catalog.quote_ident(n.nspname), '.', pg_catalog.quote_ident(c.relname)) END], NULL)),
        'readers', coalesce((SELECT pg_catalog.jsonb_agg(DISTINCT
            pg_catalog.concat(m.nspname, '.', v.relname, p.proname, CASE WHEN p.oid IS NOT NULL THEN '()' END))
          FROM pg_catalog.pg_depend d
            LEFT JOIN pg_catalog.pg_rewrite r ON r.oid OPERATOR(pg_catalog.=) d.objid
              AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_rewrite'::pg_catalog.regclass
            LEFT JOIN pg_catalog.pg_class v ON v.oid OPERATOR(pg_catalog.=) r.ev_class
            LEFT JOIN pg_catalog.pg_proc p ON p.oid OPERATOR(pg_catalog.=) d.objid
              AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_proc'::pg_catalog.regclass
            JOIN pg_catalog.pg_namespace m ON m.oid OPERATOR(pg_catalog.=) coalesce(v.relnamespace, p.pronamespace)
          WHERE d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
            AND d.refobjid OPERATOR(pg_catalog.=) c.oid), '[]'::pg_catalog.jsonb))
        ORDER BY n.nspname, c.relname), '[]'::pg_catalog.jsonb)
      FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
      WHERE c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p}'::pg_catalog."char"[])
        AND NOT pg_catalog.starts_with(n.nspname::pg_catalog.text, 'pg_') AND n.nspname OPERATOR(pg_catalog.<>) 'information_schema'
        AND (pg_catalog.lower(c.relname::pg_catalog.text) OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[])
          OR (n.nspname::pg_catalog.text OPERATOR(pg_catalog.=) $2::pg_catalog.text
            AND c.relname::pg_catalog.text OPERATOR(pg_catalog.=) $3::pg_catalog.text)
          OR (n.nspname::pg_catalog.text OPERATOR(pg_catalog.=) $4::pg_catalog.text
            AND c.relname::pg_catalog.text OPERATOR(pg_catalog.=) $5::pg_catalog.text))`,
    values: [`{${NAMES.join()}}`, named?.schema ?? null, named?.name ?? null, also.schema, also.name],
  };
}

export const toFoundTables = (result: Result | undefined): readonly FoundTable[] =>
  JSON.parse(result?.rows[0]?.[0] ?? "[]") as FoundTable[];

export const quoted = ({ schema, name }: TableName): string =>
  `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;

export const plainName = ({ schema, name }: TableName): string => `${schema}.${name}`;

const isOf = (type: string | undefined, kind: Kind): boolean =>
  type !== undefined && (KINDS[kind] as readonly string[]).includes(type);

/** The columns of `wanted` that the table has, with a type that can be read. */
export const columnsThere = (
  table: FoundTable,
  wanted: Readonly<Record<string, Kind>>,
): readonly (readonly [name: string, kind: Kind])[] =>
  Object.entries(wanted).filter(([name, kind]) => isOf(table.columns[name], kind));

/** Whether a table is this tool's history; `named`: it may bear any name. */
export function isHistoryOf(table: FoundTable, tool: ToolHistory, named: boolean): boolean {
  const named_right = named || table.name.toLowerCase() === tool.table;
  const placed = named || tool.schema === null || table.schema === tool.schema;
  const wanted = Object.keys(tool.columns);
  const there = columnsThere(table, tool.columns).length === wanted.length;
  const only = !tool.whole || Object.keys(table.columns).length === wanted.length;
  return named_right && placed && there && only;
}
