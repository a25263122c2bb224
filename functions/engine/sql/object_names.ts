import type { Name } from "./survey.ts";
import { nameParts, node, nodes, type Tree, text } from "./tree.ts";

/** Objects that belong to a relation, whose name stands before theirs: `DROP TRIGGER t ON a.b`. */
const ON_RELATION = new Set([
  "OBJECT_COLUMN",
  "OBJECT_TRIGGER",
  "OBJECT_RULE",
  "OBJECT_POLICY",
  "OBJECT_TABCONSTRAINT",
]);
const RELATION = new Set([
  "OBJECT_TABLE",
  "OBJECT_VIEW",
  "OBJECT_MATVIEW",
  "OBJECT_INDEX",
  "OBJECT_SEQUENCE",
  "OBJECT_FOREIGN_TABLE",
]);

/**
 * The relations that DROP, COMMENT and SECURITY LABEL name as plain lists of words; null where the objects
 * are no relations. Types and domains count: they are made and dropped by the same rules.
 */
export function namedRelations(kind: string, objects: readonly Tree[]): readonly Name[] | null {
  const last = ON_RELATION.has(kind) ? -2 : RELATION.has(kind) ? -1 : null;
  if (last === null) return null;
  return objects.flatMap((object) => {
    const parts = nameParts(nodes(node(object, "List"), "items"));
    const name = parts.at(last);
    return name === undefined ? [] : [{ schema: parts.at(last - 1) ?? null, name, location: 0 }];
  });
}

/** Schemas that a statement names as plain words: DROP SCHEMA, GRANT ... IN SCHEMA. */
export const namedSchemas = (objects: readonly Tree[]): readonly string[] => nameParts(objects);

/** The kind of a DROP (`OBJECT_TABLE`), a COMMENT or a SECURITY LABEL. */
export const objectKind = (tree: Tree): string => text(tree, "removeType") ?? text(tree, "objtype") ?? "";
