import type { ScriptMessage } from "./batch.ts";
import { type ErrorCode, type Fault, fault } from "./errors.ts";
import type { Statement } from "./script.ts";
import type { ServerError } from "./seam.ts";
import { advanceCodePoints, locate } from "./sql/position.ts";

/** The server's fields of an error, as a fault carries them. */
export const serverFields = (error: ServerError) => ({
  sqlstate: error.sqlstate,
  detail: error.detail,
  hint: error.hint,
  where: error.where,
});

/** What to add where one transaction for a whole file bites: psql ran such files statement by statement. */
const REMEDIES: Readonly<Record<string, string>> = {
  "55006": "Add `SET CONSTRAINTS ALL IMMEDIATE;` before this statement, or split the file.",
  "55P04":
    "Put the new enum value in a file of its own, before this one: it cannot be used in the transaction that adds it.",
  "25001": "This statement cannot run in a transaction; put it in a file of its own.",
};

/** An error in a script, at its place in the user's file. `completed`: statements of the message that were done. */
export function scriptFault(
  code: ErrorCode,
  part: ScriptMessage,
  error: ServerError,
  completed: number,
): Fault {
  const { file } = part.script;
  const statement = statementAt(part, completed);
  const offset = offsetIn(part, statement, error);
  const remedy = REMEDIES[error.sqlstate];
  return fault(code, error.message, {
    file: file.path,
    ...locate(file.text, offset),
    ...serverFields(error),
    ...(remedy === undefined ? {} : { remedy }),
  });
}

/** The failing statement: the one after those that were done; a SET of ours counts for the one behind it. */
function statementAt(part: ScriptMessage, completed: number): Statement | null {
  return part.parts.slice(completed).find(({ statement }) => statement !== null)?.statement ?? null;
}

/** UTF-16 offset into the file of what the server points at: as exact as the server was. */
function offsetIn(part: ScriptMessage, statement: Statement | null, error: ServerError): number {
  const { text } = part.script.file;
  if (error.position !== null) {
    const inMessage = advanceCodePoints(part.message.text, 0, error.position - 1);
    const found = part.parts.findLast(({ offset }) => offset <= inMessage);
    if (found?.statement) {
      const within = found.statement.replacement === null ? inMessage - found.offset : 0;
      return found.statement.start + within;
    }
  }
  const start = statement?.start ?? 0;
  return internalOffset(text, error) ?? bodyLineOffset(text, statement, error) ?? start;
}

/** An error in a query within a function of this file: the query's text, where the file has it just once. */
function internalOffset(text: string, error: ServerError): number | null {
  if (error.internal_query === null || error.internal_position === null) return null;
  const at = text.indexOf(error.internal_query);
  if (at === -1 || text.indexOf(error.internal_query, at + 1) !== -1) return null;
  return at + advanceCodePoints(error.internal_query, 0, error.internal_position - 1);
}

/** A DO block's own line, counted from where its text begins. */
function bodyLineOffset(text: string, statement: Statement | null, error: ServerError): number | null {
  if (statement === null) return null;
  const line = /PL\/pgSQL function inline_code_block line (\d+)/.exec(error.where ?? "")?.[1];
  const sql = text.slice(statement.start, statement.end);
  const body = /\$[^$\s]*\$|'/.exec(sql);
  if (line === undefined || body === null) return null;
  let at = statement.start + body.index + body[0].length;
  for (let left = Number(line) - 1; left > 0; left--) {
    const next = text.indexOf("\n", at);
    if (next === -1 || next >= statement.end) return null;
    at = next + 1;
  }
  // The line's first token, not its indentation.
  return at + (/^[ \t]*/.exec(text.slice(at, statement.end))?.[0].length ?? 0);
}
