import type { StatementClass } from "../script/script.ts";

/** Wait for nothing, or for nothing that another session holds long. */
const SESSION = new Set([
  "VariableSetStmt",
  "VariableShowStmt",
  "TransactionStmt",
  "DiscardStmt",
  "PrepareStmt",
  "DeallocateStmt",
  "ListenStmt",
  "UnlistenStmt",
  "NotifyStmt",
  "ClosePortalStmt",
  "CheckPointStmt",
]);

/**
 * Work on rows. ANALYZE too: it may wait long behind an autovacuum without harming anybody. SET CONSTRAINTS
 * runs deferred triggers.
 */
const DML = new Set([
  "SelectStmt",
  "InsertStmt",
  "UpdateStmt",
  "DeleteStmt",
  "MergeStmt",
  "DoStmt",
  "CallStmt",
  "CopyStmt",
  "ExplainStmt",
  "ExecuteStmt",
  "DeclareCursorStmt",
  "FetchStmt",
  "ConstraintsSetStmt",
  "VacuumStmt",
]);

/** The class of a statement by its node type; what is not known is DDL. */
export function classOf(type: string): StatementClass {
  if (DML.has(type)) return "dml";
  return SESSION.has(type) ? "session" : "ddl";
}
