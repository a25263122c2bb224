/** A node of the parse tree: fields by name; a field of many node types wraps its node as `{ Type: node }`. */
export interface Tree {
  readonly [field: string]: unknown;
}

const NOTHING: Tree = {};

const isTree = (value: unknown): value is Tree =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A field that holds a node, or an empty node. */
export function node(tree: Tree, field: string): Tree {
  const value = tree[field];
  return isTree(value) ? value : NOTHING;
}

/** A field that holds a list of nodes, or an empty list. */
export function nodes(tree: Tree, field: string): readonly Tree[] {
  const value = tree[field];
  return Array.isArray(value) ? value.filter(isTree) : [];
}

/** A field that holds text, or null. */
export function text(tree: Tree, field: string): string | null {
  const value = tree[field];
  return typeof value === "string" ? value : null;
}

export const flag = (tree: Tree, field: string): boolean => tree[field] === true;

/** Byte offset within the statement; the parser leaves out 0, and says -1 where it does not know. */
export function location(tree: Tree): number {
  const value = tree.location;
  return typeof value === "number" && value > 0 ? value : 0;
}

/** The parts of a name given as a list of String nodes: `["public", "users"]`. */
export function nameParts(list: readonly Tree[]): readonly string[] {
  return list.flatMap((item) => text(node(item, "String"), "sval") ?? []);
}

/** A constant's value as text, however it was written; null where it is no constant. */
export function constant(wrapped: Tree): string | null {
  const inner = "TypeCast" in wrapped ? node(node(wrapped, "TypeCast"), "arg") : wrapped;
  const value = node(inner, "A_Const");
  if (flag(value, "isnull")) return null;
  if ("sval" in value) return text(node(value, "sval"), "sval") ?? "";
  if ("fval" in value) return text(node(value, "fval"), "fval");
  if ("boolval" in value) return flag(node(value, "boolval"), "boolval") ? "true" : "false";
  if ("ival" in value) return String(node(value, "ival").ival ?? 0);
  return null;
}
