import type { ErrorCode } from "../error_codes.ts";
import { lex } from "../sql/lex.ts";
import type { Lexed, LexFault, MetaCommand } from "../sql/lexed.ts";
import type { FaultList } from "./fault_list.ts";

const HARMLESS = /^\\(?:set\s+ON_ERROR_STOP\b|echo\b|timing\b|restrict\b|unrestrict\b)/;
const OPENED: Readonly<Record<LexFault["kind"], string>> = {
  quote: "A quote is opened here and not closed.",
  identifier: "A quoted name is opened here and not closed.",
  "dollar-quote": "A dollar quote is opened here and not closed.",
  comment: "A comment is opened here and not closed.",
  parenthesis: "A parenthesis is opened here and not closed.",
  closing: "This parenthesis closes nothing.",
  body: "BEGIN ATOMIC has no END.",
  rows: "The rows of this COPY ... FROM stdin have no end: no line behind it is `\\.` and nothing else.",
  "before-rows": "This stands between a COPY ... FROM stdin and its rows, which begin in the next line.",
};
const CODES: Readonly<Partial<Record<LexFault["kind"], ErrorCode>>> = {
  parenthesis: "unbalanced-parenthesis",
  closing: "unbalanced-parenthesis",
  rows: "copy-from-stdin",
  "before-rows": "copy-from-stdin",
};

/** Splits a script, and adds what is wrong with it before any of it is parsed. */
export function lexScript(text: string, faults: FaultList): Lexed {
  const lexed = lex(text);
  for (const { kind, offset } of lexed.faults) {
    faults.add(CODES[kind] ?? "unterminated", OPENED[kind], offset);
  }
  for (const meta of lexed.metas) addMeta(text, meta, faults);
  return lexed;
}

/** psql's harmless commands on lines of their own are dropped. `\\` would go on with SQL on the same line. */
export function isHarmlessMeta(text: string, { start, end, inside }: MetaCommand): boolean {
  const line = text.slice(start, end);
  return !inside && HARMLESS.test(line) && !line.includes("\\\\");
}

function addMeta(text: string, meta: MetaCommand, faults: FaultList): void {
  if (isHarmlessMeta(text, meta)) return;
  const { start } = meta;
  const line = text.slice(start, meta.end);
  const name = /^\\\S*/.exec(line)?.[0] ?? "\\";
  faults.add("meta-command", `\`${name}\` is a command of psql, no SQL.`, start, remedyOfMeta(name));
}

/** What to do in the place of a psql command, where it is known. */
export function remedyOfMeta(name: string): string | undefined {
  if (/^\\ir?$|^\\include/.test(name))
    return "Put the other file's SQL here, or make it a migration of its own.";
  if (name === "\\copy") return "Write COPY ... FROM stdin; and the rows behind it, up to a line `\\.`.";
  if (name === "\\.") return "Remove it: there are no rows of a COPY ... FROM stdin here that it would end.";
  if (/^\\c(onnect)?$/.test(name)) return "Remove it: the job chooses the connection.";
  return undefined;
}
