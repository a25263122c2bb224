import type { Statement } from "../script/script.ts";
import type { ServerError } from "../seam.ts";
import type { Span } from "../sql/spans.ts";

/** The server's context of an error in a row, whose words depend on lc_messages: `COPY t, line 3, column a: "x"`. */
const IN_ROW = /^COPY .*?, \D*(\d+)/;
const VALUE = /, .*: ["„»«](.*)["“«»]$/;

/**
 * Where in a file the row lies that a COPY's error is about: UTF-16 offset of the value that the server shows, or of
 * the row's last line, which is the one it counts; null where `statement` has no rows or the error is not about one.
 */
export function rowOffset(text: string, statement: Statement | null, error: ServerError): number | null {
  const rows = statement?.rows ?? null;
  const context = (error.where ?? "").split("\n").findLast((one) => IN_ROW.test(one));
  const number = IN_ROW.exec(context ?? "")?.[1];
  if (rows === null || number === undefined) return null;
  const csv = /\bcsv\b/i.test(text.slice(statement?.start, statement?.end));
  const line = lineAt(text, rows, Number(number) + (csv && number !== "1" ? uncounted(text, rows) : 0));
  if (line === null) return null;
  const value = VALUE.exec(context ?? "")?.[1] ?? "";
  return line.start + onlyField(text.slice(line.start, line.end), value);
}

/** Lines within quotes of the first row, which the server does not count: it has not seen how lines end by then. */
function uncounted(text: string, rows: Span): number {
  let count = 0;
  let quoted = false;
  for (let at = rows.start; at < rows.end; at++) {
    const one = text[at];
    if (one === '"') quoted = !quoted;
    else if (one === "\n" && !quoted) return count;
    else if (one === "\n") count++;
  }
  return 0;
}

function lineAt(text: string, rows: Span, number: number): Span | null {
  let start = rows.start;
  for (let left = number - 1; left > 0; left--) {
    const next = text.indexOf("\n", start);
    if (next === -1 || next + 1 >= rows.end) return null;
    start = next + 1;
  }
  const next = text.indexOf("\n", start);
  return start < rows.end ? { start, end: next === -1 ? rows.end : next } : null;
}

/** Where the only field stands that is this value; 0 where none or several are. */
function onlyField(line: string, value: string): number {
  if (value === "") return 0;
  const found: number[] = [];
  for (let at = line.indexOf(value); at !== -1; at = line.indexOf(value, at + 1)) {
    const around = [line[at - 1], line[at + value.length]];
    if (around.every((next) => next === undefined || /[\t,;|"\r]/.test(next))) found.push(at);
  }
  return found.length === 1 ? (found[0] ?? 0) : 0;
}
