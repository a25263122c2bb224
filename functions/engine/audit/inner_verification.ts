import { node, nodes, type Tree, text } from "../sql/tree.ts";

/** A DO block that raises: how STORY-007's template verifies within the migration. */
export function verifiesInside(type: string, tree: Tree): boolean {
  if (type !== "DoStmt") return false;
  return nodes(tree, "args").some((arg) => {
    const body = text(node(node(node(arg, "DefElem"), "arg"), "String"), "sval") ?? "";
    return /\bRAISE\s+(?:EXCEPTION\b|SQLSTATE\b|')|\bASSERT\b/i.test(body);
  });
}
