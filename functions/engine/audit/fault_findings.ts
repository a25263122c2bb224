import type { ErrorCode } from "../error_codes.ts";
import type { Fault } from "../errors.ts";
import { psqlVariableAt } from "../sql/odd_characters.ts";
import { type Finding, type FindingCode, finding } from "./findings.ts";

/** What the reader of scripts calls by another name. */
const CODES: Partial<Readonly<Record<ErrorCode, FindingCode>>> = {
  "syntax-error": "unparsable",
  "statement-too-deep": "unparsable",
  "split-disagreement": "unparsable",
  unterminated: "unparsable",
  "unbalanced-parenthesis": "unparsable",
  "nul-byte": "not-text",
  "invalid-utf8": "not-text",
  utf16: "not-text",
  "bom-inside": "not-text",
  "unreadable-file": "unreadable-file",
  "meta-command": "psql-command",
  "copy-from-stdin": "copy-rows",
  "transaction-control": "transaction-control",
  "isolation-level": "transaction-control",
  "needs-no-transaction": "non-transactional",
  "down-uncommented": "down-runs",
  "duplicate-version": "same-version",
  "layout-duplicate": "same-version",
  "orphan-script": "lone-script",
  "layout-incomplete": "lone-script",
  "untranslated-psql": "psql-command",
  "untranslated-variable": "template-variable",
  "untranslated-migration": "untranslated",
  "untranslated-option": "untranslated",
  "empty-migration": "empty",
  "identifier-truncated": "long-name",
};
/** Whose remedy says more than the kind's own. */
const OWN_REMEDY: ReadonlySet<FindingCode> = new Set([
  "refused",
  "untranslated",
  "layout-broken",
  "psql-command",
]);

/** A fault as a finding; `otherwise` is the kind of those that have no kind of their own. */
export function findingOf(fault: Fault, otherwise: FindingCode = "refused"): Finding {
  const psql = fault.code === "untranslated-variable" && fault.message.includes("a variable of psql");
  const code = psql ? "psql-variable" : (CODES[fault.code] ?? otherwise);
  const { message, file, line, column, excerpt, remedy } = fault;
  return finding(code, message, {
    file,
    line,
    column,
    excerpt,
    ...(OWN_REMEDY.has(code) ? { remedy } : {}),
  });
}

const TEMPLATE = /(?:\$\{[^}\r\n]{1,100}\}|\{\{[^}\r\n]{1,100}\}\}|<%[^%\r\n]{1,100}%>)/y;

/**
 * Of a place where the parser failed, whether a variable of psql (`:name`) or of a template (`${name}`, `{{name}}`)
 * stands there: then the statement is no mistake, but meant for another program.
 */
export function variableAt(
  text: string,
  offset: number,
): { readonly code: FindingCode; readonly found: string } | null {
  const psql = psqlVariableAt(text, offset);
  if (psql !== null) return { code: "psql-variable", found: psql };
  TEMPLATE.lastIndex = offset;
  const [template] = TEMPLATE.exec(text) ?? [];
  return template === undefined ? null : { code: "template-variable", found: template };
}
