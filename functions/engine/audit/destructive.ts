import { namedRelations, objectKind } from "../sql/object_names.ts";
import { relationOf } from "../sql/survey.ts";
import { node, nodes, type Tree, text } from "../sql/tree.ts";
import type { FindingCode } from "./findings.ts";
import { type ObjectName, spelled } from "./object_kinds.ts";
import { objectsOf } from "./objects.ts";

export interface Harm {
  readonly code: Extract<FindingCode, "drops-data" | "every-row" | "cascade" | "column-type">;
  readonly message: string;
}

/** Dropped, these take rows, or columns that have the type, along. */
const HOLDS_DATA: Readonly<Record<string, string>> = {
  OBJECT_TABLE: "TABLE",
  OBJECT_FOREIGN_TABLE: "FOREIGN TABLE",
  OBJECT_MATVIEW: "MATERIALIZED VIEW",
  OBJECT_SCHEMA: "SCHEMA",
  OBJECT_TYPE: "TYPE",
  OBJECT_DOMAIN: "DOMAIN",
  OBJECT_SEQUENCE: "SEQUENCE",
};

/**
 * What a statement destroys that was there before. `isOwn` tells of a relation whether the same script made it: nobody
 * misses that.
 */
export function harmOf(type: string, tree: Tree, isOwn: (name: ObjectName) => boolean): readonly Harm[] {
  switch (type) {
    case "DropStmt":
      return [...droppedData(tree, isOwn), ...cascades(tree, "DROP")];
    case "DropdbStmt":
      return [{ code: "drops-data", message: `DROP DATABASE ${text(tree, "dbname") ?? ""}.` }];
    case "DropOwnedStmt":
      return [{ code: "drops-data", message: "DROP OWNED." }, ...cascades(tree, "DROP OWNED")];
    case "TruncateStmt":
      return [...truncated(tree, isOwn), ...cascades(tree, "TRUNCATE")];
    case "AlterTableStmt":
      return alteredColumns(tree, isOwn);
    case "DeleteStmt":
    case "UpdateStmt":
      return everyRow(type === "DeleteStmt" ? "DELETE FROM" : "UPDATE", tree, isOwn);
    default:
      return [];
  }
}

function droppedData(tree: Tree, isOwn: (name: ObjectName) => boolean): readonly Harm[] {
  const word = HOLDS_DATA[objectKind(tree)];
  if (word === undefined) return [];
  const relations = namedRelations(objectKind(tree), nodes(tree, "objects"));
  const names: readonly ObjectName[] = relations ?? objectsOf("DropStmt", tree);
  const others = names.filter((name) => !isOwn(name));
  return others.map((name) => ({ code: "drops-data", message: `DROP ${word} ${spelled(name)}.` }));
}

function truncated(tree: Tree, isOwn: (name: ObjectName) => boolean): readonly Harm[] {
  return nodes(tree, "relations").flatMap((relation): readonly Harm[] => {
    const name = relationOf(relation, "RangeVar");
    return name === null || isOwn(name)
      ? []
      : [{ code: "drops-data", message: `TRUNCATE ${spelled(name)}.` }];
  });
}

const cascades = (tree: Tree, what: string): readonly Harm[] =>
  text(tree, "behavior") === "DROP_CASCADE"
    ? [{ code: "cascade", message: `${what} ... CASCADE takes along what depends on it.` }]
    : [];

function alteredColumns(tree: Tree, isOwn: (name: ObjectName) => boolean): readonly Harm[] {
  const table = relationOf(tree);
  if (table === null || isOwn(table)) return [];
  return nodes(tree, "cmds").flatMap((wrapped): readonly Harm[] => {
    const command = node(wrapped, "AlterTableCmd");
    const column = spelled({ schema: null, name: text(command, "name") });
    const cascade = cascades(command, `ALTER TABLE ${spelled(table)} DROP`);
    switch (text(command, "subtype")) {
      case "AT_DropColumn":
        return [{ code: "drops-data", message: `DROP COLUMN ${spelled(table)}.${column}.` }, ...cascade];
      case "AT_AlterColumnType":
        return [{ code: "column-type", message: `${spelled(table)}.${column} gets another type.` }];
      default:
        return cascade;
    }
  });
}

function everyRow(what: string, tree: Tree, isOwn: (name: ObjectName) => boolean): readonly Harm[] {
  const table = relationOf(tree);
  if (table === null || isOwn(table) || "whereClause" in tree) return [];
  // UPDATE ... FROM and DELETE ... USING without a WHERE join every row with every row.
  return [{ code: "every-row", message: `${what} ${spelled(table)} without a WHERE.` }];
}
