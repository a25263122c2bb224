import type { Statements } from "../script/script.ts";
import { parseStatement } from "../sql/parse.ts";
import { quoteIdentifier } from "../sql/quote.ts";
import { settingsOf } from "../sql/setting.ts";
import { survey } from "../sql/survey.ts";

/** The transaction's own, and what the job itself sets or takes from the file as a directive. */
const KEPT =
  /^(transaction_(?:isolation|read_only|deferrable|snapshot)|session_authorization|client_encoding|(?:lock|statement)_timeout)$/;
/** Cheap: most statements of a large script set nothing. */
const MAY_SET = /set_config|\b(?:re)?set\b/i;

/**
 * Names of the settings that are changed when a script's statements are done, by SET, SET LOCAL or set_config(), in
 * order of name. In one transaction with others they would hold for what stands behind.
 */
export function changedSettings(text: string, statements: Statements): readonly string[] {
  const changed = new Set<string>();
  for (const { start, end, replacement } of statements) {
    const sql = replacement ?? text.slice(start, end);
    const parsed = MAY_SET.test(sql) ? parseStatement(sql) : null;
    if (parsed?.kind !== "statement") continue;
    const { type, tree } = parsed;
    for (const { name, kind } of settingsOf(type, tree, survey(type, tree))) {
      if (kind === "set" && !KEPT.test(name)) changed.add(name);
      else if (name === "*") changed.clear();
      else changed.delete(name);
    }
  }
  return [...changed].sort();
}

/** Puts a setting back to what it was when the migration began. */
export const resetStatement = (name: string): string => `RESET ${name.split(".").map(quoted).join(".")};`;

const quoted = (name: string): string => (/^[a-z_][a-z0-9_]*$/.test(name) ? name : quoteIdentifier(name));
