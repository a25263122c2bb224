import type { Setting } from "../sql/setting.ts";

/** What must be known of each statement to recognise pg_dump's prologue. */
export interface PrologueMember {
  /** Node type, such as `VariableSetStmt`. */
  readonly type: string;
  readonly settings: readonly Setting[];
  readonly text: string;
}

/** What becomes of a statement: `null` is dropped, text is sent in its place. */
export type Adjustments = ReadonlyMap<number, string | null>;

/** What pg_dump writes, and whether the job has it already or must not have it (null), or keeps it as LOCAL. */
const KNOWN: ReadonlyMap<string, "drop" | "local"> = new Map([
  ["statement_timeout=0", "drop"],
  ["lock_timeout=0", "drop"],
  ["idle_in_transaction_session_timeout=0", "drop"],
  ["transaction_timeout=0", "drop"],
  ["client_encoding=utf8", "drop"],
  ["standard_conforming_strings=on", "local"],
  ["search_path=", "local"],
  ["check_function_bodies=false", "local"],
  ["xmloption=content", "local"],
  ["client_min_messages=warning", "local"],
  ["escape_string_warning=off", "local"],
  ["row_security=off", "local"],
  ["default_tablespace=", "local"],
  ["default_with_oids=false", "local"],
  ["default_table_access_method=heap", "local"],
]);
/** pg_dump writes these again between its objects. */
const REPEATED = /^default_(tablespace|table_access_method|with_oids)$/;
const FEWEST = 3;
/** A SELECT that does nothing but set one setting. */
export const ONLY_SET_CONFIG = /^select\s+(?:pg_catalog\s*\.\s*)?set_config\s*\([^()]*\)$/i;
const SET = /^set\s+(?:session\s+)?(?!local\s)/i;

/**
 * pg_dump's prologue, known by at least three of its settings at the head of a script: what would weaken the
 * job is dropped, the rest ends with the step. Without a prologue, nothing is changed.
 */
export function adjustPrologue(statements: readonly PrologueMember[]): Adjustments {
  const found = statements.findIndex((statement) => !isSetting(statement));
  const head = found < 0 ? statements.length : found;
  if (statements.slice(0, head).filter((statement) => action(statement) !== null).length < FEWEST)
    return new Map();
  const adjusted = new Map<number, string | null>();
  statements.forEach((statement, index) => {
    const what = index < head || REPEATED.test(statement.settings[0]?.name ?? "") ? action(statement) : null;
    if (what !== null) adjusted.set(index, what === "drop" ? null : localised(statement));
  });
  return adjusted;
}

function isSetting({ type, settings }: PrologueMember): boolean {
  return settings.length === 1 && (type === "VariableSetStmt" || type === "SelectStmt");
}

function action(statement: PrologueMember): "drop" | "local" | null {
  const [setting] = statement.settings;
  if (setting === undefined || !isSetting(statement) || setting.local || setting.value === null) return null;
  if (setting.by === "function" && !(setting.name === "search_path" && ONLY_SET_CONFIG.test(statement.text)))
    return null;
  return KNOWN.get(`${setting.name}=${setting.value.toLowerCase()}`) ?? null;
}

function localised({ settings, text }: PrologueMember): string {
  if (settings[0]?.by === "function") return "SELECT pg_catalog.set_config('search_path', '', true)";
  return text.replace(SET, "SET LOCAL ");
}
