import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type pg from "pg";
import { root } from "./docs_page.ts";

/** A table or view, with the comments that the database has. */
export interface Relation {
  readonly name: string;
  readonly is_view: boolean;
  readonly comment: string | null;
  readonly columns: readonly {
    readonly name: string;
    readonly type: string;
    readonly comment: string | null;
  }[];
}

/** Every table and view of a schema, by name. */
export async function relationsIn(client: pg.Client, schema: string): Promise<readonly Relation[]> {
  const { rows } = await client.query<Relation>(
    `SELECT c.relname AS name, c.relkind IN ('v', 'm') AS is_view, obj_description(c.oid, 'pg_class') AS comment,
            jsonb_agg(jsonb_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
              'comment', col_description(c.oid, a.attnum)) ORDER BY a.attnum) AS columns
     FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE c.relnamespace = $1::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
     GROUP BY c.oid ORDER BY c.relkind IN ('v', 'm'), c.relname COLLATE "C"`,
    [schema],
  );
  return rows;
}

export const HISTORY_PAGE = "docs/history-tables.md";
const BEGIN = "<!-- columns: generated from the database -->";
const END = "<!-- end of columns -->";

/** The page as it stands, and with its columns as the database has them; UPDATE_DOCS=1 writes the latter. */
export function generatedColumns(relations: readonly Relation[]): {
  readonly found: string;
  readonly wanted: string;
} {
  const file = join(root, HISTORY_PAGE);
  const found = readFileSync(file, "utf8");
  const [before, rest] = [found.split(BEGIN)[0], found.split(END)[1]];
  if (rest === undefined) throw new Error(`${HISTORY_PAGE} has no marker ${END}`);
  const wanted = `${before}${BEGIN}\n\n${relations.map(columnTable).join("\n\n")}\n\n${END}${rest}`;
  if (process.env.UPDATE_DOCS === undefined) return { found, wanted };
  writeFileSync(file, wanted);
  return { found: wanted, wanted };
}

function columnTable({ name, comment, columns }: Relation): string {
  const said = columns.some((column) => column.comment !== null);
  const rows = columns.map((column) => {
    const cells = [`\`${column.name}\``, column.type, ...(said ? [column.comment ?? ""] : [])];
    return `| ${cells.join(" | ")} |`;
  });
  const head = said
    ? "| column | type | what it holds |\n| --- | --- | --- |"
    : "| column | type |\n| --- | --- |";
  return [`### ${name}`, "", `${comment ?? ""}.`, "", head, ...rows].join("\n");
}
