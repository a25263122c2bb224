import { type Fault, fault } from "../errors.ts";
import type { RowCount } from "../report.ts";
import type { CountedTables } from "../request.ts";
import type { Answer } from "../seam.ts";
import type { Sender } from "../step/sender.ts";
import { tablesQuery } from "./tables_to_count.ts";

/** The rows of one table at one moment; null where they could not be counted. */
export interface Counted {
  /** As SQL spells it, with its schema: `paws360.students`. */
  readonly relation: string;
  readonly rows: number | null;
}

export interface CountedRows {
  readonly tables: readonly Counted[];
  /** Of the names that were given, those of a table. */
  readonly names: ReadonlySet<string>;
  readonly warnings: readonly Fault[];
}

/** Nothing was asked for, or nothing is known. */
export const NOT_COUNTED: CountedRows = { tables: [], names: new Set(), warnings: [] };

/** Counts rows; `known` are relations that were counted before. What cannot be counted is a warning and no error. */
export async function countRows(
  wanted: CountedTables,
  known: readonly string[],
  sender: Sender,
): Promise<CountedRows> {
  const [found] = await sender.send([tablesQuery(wanted, known)]);
  if (found?.kind !== "done") {
    return { ...NOT_COUNTED, warnings: [notCounted("which tables there are", found)] };
  }
  const rows = found.results[0]?.rows ?? [];
  const named = (which: readonly (readonly (string | null)[])[]): readonly string[] => [
    ...new Set(which.flatMap(([relation]) => relation ?? [])),
  ];
  const locked = named(rows.filter((row) => row[2] === "t"));
  const relations = named(rows.filter((row) => row[2] !== "t"));
  const { tables, warnings } = await countEach(relations, sender);
  return {
    tables: [...tables, ...locked.map((relation) => ({ relation, rows: null }))],
    names: new Set(rows.flatMap(([, name]) => name ?? [])),
    warnings: [...warnings, ...locked.map(lockedFault)],
  };
}

/** So few are on their way at a time that a stop is heeded soon. */
const AT_A_TIME = 10;

async function countEach(
  relations: readonly string[],
  sender: Sender,
): Promise<Pick<CountedRows, "tables" | "warnings">> {
  const tables: Counted[] = [];
  const warnings: Fault[] = [];
  for (let at = 0; at < relations.length && sender.stopped() === null; at += AT_A_TIME) {
    const some = relations.slice(at, at + AT_A_TIME);
    // Rows that a policy hides would be missing without a word: so it is an error. The names were quoted by the server.
    const counting = some.map((relation) => ({ text: `SELECT pg_catalog.count(*) FROM ${relation}` }));
    const answers = await sender.send([
      { text: "SET row_security TO off" },
      ...counting,
      { text: "RESET row_security" },
    ]);
    for (const [i, relation] of some.entries()) {
      const answer = answers[i + 1];
      const count = answer?.kind === "done" ? (answer.results[0]?.rows[0]?.[0] ?? null) : null;
      tables.push({ relation, rows: count === null ? null : Number(count) });
      if (count === null) warnings.push(notCounted(`the rows of ${relation}`, answer));
    }
  }
  const left = relations.slice(tables.length);
  if (left.length === 0) return { tables, warnings };
  const stopped = fault("rows-not-counted", `The run was stopped: ${left.length} tables were not counted.`);
  return {
    tables: [...tables, ...left.map((relation) => ({ relation, rows: null }))],
    warnings: [...warnings, stopped],
  };
}

const lockedFault = (relation: string): Fault =>
  fault("rows-not-counted", `${relation} was locked: neither its size nor its rows could be learnt.`);

function notCounted(what: string, answer: Answer | undefined): Fault {
  const why =
    answer?.kind === "error" ? answer.error.message : answer?.kind === "lost" ? answer.reason : "no answer";
  return fault("rows-not-counted", `It could not be learnt ${what}: ${why}.`);
}

/** Both counts side by side, in order of name; a table that was not there has null. */
export function comparedCounts(before: CountedRows, after: CountedRows): readonly RowCount[] {
  const rowsOf = ({ tables }: CountedRows) => new Map(tables.map(({ relation, rows }) => [relation, rows]));
  const [then, now] = [rowsOf(before), rowsOf(after)];
  return [...new Set([...then.keys(), ...now.keys()])]
    .toSorted((a, b) => (a < b ? -1 : 1))
    .map((relation) => ({ relation, before: then.get(relation) ?? null, after: now.get(relation) ?? null }));
}

/** Names that were asked for and are those of no table, neither before nor after. */
export const unknownTables = ({ named }: CountedTables, counts: readonly CountedRows[]): readonly Fault[] =>
  named
    .filter((name) => !counts.some(({ names }) => names.has(name)))
    .map((name) =>
      fault(
        "rows-not-counted",
        `There is no table ${name}, neither before the run nor after it; views and foreign tables are not counted.`,
      ),
    );
