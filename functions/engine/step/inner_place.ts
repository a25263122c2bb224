import type { Statement } from "../script/script.ts";
import type { ServerError } from "../seam.ts";
import { advanceCodePoints } from "../sql/position.ts";

/**
 * Where in a file an error lies that happened within a DO block or a function: UTF-16 offset, or null where the
 * file does not hold it. `statement` is the one that failed.
 */
export function innerOffset(text: string, statement: Statement | null, error: ServerError): number | null {
  const line = statement === null ? null : blockLineOffset(text, statement, error);
  const [innermost = ""] = (error.where ?? "").split("\n");
  if (statement !== null && line !== null && BLOCK_LINE.test(innermost)) {
    return offsetInBlock(text.slice(0, statement.end), line, error) ?? line;
  }
  return (definesFunction(text, innermost) ? onlyOffset(text, error) : null) ?? line;
}

/** In `where`, whose words depend on lc_messages: a block has no name of its own. */
const BLOCK_LINE = /inline_code_block\D+(\d+)/;
/** What may stand before a block's text; a language may be quoted too. */
const BLOCK_HEAD =
  /^DO\b(?:\s+|--[^\n]*\n|\/\*[\s\S]*?\*\/|LANGUAGE\s+(?:'[^']*'|"[^"]*"|\w+))*(?:[eE]?'|\$[^$\s]*\$)/i;

/** The line that a DO block had come to, at its first token. The outermost block is the file's. */
function blockLineOffset(text: string, statement: Statement, error: ServerError): number | null {
  const last = (error.where ?? "").split("\n").findLast((context) => BLOCK_LINE.test(context));
  const line = BLOCK_LINE.exec(last ?? "")?.[1];
  const head = BLOCK_HEAD.exec(text.slice(statement.start, statement.end))?.[0];
  if (line === undefined || head === undefined) return null;
  let at = statement.start + head.length;
  // The server counts from where the block's text begins, and only \n.
  for (let left = Number(line) - 1; left > 0; left--) {
    const next = text.indexOf("\n", at);
    if (next === -1 || next >= statement.end) return null;
    at = next + 1;
  }
  return at + (/^[ \t]*/.exec(text.slice(at, statement.end))?.[0].length ?? 0);
}

/** The place in a block's query, which begins in the line that begins at `from`. */
function offsetInBlock(text: string, from: number, error: ServerError): number | null {
  const { internal_query: query, internal_position: position } = error;
  if (query === null || position === null) return null;
  const within = advanceCodePoints(query, 0, position - 1);
  const whole = text.indexOf(query, from);
  if (whole !== -1) return whole + within;
  // The server is handed PERFORM as SELECT, and SELECT without its INTO.
  const rest = query.replace(/^SELECT/i, "");
  const performed = /^PERFORM/i.test(text.slice(from)) ? text.indexOf(rest, from) : -1;
  if (performed !== -1) return performed + within - (query.length - rest.length);
  return /^SELECT/i.test(query) && /^SELECT/i.test(text.slice(from))
    ? sameToken(text, from, query, within)
    : null;
}

/** The token at `within` of a query, found as the same occurrence of itself behind `from`. */
function sameToken(text: string, from: number, query: string, within: number): number | null {
  const token = /^(?:[\p{L}\p{N}_$]+|.)/u.exec(query.slice(within))?.[0];
  if (token === undefined) return null;
  let at = text.indexOf(token, from);
  for (let seen = query.indexOf(token); seen !== -1 && seen < within; seen = query.indexOf(token, seen + 1)) {
    if (at !== -1) at = text.indexOf(token, at + 1);
  }
  return at === -1 ? null : at;
}

/** Whether the function that `context` names is made in this file; true where it names none. */
function definesFunction(text: string, context: string): boolean {
  const name = /([\w$.]+)"?\([^()]*\)/.exec(context)?.[1] ?? /"([^"]+)"/.exec(context)?.[1];
  if (name === undefined) return true;
  const bare = (qualified: string) => qualified.split(".").at(-1)?.replaceAll('"', "").toLowerCase();
  const made = text.matchAll(/\b(?:FUNCTION|PROCEDURE)\s+([\w$."]+)\s*\(/gi);
  return Array.from(made).some(([, found = ""]) => bare(found) === bare(name));
}

/** The place in a function's query, where the file holds that query just once. */
function onlyOffset(text: string, error: ServerError): number | null {
  const { internal_query: query, internal_position: position } = error;
  if (query === null || position === null) return null;
  const at = text.indexOf(query);
  if (at === -1 || text.indexOf(query, at + 1) !== -1) return null;
  return at + advanceCodePoints(query, 0, position - 1);
}
