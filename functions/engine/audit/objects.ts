import { objectKind } from "../sql/object_names.ts";
import { relationOf } from "../sql/survey.ts";
import { nameParts, node, nodes, type Tree, text } from "../sql/tree.ts";
import {
  belongsToTable,
  type Change,
  kindOf,
  type ObjectChange,
  type ObjectKind,
  type ObjectName,
} from "./object_kinds.ts";

/** What a statement makes, changes and drops, as far as its own words say; temporary tables are left out. */
export function objectsOf(type: string, tree: Tree): readonly ObjectChange[] {
  switch (type) {
    case "CreateSchemaStmt":
      return [
        ...named("schema", "makes", [text(tree, "schemaname")]),
        ...nodes(tree, "schemaElts").flatMap((element) =>
          Object.keys(element).flatMap((inner) => objectsOf(inner, node(element, inner))),
        ),
      ];
    case "DropStmt":
      return dropped(tree);
    case "RenameStmt":
    case "AlterObjectSchemaStmt":
    case "AlterOwnerStmt":
      return altered(tree);
    default:
      return madeBy(type, tree) ?? changedBy(type, tree);
  }
}

function madeBy(type: string, tree: Tree): readonly ObjectChange[] | null {
  switch (type) {
    case "CreateStmt":
      return relation("table", "makes", tree, "relation");
    case "CreateForeignTableStmt":
      return relation("table", "makes", node(tree, "base"), "relation");
    case "CreateTableAsStmt":
      return relation(kindOf(text(tree, "objtype")) ?? "table", "makes", node(tree, "into"), "rel");
    case "SelectStmt":
      return relation("table", "makes", node(tree, "intoClause"), "rel");
    case "ViewStmt":
      return relation("view", "makes", tree, "view");
    case "CreateSeqStmt":
      return relation("sequence", "makes", tree, "sequence");
    case "CompositeTypeStmt":
      return relation("type", "makes", tree, "typevar");
    case "CreateEnumStmt":
    case "CreateRangeStmt":
      return named("type", "makes", nameParts(nodes(tree, "typeName")));
    case "CreateDomainStmt":
      return named("type", "makes", nameParts(nodes(tree, "domainname")));
    case "CreateFunctionStmt":
      return named("function", "makes", nameParts(nodes(tree, "funcname")));
    case "DefineStmt": {
      const kind = kindOf(text(tree, "kind"));
      return kind === null ? [] : named(kind, "makes", nameParts(nodes(tree, "defnames")));
    }
    case "CreateExtensionStmt":
      return named("extension", "makes", [text(tree, "extname")]);
    case "IndexStmt":
      return ofTable("index", "makes", relationOf(tree), text(tree, "idxname"));
    case "CreatePolicyStmt":
      return ofTable("policy", "makes", relationOf(tree, "table"), text(tree, "policy_name"));
    case "CreateTrigStmt":
      return ofTable("trigger", "makes", relationOf(tree), text(tree, "trigname"));
    case "RuleStmt":
      return ofTable("rule", "makes", relationOf(tree), text(tree, "rulename"));
    default:
      return null;
  }
}

function changedBy(type: string, tree: Tree): readonly ObjectChange[] {
  switch (type) {
    case "AlterTableStmt": {
      const kind = kindOf(text(tree, "objtype"));
      return kind === null ? [] : relation(kind, "changes", tree, "relation");
    }
    case "AlterSeqStmt":
      return relation("sequence", "changes", tree, "sequence");
    case "AlterEnumStmt":
    case "AlterDomainStmt":
    case "AlterTypeStmt":
      return named("type", "changes", nameParts(nodes(tree, "typeName")));
    case "AlterFunctionStmt":
      return named("function", "changes", nameParts(nodes(node(tree, "func"), "objname")));
    case "AlterPolicyStmt":
      return ofTable("policy", "changes", relationOf(tree, "table"), text(tree, "policy_name"));
    case "AlterExtensionStmt":
      return named("extension", "changes", [text(tree, "extname")]);
    default:
      return [];
  }
}

function dropped(tree: Tree): readonly ObjectChange[] {
  const kind = kindOf(objectKind(tree));
  if (kind === null) return [];
  return nodes(tree, "objects").flatMap((object) => listed(kind, "drops", object));
}

/** ALTER ... RENAME, SET SCHEMA and OWNER TO. */
function altered(tree: Tree): readonly ObjectChange[] {
  const kind = kindOf(text(tree, "renameType") ?? text(tree, "objectType"));
  if (kind === null) return [];
  const table = relationOf(tree);
  if (table !== null) {
    if (belongsToTable(kind)) return ofTable(kind, "changes", table, text(tree, "subname"));
    return relation(kind, "changes", tree, "relation");
  }
  if ("object" in tree) return listed(kind, "changes", node(tree, "object"));
  return named(kind, "changes", [text(tree, "subname")]);
}

/** An object of a list as the parser has it: a list of words, a name of a type, a routine with its arguments. */
function listed(kind: ObjectKind, change: Change, object: Tree): readonly ObjectChange[] {
  const words =
    "ObjectWithArgs" in object
      ? nodes(node(object, "ObjectWithArgs"), "objname")
      : "TypeName" in object
        ? nodes(node(object, "TypeName"), "names")
        : "List" in object
          ? nodes(node(object, "List"), "items")
          : [object];
  const parts = nameParts(words);
  if (!belongsToTable(kind)) return named(kind, change, parts);
  return ofTable(kind, change, nameOf(parts.slice(0, -1)), parts.at(-1) ?? null);
}

function relation(kind: ObjectKind, change: Change, tree: Tree, field: string): readonly ObjectChange[] {
  const found = relationOf(tree, field);
  if (found === null || text(node(tree, field), "relpersistence") === "t") return [];
  return [{ kind, change, schema: found.schema, name: found.name, on: null }];
}

function named(kind: ObjectKind, change: Change, parts: readonly (string | null)[]): readonly ObjectChange[] {
  const name = nameOf(parts.flatMap((part) => part ?? []));
  return name === null ? [] : [{ kind, change, ...name, on: null }];
}

function ofTable(
  kind: ObjectKind,
  change: Change,
  table: ObjectName | null,
  name: string | null,
): readonly ObjectChange[] {
  if (table === null) return [];
  const on = { schema: table.schema, name: table.name };
  return [{ kind, change, schema: kind === "index" ? on.schema : null, name, on }];
}

function nameOf(parts: readonly string[]): ObjectName | null {
  const name = parts.at(-1);
  return name === undefined ? null : { schema: parts.at(-2) ?? null, name };
}
