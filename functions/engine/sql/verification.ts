import type { Refusal } from "./refusal.ts";
import { inCatalog } from "./setting.ts";
import { classOf } from "./statement_class.ts";
import type { Name, Survey } from "./survey.ts";
import { nameParts, node, nodes, type Tree, text } from "./tree.ts";

const WRITING_FUNCTIONS = /^(nextval|setval|lo_\w+|pg_notify)$/;
const WRITING_SESSION = new Set(["NotifyStmt", "CheckPointStmt"]);

/** Why a statement must not stand in a verification, as far as its tree shows; read-only mode catches the rest. */
export function refuseWrites(type: string, found: Survey): Refusal | null {
  const because = (message: string, location = 0): Refusal => ({
    code: "verification-writes",
    message,
    location,
  });
  if (classOf(type) === "ddl" || type === "VacuumStmt" || WRITING_SESSION.has(type)) {
    return because("A verification changes nothing.");
  }
  if (type === "CopyStmt") return because("COPY writes rows or files.");
  if (found.modifies) return because("A verification changes no rows.", found.writes[0]?.location);
  if (found.locks_rows) return because("FOR UPDATE and the like lock rows.");
  const call = found.calls.find(
    (candidate) => inCatalog(candidate) && WRITING_FUNCTIONS.test(candidate.name),
  );
  return call === undefined ? null : because(`${call.name} writes.`, call.location);
}

/** Statements that can neither return a `status` nor raise. */
const SILENT =
  /^(VariableSetStmt|VariableShowStmt|TransactionStmt|ExplainStmt|DeallocateStmt|ListenStmt|UnlistenStmt)$/;
/** Functions of the server that raise on no value a check would hand them. */
const HARMLESS = new Set(
  `count min max sum avg bool_and bool_or every string_agg array_agg json_agg jsonb_agg json_build_object
  jsonb_build_object row_number rank dense_rank now clock_timestamp statement_timestamp current_database
  current_schema current_schemas current_setting version lower upper length char_length trim btrim ltrim rtrim
  concat concat_ws format replace left right substring position quote_ident quote_literal array_length
  cardinality array_to_string to_char round abs to_regclass to_regproc to_regprocedure to_regtype
  to_regnamespace to_regrole pg_get_indexdef pg_get_constraintdef pg_get_viewdef pg_get_functiondef
  pg_get_triggerdef pg_get_expr obj_description col_description format_type pg_size_pretty`.split(/\s+/),
);

/**
 * Whether a statement of a verification can fail it: by a row with a `status`, or by raising. Only where it
 * clearly can do neither is it false; reading a table of the user's raises where the table is missing.
 */
export function canFail(type: string, tree: Tree, found: Survey): boolean {
  if (SILENT.test(type)) return false;
  if (type !== "SelectStmt") return true;
  if (found.may_raise || found.calls.some((call) => !inCatalog(call) || !HARMLESS.has(call.name)))
    return true;
  return found.reads.some((name) => !isCatalog(name)) || returnsStatus(tree);
}

const isCatalog = ({ schema, name }: Name): boolean =>
  schema === null ? name.startsWith("pg_") : schema === "pg_catalog" || schema === "information_schema";

/** The columns of a UNION are those of its first part. */
function returnsStatus(tree: Tree): boolean {
  let first = tree;
  while ("larg" in first) first = node(first, "larg");
  return nodes(first, "targetList").some((item) => {
    const target = node(item, "ResTarget");
    return maybeStatus(text(target, "name") ?? impliedName(node(target, "val")));
  });
}

const maybeStatus = (name: string | null): boolean => name === "*" || name?.toLowerCase() === "status";

/** The name a column has without an alias; `*` where it may have any. */
function impliedName(value: Tree): string | null {
  const column = node(value, "ColumnRef");
  const indirection = nodes(node(value, "A_Indirection"), "indirection");
  const parts = [...nodes(column, "fields"), ...indirection];
  const last = parts.at(-1);
  if (last === undefined) return nameParts(nodes(node(value, "FuncCall"), "funcname")).at(-1) ?? null;
  return "A_Star" in last ? "*" : text(node(last, "String"), "sval");
}
