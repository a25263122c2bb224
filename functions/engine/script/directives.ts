import type { ErrorCode } from "../error_codes.ts";
import { type Fault, fault } from "../errors.ts";
import { lex } from "../sql/lex.ts";
import { locate } from "../sql/position.ts";
import { parseDuration } from "./duration.ts";
import { leadingComments } from "./leading_comments.ts";
import type { Directives } from "./script.ts";

export interface ReadDirectives {
  readonly directives: Directives;
  readonly faults: readonly Fault[];
}

export const NO_DIRECTIVES: Directives = {
  no_transaction: false,
  irreversible: null,
  lock_timeout_ms: null,
  statement_timeout_ms: null,
};

const DIRECTIVE = /^\s*migrate:\s*(\S*)\s*(.*?)\s*$/i;
/** Where the directive stands in a text that is known to have it. */
export const NO_TRANSACTION = /--[ \t]*migrate:[ \t]*no-transaction/i;
/** Whether the text of a `--` comment, without its dashes, is one. */
export const isDirective = (comment: string): boolean => DIRECTIVE.test(comment);
const ANYWHERE = /--[ \t]*migrate:/i;

/**
 * Reads the `-- migrate:` comments before the first statement. Cheap: the rest of the file is only lexed where
 * it seems to hold another one. Faults: directive-unknown, -repeated, -invalid, -late.
 */
export function readDirectives(file: { readonly path: string; readonly text: string }): ReadDirectives {
  const { path, text } = file;
  const { comments, end } = leadingComments(text);
  const faults: Fault[] = [];
  const seen = new Map<string, Partial<Directives>>();
  const fail = (code: ErrorCode, message: string, start: number) =>
    faults.push(fault(code, message, { file: path, ...locate(text, start) }));

  for (const { text: comment, start } of comments) {
    const [, name, value = ""] = DIRECTIVE.exec(comment) ?? [];
    if (name === undefined) continue;
    const meaning = readDirective(name, value);
    if (meaning === null) fail("directive-unknown", `There is no directive \`${name}\`.`, start);
    else if (typeof meaning === "string") fail("directive-invalid", meaning, start);
    else if (seen.has(name)) fail("directive-repeated", `The directive \`${name}\` is given twice.`, start);
    else seen.set(name, meaning);
  }
  for (const { start } of lateDirectives(text, end)) {
    fail("directive-late", "A directive stands after the first statement.", start);
  }
  return { directives: Object.assign({}, NO_DIRECTIVES, ...seen.values()), faults };
}

/** What a directive says; why it says nothing; null where there is no such directive. */
function readDirective(name: string, value: string): Partial<Directives> | string | null {
  switch (name) {
    case "no-transaction":
      return value === "" ? { no_transaction: true } : "`no-transaction` takes no value.";
    case "irreversible":
      return value === "" ? "`irreversible` needs a reason." : { irreversible: value };
    case "lock-timeout":
    case "statement-timeout": {
      const ms = parseDuration(value, "required");
      if (ms === null || ms === 0)
        return `\`${name}\` needs a time such as 500ms, 5s or 10min; found \`${value}\`.`;
      return name === "lock-timeout" ? { lock_timeout_ms: ms } : { statement_timeout_ms: ms };
    }
    default:
      return null;
  }
}

function lateDirectives(text: string, end: number): readonly { readonly start: number }[] {
  if (!ANYWHERE.test(text.slice(end))) return [];
  // It may stand in a string, a function's body or a commented rollback.
  return lex(text).comments.filter(
    ({ kind, start, end: close }) =>
      kind === "line" && start >= end && DIRECTIVE.test(text.slice(start + 2, close)),
  );
}
