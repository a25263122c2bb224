import { OWN_RELATIONS } from "../registry/tables.ts";
import { namedRelations, namedSchemas, objectKind } from "./object_names.ts";
import type { Refusal } from "./refusal.ts";
import type { Name, Survey } from "./survey.ts";
import { node, nodes, type Tree, text } from "./tree.ts";

const OWN_TABLES: ReadonlySet<string> = new Set(OWN_RELATIONS);

/**
 * Refuses whatever would write, alter, lock or refer to our own tables. Reading them is fine. A table of the
 * same name in another schema that is written out is the user's.
 */
export function refuseOwnTables(type: string, tree: Tree, found: Survey, schema: string): Refusal | null {
  const isOurs = (name: Name) =>
    OWN_TABLES.has(name.name) && (name.schema === null || name.schema === schema);
  const touched = found.locks_rows ? [...found.writes, ...found.reads] : found.writes;
  const ours = touched.find(isOurs) ?? listed(type, tree).find(isOurs);
  if (ours !== undefined) return refusal(`${ours.name} holds the job's history.`, ours.location);

  if (affectedSchemas(type, tree).includes(schema)) {
    return refusal(`The schema ${schema} holds the job's history.`, 0);
  }
  const all = type === "GrantStmt" && text(tree, "targtype") === "ACL_TARGET_ALL_IN_SCHEMA";
  const kind = objectKind(tree);
  if (!all || (kind !== "OBJECT_TABLE" && kind !== "OBJECT_SEQUENCE")) return null;
  if (!namedSchemas(nodes(tree, "objects")).includes(schema)) return null;
  return {
    ...refusal(`ALL in schema ${schema} includes the job's history.`, 0),
    remedy: "Name the tables one by one, or keep the history elsewhere with --history-schema.",
  };
}

const refusal = (message: string, location: number): Refusal => ({ code: "own-tables", message, location });

function listed(type: string, tree: Tree): readonly Name[] {
  const objects = type === "DropStmt" ? nodes(tree, "objects") : [node(tree, "object")];
  if (type !== "DropStmt" && type !== "CommentStmt" && type !== "SecLabelStmt") return [];
  return namedRelations(objectKind(tree), objects) ?? [];
}

function affectedSchemas(type: string, tree: Tree): readonly string[] {
  if (type === "DropStmt" && objectKind(tree) === "OBJECT_SCHEMA")
    return namedSchemas(nodes(tree, "objects"));
  const renamed = type === "RenameStmt" && text(tree, "renameType") === "OBJECT_SCHEMA";
  return renamed ? [text(tree, "subname") ?? ""] : [];
}
