import type { Survey } from "../sql/survey.ts";
import { flag, node, type Tree } from "../sql/tree.ts";

/** Whether a statement puts rows in that stand in the file: not those that it takes from other tables. */
export function insertsOwnRows(type: string, tree: Tree, found: Survey): boolean {
  if (type === "CopyStmt") return flag(tree, "is_from");
  if (type !== "InsertStmt") return false;
  const rows = node(node(tree, "selectStmt"), "SelectStmt");
  return "valuesLists" in rows || found.reads.length === 0;
}
