import type { Result } from "../seam.ts";
import type { IndexDefinition } from "../sql/effect.ts";

/** An index as the catalog has it. */
export interface FoundIndex {
  /** Decimal digits. */
  readonly oid: string;
  readonly schema: string;
  readonly name: string;
  /** pg_class.relkind: `I` is that of a partitioned table, which no statement builds concurrently. */
  readonly relkind: string;
  readonly valid: boolean;
  /** It is on the table that the statement names. */
  readonly on_table: boolean;
  readonly definition: IndexDefinition;
  /** As the server spells it. */
  readonly text: string;
}

/** An index among those of a REINDEX. */
export interface RebuiltIndex {
  readonly oid: string;
  readonly schema: string;
  readonly name: string;
  readonly valid: boolean;
  /** REINDEX CONCURRENTLY passes over the indexes of exclusion constraints. */
  readonly exclusion: boolean;
}

/** What the catalog shows of a statement's effect. `busy`: pids of others who work on its table. */
export type Found =
  | { readonly kind: "create-index"; readonly index: FoundIndex | null; readonly busy: readonly number[] }
  | { readonly kind: "reindex"; readonly indexes: readonly RebuiltIndex[]; readonly busy: readonly number[] }
  | {
      readonly kind: "detach";
      readonly state: "attached" | "pending" | "detached";
      readonly busy: readonly number[];
    }
  /** `schema`: of an index, where that of this name is by the search path; null of all else. */
  | { readonly kind: "presence"; readonly present: boolean; readonly schema: string | null };

/** One row, one JSON text. */
export const toFound = (result: Result | undefined): Found =>
  JSON.parse(result?.rows[0]?.[0] ?? "null") as Found;

/** What an interrupted REINDEX CONCURRENTLY leaves: `_ccnew` was being built, `_ccold` was being dropped. */
export const isLeftover = ({ valid, name }: RebuiltIndex): boolean => !valid && /_cc(new|old)\d*$/.test(name);
