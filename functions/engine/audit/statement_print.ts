import { sha256 } from "../bundle/text.ts";
import type { Tree } from "../sql/tree.ts";

/** Where a token stands says nothing of what the statement does. Within a text the quotes would be escaped. */
const PLACES = /"(?:location|rexpr_list_start|rexpr_list_end|list_start|list_end)":-?\d+,?/g;
const SPACE = /\s+/g;

/** A statement's tree as text, the same however it is spaced, commented and capitalised. */
export function treeText(type: string, tree: Tree, sql: string): string {
  try {
    return `${type}${JSON.stringify(tree).replace(PLACES, "").replaceAll(",}", "}")}`;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    // It nests deeper than JSON can be written: the words as they stand.
    return sql.replace(SPACE, " ");
  }
}

/** What statements have in common that say the same. */
export const printOf = (text: string): string => sha256(text).slice(0, 32);
