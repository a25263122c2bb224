import type { Refusal } from "../sql/refusal.ts";
import { transactionModes } from "../sql/setting.ts";
import { flag, type Tree, text } from "../sql/tree.ts";
import type { ScriptRole } from "./script.ts";

/** What must be known of each statement to find the script's own BEGIN and COMMIT. */
export interface PairMember {
  /** Node type, such as `TransactionStmt`. */
  readonly type: string;
  /** The tree of a TransactionStmt, null for any other statement. */
  readonly transaction: Tree | null;
}

/** `taken_off` are indexes of the pair that is left out; `refusals` belong to the statement at `index`. */
export interface Pair {
  readonly taken_off: ReadonlySet<number>;
  readonly refusals: readonly (Refusal & { readonly index: number })[];
}

const SAVEPOINTS = /^TRANS_STMT_(SAVEPOINT|RELEASE|ROLLBACK_TO)$/;
/** What may stand before the BEGIN, and after the COMMIT: it runs inside all the same. */
const BEFORE = new Set(["VariableSetStmt", "VariableShowStmt"]);
const AFTER = new Set(["VariableSetStmt", "VariableShowStmt", "VacuumStmt", "SelectStmt", "NotifyStmt"]);

/**
 * Finds the one outer BEGIN ... COMMIT that a script may have (a verification's may end with ROLLBACK), and
 * refuses all other transaction control: the job gives the transaction. Savepoints of the script's own are fine.
 * Where the script was not read to its end (not `complete`), a missing COMMIT means nothing.
 */
export function takeOffPair(statements: readonly PairMember[], role: ScriptRole, complete: boolean): Pair {
  const refusals: (Refusal & { readonly index: number })[] = [...foreignSavepoints(statements)];
  const refuse = (
    index: number,
    message: string,
    code: Refusal["code"] = "transaction-control",
    location = 0,
  ) => refusals.push({ index, code, message, location });
  const control = statements.flatMap(({ transaction }, index) =>
    transaction === null || SAVEPOINTS.test(kindOf(transaction)) ? [] : [{ index, tree: transaction }],
  );
  const [begin, end, ...others] = control;
  if (begin === undefined) return { taken_off: new Set(), refusals };
  if (end === undefined && begins(begin.tree) && !complete) return { taken_off: new Set(), refusals };
  if (end === undefined || !begins(begin.tree) || !ends(end.tree, role)) {
    for (const { index, tree } of control) refuse(index, loneMessage(tree, control.length));
    return { taken_off: new Set(), refusals };
  }

  for (const mode of transactionModes(begin.tree, "options")) {
    const problem = modeProblem(mode.name, mode.value, role);
    if (problem !== null) refuse(begin.index, problem, "isolation-level", mode.location);
  }
  const [second] = others;
  if (second !== undefined && begins(second.tree)) {
    refuse(second.index, "A second transaction: one migration is one transaction.");
  } else {
    for (const { index, tree } of others) refuse(index, loneMessage(tree, control.length));
    statements.forEach(({ type, transaction }, index) => {
      if (transaction !== null) return;
      if (index < begin.index && !BEFORE.has(type)) refuse(index, "A statement before the script's BEGIN.");
      if (index > end.index && !AFTER.has(type)) refuse(index, "A statement after the script's COMMIT.");
    });
  }
  return { taken_off: new Set([begin.index, end.index]), refusals };
}

const kindOf = (tree: Tree): string => text(tree, "kind") ?? "";
const begins = (tree: Tree): boolean => /^TRANS_STMT_(BEGIN|START)$/.test(kindOf(tree));

function ends(tree: Tree, role: ScriptRole): boolean {
  if (flag(tree, "chain")) return false;
  return (
    kindOf(tree) === "TRANS_STMT_COMMIT" || (role === "verify" && kindOf(tree) === "TRANS_STMT_ROLLBACK")
  );
}

/** READ COMMITTED and READ WRITE are what the job runs with anyhow. */
function modeProblem(name: string, value: string | null, role: ScriptRole): string | null {
  if (name === "transaction_isolation" && value?.toLowerCase() !== "read committed") {
    return "The script's BEGIN asks for an isolation level of its own.";
  }
  if (name !== "transaction_read_only" || value !== "1" || role === "verify") return null;
  return "The script's BEGIN asks for a read-only transaction, in which nothing can be recorded.";
}

function loneMessage(tree: Tree, count: number): string {
  switch (kindOf(tree)) {
    case "TRANS_STMT_BEGIN":
    case "TRANS_STMT_START":
      return count === 1 ? "BEGIN without a COMMIT." : "BEGIN within a transaction.";
    case "TRANS_STMT_COMMIT":
      if (flag(tree, "chain")) return "COMMIT AND CHAIN would replace the job's transaction.";
      return "COMMIT would end the job's transaction.";
    case "TRANS_STMT_ROLLBACK":
      return flag(tree, "chain")
        ? "ROLLBACK AND CHAIN would replace the job's transaction."
        : "ROLLBACK would end the job's transaction.";
    case "TRANS_STMT_PREPARE":
      return "PREPARE TRANSACTION would take the transaction out of the job's hands.";
    default:
      return "This settles another transaction than the job's.";
  }
}

/** RELEASE and ROLLBACK TO must name a savepoint that the script made: the job has one of its own. */
function foreignSavepoints(
  statements: readonly PairMember[],
): readonly (Refusal & { readonly index: number })[] {
  const open: string[] = [];
  return statements.flatMap(({ transaction }, index) => {
    const kind = transaction === null ? "" : kindOf(transaction);
    if (transaction === null || !SAVEPOINTS.test(kind)) return [];
    const name = text(transaction, "savepoint_name") ?? "";
    if (kind === "TRANS_STMT_SAVEPOINT") {
      open.push(name);
      return [];
    }
    const at = open.lastIndexOf(name);
    if (at >= 0) open.length = kind === "TRANS_STMT_RELEASE" ? at : at + 1;
    const message = `The script has no savepoint \`${name}\` here.`;
    return at >= 0 ? [] : [{ index, code: "transaction-control" as const, message, location: 0 }];
  });
}
