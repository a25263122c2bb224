import { resultsOf } from "../run/target.ts";
import { ALL_ROWS, type Session } from "../seam.ts";
import { quoteIdentifier } from "../sql/quote.ts";

/** What a table holds: how many rows, and what they and each of their columns come to. */
export interface TableContents {
  readonly rows: string;
  /** Of all rows, whatever their order, without the columns that are left out. */
  readonly digest: string;
  /** Of each column by itself. */
  readonly columns: ReadonlyMap<string, string>;
}

/** By table, and of sequences how far they are; both qualified. */
export interface Contents {
  readonly tables: ReadonlyMap<string, TableContents>;
  readonly positions: ReadonlyMap<string, string>;
}

/** Columns by table. */
export type LeftOut = ReadonlyMap<string, ReadonlySet<string>>;
export const NOTHING_LEFT_OUT: LeftOut = new Map();

interface Relation {
  readonly shown: string;
  readonly kind: string;
  readonly columns: readonly string[];
}

/** Tables, filled materialized views and sequences of the users: $1 is the history's schema, $2 our names. */
const RELATIONS = `SELECT pg_catalog.jsonb_build_object('shown', pg_catalog.format('%I.%I', n.nspname, c.relname), 'kind', c.relkind,
    'columns', coalesce((SELECT pg_catalog.jsonb_agg(attname ORDER BY attnum) FROM pg_catalog.pg_attribute
      WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped), '[]'))
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relkind IN ('r', 'm', 'S') AND c.relispopulated
    AND NOT (n.nspname = $1::pg_catalog.text AND c.relname = ANY ($2::pg_catalog.text[]))
    AND NOT EXISTS (
      SELECT FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_class own ON own.oid = d.refobjid
      WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i')
        AND d.refclassid = d.classid AND own.relnamespace = n.oid
        AND n.nspname = $1::pg_catalog.text AND own.relname = ANY ($2::pg_catalog.text[]))`;

/** Within a transaction whose settings are pinned. Throws a MigrationFault. */
export async function readContents(
  session: Session,
  values: readonly string[],
  left_out: LeftOut,
): Promise<Contents> {
  const [answer] = await session.send([{ text: RELATIONS, values, rows_kept: ALL_ROWS }]);
  const [result] = resultsOf(answer, "Listing the tables");
  const relations = (result?.rows ?? []).map(([json]) => JSON.parse(json ?? "null") as Relation);
  const queries = relations.map((one) => ({
    text: one.kind === "S" ? positionOf(one) : rowsOf(one, left_out),
  }));
  const answers = await session.send(queries);
  const found = relations.map((relation, i) => ({
    relation,
    row: resultsOf(answers[i], `Reading ${relation.shown}`)[0]?.rows[0] ?? [],
  }));
  const tables = found.filter(({ relation }) => relation.kind !== "S");
  const sequences = found.filter(({ relation }) => relation.kind === "S");
  return {
    tables: new Map(
      tables.map(({ relation: { shown, columns }, row: [rows, digest, ...each] }) => [
        shown,
        {
          rows: rows ?? "",
          digest: digest ?? "",
          columns: new Map(columns.map((column, i) => [column, each[i] ?? ""])),
        },
      ]),
    ),
    positions: new Map(sequences.map(({ relation, row }) => [relation.shown, row.join(" ")])),
  };
}

const positionOf = ({ shown }: Relation): string => `SELECT last_value, is_called FROM ${shown}`;

function rowsOf({ shown, columns }: Relation, left_out: LeftOut): string {
  const without = left_out.get(shown);
  const names = columns
    .filter((column) => without?.has(column) !== true)
    .map((column) => `t.${quoteIdentifier(column)}`);
  const digest = (text: string): string =>
    `pg_catalog.md5(coalesce(pg_catalog.string_agg(${text}, ',' ORDER BY ${text} COLLATE "C"), ''))`;
  // A null is told from an empty text.
  const each = columns.map((column) =>
    digest(`coalesce(pg_catalog.md5(t.${quoteIdentifier(column)}::text), '-')`),
  );
  const row = digest(`pg_catalog.md5(ROW(${names.join(", ")})::text)`);
  return `SELECT ${["pg_catalog.count(*)", row, ...each].join(", ")} FROM ONLY ${shown} t`;
}
