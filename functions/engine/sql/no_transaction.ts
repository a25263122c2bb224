import { flag, nameParts, node, nodes, type Tree, text } from "./tree.ts";

/**
 * What of a statement cannot run in a transaction, as the reader knows it; null where all of it can.
 * `slotless` are subscriptions that the script itself took off their replication slot.
 */
export function outsideTransaction(type: string, tree: Tree, slotless: ReadonlySet<string>): string | null {
  switch (type) {
    case "IndexStmt":
      return flag(tree, "concurrent") ? "CREATE INDEX CONCURRENTLY" : null;
    case "DropStmt":
      return flag(tree, "concurrent") ? "DROP INDEX CONCURRENTLY" : null;
    case "ReindexStmt":
      return reindex(tree);
    case "VacuumStmt":
      if (!flag(tree, "is_vacuumcmd")) return null;
      return isFull(tree) ? "VACUUM FULL" : "VACUUM";
    case "ClusterStmt":
      return "relation" in tree ? null : "CLUSTER without a table";
    case "CreatedbStmt":
      return "CREATE DATABASE";
    case "DropdbStmt":
      return "DROP DATABASE";
    case "CreateTableSpaceStmt":
      return "CREATE TABLESPACE";
    case "DropTableSpaceStmt":
      return "DROP TABLESPACE";
    case "AlterDatabaseStmt":
      return option(tree, "options", "tablespace") === null ? null : "ALTER DATABASE ... SET TABLESPACE";
    case "AlterTableStmt":
      return nodes(tree, "cmds").some(detachesConcurrently) ? "DETACH PARTITION CONCURRENTLY" : null;
    case "CreateSubscriptionStmt":
      return createsSlot(tree) ? "CREATE SUBSCRIPTION with a replication slot" : null;
    case "DropSubscriptionStmt":
      return slotless.has(text(tree, "subname") ?? "") ? null : "DROP SUBSCRIPTION with a replication slot";
    case "AlterSubscriptionStmt":
      return /REFRESH/.test(text(tree, "kind") ?? "") ? "ALTER SUBSCRIPTION ... REFRESH" : null;
    default:
      return null;
  }
}

/** What a script may run by itself without a transaction around it: more than what must. Null where it gains nothing. */
export function runsAlone(type: string, tree: Tree, slotless: ReadonlySet<string>): string | null {
  const must = outsideTransaction(type, tree, slotless);
  if (must !== null) return must;
  switch (type) {
    // Of partitioned tables these cannot run in a transaction, which no text shows.
    case "ReindexStmt":
      return "REINDEX";
    case "ClusterStmt":
      return "CLUSTER";
    // They may commit.
    case "DoStmt":
      return "DO";
    case "CallStmt":
      return "CALL";
    // Its value can be used once it is committed.
    case "AlterEnumStmt":
      return text(tree, "newVal") !== null && text(tree, "oldVal") === null
        ? "ALTER TYPE ... ADD VALUE"
        : null;
    default:
      return null;
  }
}

/** VACUUM FULL of everything would rewrite the job's own tables. */
export const vacuumsFullEverything = (type: string, tree: Tree): boolean =>
  type === "VacuumStmt" && nodes(tree, "rels").length === 0 && isFull(tree);

const isFull = (tree: Tree): boolean => ![null, "false"].includes(option(tree, "options", "full"));

/** The subscription that a statement takes off its replication slot, or null. */
export function takenOffSlot(type: string, tree: Tree): string | null {
  if (type !== "AlterSubscriptionStmt" || option(tree, "options", "slot_name") !== "none") return null;
  return text(tree, "subname");
}

function reindex(tree: Tree): string | null {
  const concurrently = option(tree, "params", "concurrently");
  if (concurrently !== null && concurrently !== "false") return "REINDEX CONCURRENTLY";
  const [, kind] = /^REINDEX_OBJECT_(SCHEMA|SYSTEM|DATABASE)$/.exec(text(tree, "kind") ?? "") ?? [];
  return kind === undefined ? null : `REINDEX ${kind}`;
}

function detachesConcurrently(wrapped: Tree): boolean {
  const command = node(wrapped, "AlterTableCmd");
  return flag(node(node(command, "def"), "PartitionCmd"), "concurrent");
}

function createsSlot(tree: Tree): boolean {
  return !["create_slot", "connect"].some((name) => option(tree, "options", name) === "false");
}

/** An option's value in lower case, every way of saying no being `false`; `""` without one, null if absent. */
function option(tree: Tree, field: string, name: string): string | null {
  const found = nodes(tree, field).find((item) => text(node(item, "DefElem"), "defname") === name);
  if (found === undefined) return null;
  const arg = node(node(found, "DefElem"), "arg");
  if ("Integer" in arg) return node(arg, "Integer").ival === undefined ? "false" : "true";
  // A bare word (`off`) is a type's name to the parser.
  const word = nameParts(nodes(node(arg, "TypeName"), "names")).at(-1);
  const value = (text(node(arg, "String"), "sval") ?? word ?? "").toLowerCase();
  return /^(off|false|no)$/.test(value) ? "false" : value;
}
