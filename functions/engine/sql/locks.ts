import { namedRelations, objectKind } from "./object_names.ts";
import { type Name, relationOf, type Survey } from "./survey.ts";
import { flag, node, nodes, type Tree, text } from "./tree.ts";

/**
 * Statements that never take more than SHARE UPDATE EXCLUSIVE on a relation that others read or write: nobody
 * waits for it but VACUUM, ANALYZE and other DDL. COMMENT, ANALYZE and GRANT are among them.
 */
const WEAK = new Set(
  `AlterDatabaseSetStmt AlterDefaultPrivilegesStmt AlterEnumStmt AlterEventTrigStmt AlterFunctionStmt
  AlterOpFamilyStmt AlterOperatorStmt AlterPublicationStmt AlterRoleSetStmt AlterRoleStmt AlterStatsStmt
  AlterTSConfigurationStmt AlterTSDictionaryStmt AlterTypeStmt AlterUserMappingStmt CommentStmt
  CompositeTypeStmt CreateAmStmt CreateCastStmt CreateConversionStmt CreateDomainStmt CreateEnumStmt
  CreateEventTrigStmt CreateExtensionStmt CreateFdwStmt CreateForeignServerStmt CreateFunctionStmt
  CreateOpClassStmt CreateOpFamilyStmt CreatePLangStmt CreatePublicationStmt CreateRangeStmt CreateRoleStmt
  CreateSeqStmt CreateStatsStmt CreateTableAsStmt CreateTransformStmt CreateUserMappingStmt DefineStmt
  DropRoleStmt DropUserMappingStmt GrantRoleStmt GrantStmt ImportForeignSchemaStmt SecLabelStmt`.split(/\s+/),
);
const WEAK_COMMANDS = new Set([
  "AT_ValidateConstraint",
  "AT_SetStatistics",
  "AT_ClusterOn",
  "AT_DropCluster",
]);
/** Dropped without CASCADE, these take no lock on a relation. */
const NO_RELATION =
  /^OBJECT_(FUNCTION|PROCEDURE|ROUTINE|AGGREGATE|OPERATOR|OPCLASS|OPFAMILY|TYPE|DOMAIN|SCHEMA|COLLATION|CONVERSION|CAST|TRANSFORM|TS\w+|LANGUAGE|STATISTIC_EXT|FDW|FOREIGN_SERVER)$/;
const SHARE_UPDATE_EXCLUSIVE = 4;

/** Which relations a script made itself, so that nobody else can wait for them. */
export class MadeHere {
  private readonly names = new Set<string>();

  has({ schema, name }: Name): boolean {
    return this.names.has(`${schema ?? ""}.${name}`);
  }

  /** After a savepoint was rolled back to, nothing is sure. */
  forget(): void {
    this.names.clear();
  }

  /** Another search path: names without a schema may mean other relations now. */
  forgetUnqualified(): void {
    for (const name of this.names) if (name.startsWith(".")) this.names.delete(name);
  }

  /** Notes what a statement makes, and forgets what it drops or renames. */
  note(type: string, tree: Tree): void {
    for (const gone of removed(type, tree)) this.names.delete(`${gone.schema ?? ""}.${gone.name}`);
    const name = type === "IndexStmt" ? this.indexOnMade(tree) : made(type, tree);
    if (name !== null) this.names.add(`${name.schema ?? ""}.${name.name}`);
    for (const element of type === "CreateSchemaStmt" ? nodes(tree, "schemaElts") : []) {
      for (const inner in element) this.note(inner, node(element, inner));
    }
  }

  /** Dropping an index of another table would lock that table. */
  private indexOnMade(tree: Tree): Name | null {
    const table = relationOf(tree);
    const name = text(tree, "idxname");
    if (table === null || name === null || !this.has(table) || flag(tree, "if_not_exists")) return null;
    return { schema: table.schema, name, location: 0 };
  }
}

/** With IF NOT EXISTS or OR REPLACE it may have been there before. */
function made(type: string, tree: Tree): Name | null {
  if (flag(tree, "if_not_exists") || flag(tree, "replace")) return null;
  switch (type) {
    case "CreateStmt":
      return relationOf(tree);
    case "CreateForeignTableStmt":
      return relationOf(node(tree, "base"));
    case "CreateTableAsStmt":
      return relationOf(node(tree, "into"), "rel");
    case "ViewStmt":
      return relationOf(tree, "view");
    case "CreateSeqStmt":
      return relationOf(tree, "sequence");
    case "CompositeTypeStmt":
      return relationOf(tree, "typevar");
    case "SelectStmt":
      return relationOf(node(tree, "intoClause"), "rel");
    default:
      return null;
  }
}

function removed(type: string, tree: Tree): readonly Name[] {
  if (type === "DropStmt") return namedRelations(objectKind(tree), nodes(tree, "objects")) ?? [];
  if (type !== "RenameStmt" && type !== "AlterObjectSchemaStmt") return [];
  const renamed = relationOf(tree);
  return renamed === null ? [] : [renamed];
}

/**
 * Whether a statement of class `ddl` takes a lock that readers or writers may wait for, on a relation that the
 * script did not make. Levels as measured on PostgreSQL 15; true where in doubt.
 */
export function takesStrongLock(type: string, tree: Tree, found: Survey, here: MadeHere): boolean {
  if (WEAK.has(type)) return false;
  const others = found.writes.some((name) => !here.has(name));
  switch (type) {
    case "CreateStmt":
      return constrainsOthers(tree, here);
    case "CreateForeignTableStmt":
      return constrainsOthers(node(tree, "base"), here);
    case "CreateSchemaStmt":
      return nodes(tree, "schemaElts").some((element) => elementIsStrong(element, here));
    case "ViewStmt":
      return flag(tree, "replace") && others;
    case "AlterTableStmt":
      return others && !nodes(tree, "cmds").every(isWeakCommand);
    case "AlterDomainStmt":
      // A NOT NULL or a CHECK is proved on every table that uses the domain.
      return /^[OCV]$/.test(text(tree, "subtype") ?? "") && !skipsValidation(tree);
    case "LockStmt":
      return Number(tree.mode ?? 8) > SHARE_UPDATE_EXCLUSIVE && others;
    case "TruncateStmt":
      return others || text(tree, "behavior") === "DROP_CASCADE";
    case "DropStmt":
      return dropsOthers(tree, here);
    case "RenameStmt":
    case "AlterObjectSchemaStmt":
    case "AlterOwnerStmt":
      return "relation" in tree && others;
    default:
      return others || found.writes.length === 0;
  }
}

function elementIsStrong(element: Tree, here: MadeHere): boolean {
  if ("CreateStmt" in element) return constrainsOthers(node(element, "CreateStmt"), here);
  return "IndexStmt" in element || "CreateTrigStmt" in element;
}

/** A new table's foreign keys lock what they refer to, and PARTITION OF locks its parent; INHERITS does not. */
function constrainsOthers(tree: Tree, here: MadeHere): boolean {
  const self = relationOf(tree);
  const isOther = (name: Name | null) =>
    name !== null && !here.has(name) && !(name.name === self?.name && name.schema === self.schema);
  const elements = nodes(tree, "tableElts");
  const constraints = elements.flatMap((element) => [
    ...nodes(node(element, "ColumnDef"), "constraints"),
    ...("Constraint" in element ? [element] : []),
  ]);
  if (constraints.some((item) => isOther(relationOf(node(item, "Constraint"), "pktable")))) return true;
  if (!("partbound" in tree)) return false;
  return nodes(tree, "inhRelations").some((parent) => isOther(relationOf(parent, "RangeVar")));
}

const isWeakCommand = (wrapped: Tree): boolean =>
  WEAK_COMMANDS.has(text(node(wrapped, "AlterTableCmd"), "subtype") ?? "");

const skipsValidation = (tree: Tree): boolean =>
  flag(node(node(tree, "def"), "Constraint"), "skip_validation");

function dropsOthers(tree: Tree, here: MadeHere): boolean {
  const kind = objectKind(tree);
  const relations = namedRelations(kind, nodes(tree, "objects"));
  const cascade = text(tree, "behavior") === "DROP_CASCADE";
  if (relations === null) return cascade || !NO_RELATION.test(kind);
  return cascade || relations.some((name) => !here.has(name));
}
