import type { Fault } from "../errors.ts";

/** The tools whose history table is understood, by the name that `--from` takes. */
export const ADOPTABLE = [
  "supabase",
  "flyway",
  "golang-migrate",
  "rails",
  "dbmate",
  "goose",
  "sqitch",
  "node-pg-migrate",
  "prisma",
  "diesel",
  "liquibase",
  "alembic",
] as const;

export type Adoptable = (typeof ADOPTABLE)[number];

/** Types of a column, as the catalog names them; a column of any other type makes it another table. */
export const KINDS = {
  text: ["text", "character varying", "character"],
  number: ["smallint", "integer", "bigint"],
  flag: ["boolean"],
  time: ["timestamp without time zone", "timestamp with time zone"],
} as const satisfies Record<string, readonly string[]>;

export type Kind = keyof typeof KINDS;

/** A row of another tool's table, as text: cut, and not to be trusted. Flags are `true` or `false`, times ISO 8601. */
export type ToolRow = Readonly<Record<string, string | null>>;

/** A migration that the other tool holds for applied. */
export interface Applied {
  /** What its history calls it. */
  readonly id: string;
  readonly applied_at: string | null;
  readonly applied_by: string | null;
  readonly row: ToolRow;
}

/** What a tool's table says. */
export interface Reading {
  /** In the order in which the tool applied them. */
  readonly applied: readonly Applied[];
  /** Everything up to it is applied, without a row of its own; null where each has one. */
  readonly up_to: Applied | null;
  /** Names of those that are applied again when they change. */
  readonly repeatables: readonly string[];
  /** What is failed, half done or held, and what to do in that tool. */
  readonly faults: readonly Fault[];
}

export const READ_NOTHING: Reading = { applied: [], up_to: null, repeatables: [], faults: [] };

/** How a tool keeps its history in a database. */
export interface ToolHistory {
  /** Tools that keep it so. */
  readonly tools: readonly Adoptable[];
  /** The table's name, as the catalog has it. */
  readonly table: string;
  /** The only schema that it may be in; null for any. */
  readonly schema: string | null;
  /** What it is recognised by. */
  readonly columns: Readonly<Record<string, Kind>>;
  /** Columns that some releases of the tool have; `whole`: it has no others. */
  readonly also: Readonly<Record<string, Kind>>;
  readonly whole: boolean;
  /** Columns, in the order of which the rows are read. */
  readonly order: readonly string[];
  /** A table beside it that is read too, where it is there. */
  readonly beside?: { readonly table: string; readonly columns: Readonly<Record<string, Kind>> };
  /** Equal for two spellings of one migration. */
  readonly key: (id: string) => string;
  /** Whether `id` is not behind `last` in the tool's own order; not given: the bundle's order says. */
  readonly reaches?: (id: string, last: string) => boolean;
  /** Two migrations may bear one name: the first applied is the first in the bundle. */
  readonly names_recur?: true;
  /** Whether two spellings mean one migration, where no key is equal: it counts where one alone does. */
  readonly alike?: (id: string, other: string) => boolean;
  /** A file may stand for all that came before it, and is called as the last of them. */
  readonly gathers?: Adoptable;
  /** Its ids are numbers that a bundle may have for its versions. */
  readonly numbers: boolean;
  readonly read: (rows: readonly ToolRow[], beside: readonly ToolRow[]) => Reading;
}

/** A number in one spelling; any other text as it is. */
export const numberKey = (id: string): string => (/^\d{1,30}$/.test(id) ? String(BigInt(id)) : id);
