import type { Message, Result } from "../seam.ts";
import { quoteIdentifier, quoteLiteral } from "../sql/quote.ts";
import { columnsThere, type FoundTable, quoted } from "./found_table.ts";
import type { Kind, ToolRow } from "./tool_history.ts";

/** No bundle holds so many migrations. */
export const MOST_ROWS = 20_000;
const LONGEST_FIELD = 500;

/** What is read of a table, and in which order. */
export interface Read {
  readonly table: FoundTable;
  readonly columns: Readonly<Record<string, Kind>>;
  readonly order: readonly string[];
}

/**
 * A time as ISO 8601. One without a zone is taken for one of the session's zone, which is the server's: a tool that
 * says nothing else writes it so. What no calendar holds is null.
 */
const timeText = (column: string): string => {
  const at = `${column}::pg_catalog.timestamptz`;
  return `CASE WHEN ${at} OPERATOR(pg_catalog.>=) '0001-01-02 00:00:00+00'::pg_catalog.timestamptz
    AND ${at} OPERATOR(pg_catalog.<=) '9999-12-30 00:00:00+00'::pg_catalog.timestamptz
    THEN pg_catalog.to_char(pg_catalog.timezone('UTC', ${at}), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') END`;
};

const fieldOf = (name: string, kind: Kind): string => {
  const column = `t.${quoteIdentifier(name)}`;
  return kind === "time"
    ? timeText(column)
    : `pg_catalog."left"(${column}::pg_catalog.text, ${LONGEST_FIELD})`;
};

/** All rows of a table as one JSON text, and how many there are. */
function rowsText({ table, columns, order }: Read): string {
  const there = columnsThere(table, columns);
  const fields = there.map(([name, kind]) => `${quoteLiteral(name)}, ${fieldOf(name, kind)}`).join(", ");
  const sorted = order
    .filter((name) => there.some(([one]) => one === name))
    .map((name) => `t.${quoteIdentifier(name)} NULLS FIRST`)
    .join(", ");
  return `SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(${fields})${sorted === "" ? "" : ` ORDER BY ${sorted}`}), '[]'::pg_catalog.jsonb)::pg_catalog.text AS j
    FROM (SELECT * FROM ${quoted(table)} LIMIT ${MOST_ROWS + 1}) AS t`;
}

const digestOf = (json: string): string =>
  `pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(${json}, 'UTF8')), 'hex')`;

/** The rows, and a digest by which they are known again. */
export const rowsQuery = (read: Read): Message => ({
  text: `SELECT s.j, ${digestOf("s.j")} FROM (${rowsText(read)}) AS s`,
});

/** Raises (22012) where the rows are not as they were read: the other tool is at work. */
export const rowsUnchanged = (read: Read, digest: string): Message => ({
  text: `SELECT 1 OPERATOR(pg_catalog./) CASE WHEN ${digestOf("s.j")} OPERATOR(pg_catalog.=) $1::pg_catalog.text THEN 1 ELSE 0 END
    FROM (${rowsText(read)}) AS s`,
  values: [digest],
});

export interface RowsRead {
  readonly rows: readonly ToolRow[];
  readonly digest: string;
}

export function toRows(result: Result | undefined): RowsRead {
  const [json, digest] = result?.rows[0] ?? [];
  return { rows: JSON.parse(json ?? "[]") as ToolRow[], digest: digest ?? "" };
}
