import { type Effect, effectOf } from "../sql/effect.ts";
import { MadeHere, takesStrongLock } from "../sql/locks.ts";
import { outsideTransaction, runsAlone, takenOffSlot } from "../sql/no_transaction.ts";
import { oddPlace } from "../sql/odd_characters.ts";
import { parseStatement } from "../sql/parse.ts";
import { advanceBytes } from "../sql/position.ts";
import type { Refusal } from "../sql/refusal.ts";
import { refuse, type Surveyed } from "../sql/refuse.ts";
import { type Setting, settingsOf } from "../sql/setting.ts";
import type { Span, Spans } from "../sql/spans.ts";
import { classOf } from "../sql/statement_class.ts";
import { survey } from "../sql/survey.ts";
import { type Tree, text } from "../sql/tree.ts";
import { canFail } from "../sql/verification.ts";
import type { FaultList } from "./fault_list.ts";
import type { PairMember } from "./pair.ts";
import type { PrologueMember } from "./prologue.ts";
import type { ScriptOptions, ScriptRole, StatementClass } from "./script.ts";

/** One statement as read, without its tree and its place: those that are read alike share one object. */
export interface ReadStatement extends PairMember, PrologueMember {
  readonly class: StatementClass;
  readonly strong: boolean;
  readonly opaque: boolean;
  readonly can_fail: boolean;
  /** Of a script that runs outside of a transaction: why it runs by itself; null where a transaction does no harm. */
  readonly alone: Alone | null;
}

/** A statement that runs by itself, outside of any transaction. */
export interface Alone {
  /** As the reader knows it: `VACUUM`. */
  readonly what: string;
  /** No transaction can hold it. */
  readonly must: boolean;
  readonly effect: Effect | null;
}

/** The statements that parse, and where each of them stands. */
export interface ReadStatements {
  readonly statements: readonly ReadStatement[];
  readonly spans: Spans;
}

/** Parses and judges each statement by itself, adding faults; those that do not parse are left out. */
export function readStatements(
  source: string,
  found: Spans,
  context: { readonly role: ScriptRole; readonly options: ScriptOptions; readonly no_transaction: boolean },
  faults: FaultList,
): ReadStatements {
  const here = new MadeHere();
  const slotless = new Set<string>();
  const alike = new Alike();
  const statements: ReadStatement[] = [];
  const left_out = new Set<number>();
  let in_group = false;
  let index = -1;
  for (const span of found) {
    index++;
    if (faults.full) break;
    const sql = source.slice(span.start, span.end);
    const parsed = parseStatement(sql);
    if (parsed.kind === "error") {
      const odd = parsed.code === "syntax-error" ? oddPlace(sql, parsed.offset) : null;
      const message = odd === null ? parsed.message : `${parsed.message}: ${odd.message}`;
      faults.add(parsed.code, message, span.start + (odd?.offset ?? parsed.offset));
      left_out.add(index);
      continue;
    }
    const { type, tree } = parsed;
    const named = survey(type, tree);
    const statement = { type, tree, found: named, settings: settingsOf(type, tree, named) };
    for (const refusal of refuse(statement, context.role, context.options, slotless)) {
      if (refusal.code === "needs-no-transaction" && context.no_transaction) continue;
      addRefusal(refusal, source, span, faults);
    }
    const alone = context.no_transaction ? aloneOf(statement, slotless) : null;
    const subscription = takenOffSlot(type, tree);
    if (subscription !== null) slotless.add(subscription);
    const read = { ...judge(statement, sql, here), alone };
    statements.push(context.no_transaction ? read : alike.shared(read));
    if (context.no_transaction) {
      if (type === "TransactionStmt") in_group = /_(BEGIN|START)$/.test(text(tree, "kind") ?? "");
      // What an earlier unit made is committed: others use it by now.
      if (!in_group) here.forget();
    }
  }
  return { statements, spans: found.without(left_out) };
}

/** Of a hundred thousand INSERTs one is kept. */
class Alike {
  private readonly known = new Map<string, ReadStatement>();

  shared(read: ReadStatement): ReadStatement {
    if (read.transaction !== null || read.settings.length > 0) return read;
    const key = `${read.type} ${read.class} ${read.strong} ${read.opaque} ${read.can_fail}`;
    const same = this.known.get(key);
    if (same !== undefined) return same;
    this.known.set(key, read);
    return read;
  }
}

/** Puts a refusal's place, which counts bytes of its statement, into the file. */
export function addRefusal(refusal: Refusal, source: string, span: Span, faults: FaultList): void {
  const offset = advanceBytes(source, span.start, refusal.location);
  faults.add(refusal.code, refusal.message, offset, refusal.remedy);
}

function aloneOf({ type, tree }: Surveyed, slotless: ReadonlySet<string>): Alone | null {
  const what = runsAlone(type, tree, slotless);
  if (what === null) return null;
  const must = outsideTransaction(type, tree, slotless) !== null;
  return { what, must, effect: must || type === "AlterEnumStmt" ? effectOf(type, tree) : null };
}

function judge(statement: Surveyed, sql: string, here: MadeHere): Omit<ReadStatement, "alone"> {
  const { type, tree, found, settings } = statement;
  const statement_class = classOf(type);
  const strong = statement_class === "ddl" && takesStrongLock(type, tree, found, here);
  follow(statement, here);
  const runs_functions =
    statement_class === "dml" || type === "CreateTableAsStmt" || type === "RefreshMatViewStmt";
  return {
    type,
    class: statement_class,
    strong,
    settings: settings.length === 0 ? NO_SETTINGS : settings,
    text: settings.length === 0 ? "" : sql,
    transaction: type === "TransactionStmt" ? tree : null,
    opaque: type === "DoStmt" || type === "CallStmt" || (runs_functions && found.calls.length > 0),
    can_fail: canFail(type, tree, found),
  };
}

const NO_SETTINGS: readonly Setting[] = [];

/** Keeps track of what the script made, for the statements that follow. */
function follow({ type, tree, settings }: Surveyed, here: MadeHere): void {
  if (type === "TransactionStmt" && text(tree, "kind") === "TRANS_STMT_ROLLBACK_TO") here.forget();
  const path = settings.some(({ name }) => name === "search_path" || name === "*");
  if (path || (type === "DoStmt" && mentionsSearchPath(tree))) here.forgetUnqualified();
  here.note(type, tree);
}

const mentionsSearchPath = (tree: Tree): boolean => JSON.stringify(tree).includes("search_path");
