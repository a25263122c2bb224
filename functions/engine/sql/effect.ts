import { relationOf } from "./survey.ts";
import { flag, nameParts, node, nodes, type Tree, text } from "./tree.ts";

/** A relation or type as a script names it; null where it leaves the schema to the search path. */
export interface WrittenName {
  readonly schema: string | null;
  readonly name: string;
}

/** One key of an index: `column` is null for an expression. */
export interface IndexKey {
  readonly column: string | null;
  readonly descending: boolean;
  readonly nulls_first: boolean;
}

/** What tells two indexes apart, as far as names and flags do: not the text of expressions and predicates. */
export interface IndexDefinition {
  readonly method: string;
  readonly unique: boolean;
  readonly nulls_not_distinct: boolean;
  readonly keys: readonly IndexKey[];
  readonly included: readonly (string | null)[];
  readonly predicate: boolean;
}

/** What the catalog shows once a statement that runs outside of a transaction has taken effect. */
export type Effect =
  | {
      readonly kind: "create-index";
      readonly table: WrittenName;
      readonly index: string;
      readonly definition: IndexDefinition;
      readonly if_not_exists: boolean;
    }
  | { readonly kind: "reindex"; readonly object: "index" | "table"; readonly name: WrittenName }
  | { readonly kind: "detach"; readonly parent: WrittenName; readonly partition: WrittenName }
  | Presence;

/** Something is there afterwards (`made`), or is not. `tolerant`: IF [NOT] EXISTS. */
export interface Presence {
  readonly kind: "presence";
  readonly object: "index" | "label" | "database" | "tablespace" | "subscription";
  readonly name: WrittenName;
  /** Of an enum's label; null for anything else. */
  readonly label: string | null;
  readonly made: boolean;
  readonly tolerant: boolean;
}

/** The effect of a statement that needs no transaction around it; null where the catalog shows none. */
export function effectOf(type: string, tree: Tree): Effect | null {
  switch (type) {
    case "IndexStmt":
      return flag(tree, "concurrent") ? createIndex(tree) : null;
    case "DropStmt":
      return flag(tree, "concurrent") ? dropIndex(tree) : null;
    case "ReindexStmt":
      return reindex(tree);
    case "AlterTableStmt":
      return detach(tree);
    case "AlterEnumStmt":
      return addValue(tree);
    case "CreatedbStmt":
      return presence("database", text(tree, "dbname"), true, false);
    case "DropdbStmt":
      return presence("database", text(tree, "dbname"), false, flag(tree, "missing_ok"));
    case "CreateTableSpaceStmt":
      return presence("tablespace", text(tree, "tablespacename"), true, false);
    case "DropTableSpaceStmt":
      return presence("tablespace", text(tree, "tablespacename"), false, flag(tree, "missing_ok"));
    case "CreateSubscriptionStmt":
      return presence("subscription", text(tree, "subname"), true, false);
    case "DropSubscriptionStmt":
      return presence("subscription", text(tree, "subname"), false, flag(tree, "missing_ok"));
    default:
      return null;
  }
}

function presence(
  object: Presence["object"],
  name: string | null,
  made: boolean,
  tolerant: boolean,
): Presence | null {
  return name === null
    ? null
    : { kind: "presence", object, name: { schema: null, name }, label: null, made, tolerant };
}

function createIndex(tree: Tree): Effect | null {
  const index = text(tree, "idxname");
  const table = written(tree);
  if (index === null || table === null) return null;
  const definition = {
    method: text(tree, "accessMethod") ?? "btree",
    unique: flag(tree, "unique"),
    nulls_not_distinct: flag(tree, "nulls_not_distinct"),
    keys: nodes(tree, "indexParams").map((wrapped) => keyOf(node(wrapped, "IndexElem"))),
    included: nodes(tree, "indexIncludingParams").map((wrapped) => text(node(wrapped, "IndexElem"), "name")),
    predicate: "whereClause" in tree,
  };
  return { kind: "create-index", table, index, definition, if_not_exists: flag(tree, "if_not_exists") };
}

function keyOf(element: Tree): IndexKey {
  const descending = text(element, "ordering") === "SORTBY_DESC";
  const nulls = text(element, "nulls_ordering");
  const nulls_first = nulls === "SORTBY_NULLS_FIRST" || (descending && nulls !== "SORTBY_NULLS_LAST");
  return { column: text(element, "name"), descending, nulls_first };
}

function dropIndex(tree: Tree): Effect | null {
  const parts = nameParts(nodes(node(nodes(tree, "objects")[0] ?? {}, "List"), "items"));
  const name = parts.at(-1);
  if (name === undefined) return null;
  const tolerant = flag(tree, "missing_ok");
  const schema = parts.at(-2) ?? null;
  return { kind: "presence", object: "index", name: { schema, name }, label: null, made: false, tolerant };
}

function reindex(tree: Tree): Effect | null {
  const [, kind] = /^REINDEX_OBJECT_(INDEX|TABLE)$/.exec(text(tree, "kind") ?? "") ?? [];
  const name = written(tree);
  if (kind === undefined || name === null) return null;
  return { kind: "reindex", object: kind === "INDEX" ? "index" : "table", name };
}

function detach(tree: Tree): Effect | null {
  const [command = {}] = nodes(tree, "cmds");
  const partition = written(node(node(node(command, "AlterTableCmd"), "def"), "PartitionCmd"), "name");
  const parent = written(tree);
  return parent === null || partition === null ? null : { kind: "detach", parent, partition };
}

function addValue(tree: Tree): Effect | null {
  const parts = nameParts(nodes(tree, "typeName"));
  const label = text(tree, "newVal");
  const name = parts.at(-1);
  if (label === null || name === undefined || text(tree, "oldVal") !== null) return null;
  const tolerant = flag(tree, "skipIfNewValExists");
  const schema = parts.at(-2) ?? null;
  return { kind: "presence", object: "label", name: { schema, name }, label, made: true, tolerant };
}

function written(tree: Tree, field = "relation"): WrittenName | null {
  const found = relationOf(tree, field);
  return found === null ? null : { schema: found.schema, name: found.name };
}
