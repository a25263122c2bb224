import { type Fault, statusOf } from "#engine/errors.ts";
import type { Status } from "#engine/status.ts";
import { excerptLines } from "./excerpt.ts";
import { printable, printableLines } from "./printable.ts";
import type { Look } from "./style.ts";

/** The word before an error's message, by the status that its code leads to. */
const WORDS: Readonly<Record<Status, string>> = {
  ok: "error",
  failed: "error",
  bad_input: "error",
  refused: "refused",
  busy: "busy",
  unreachable: "unreachable",
  incomplete: "stopped",
  unknown: "unknown",
  internal: "internal error",
  interrupted: "stopped",
};

const CONTEXT_LINES = 8;

/** What may differ where a fault is shown. */
export interface FaultPlace {
  /** Before every line. */
  readonly indent: string;
  /** What the report takes it for: a code that refuses elsewhere may only warn here, and --strict does the opposite. */
  readonly as: "warning" | "error";
  /** Instead of the fault's own message. */
  readonly message?: string;
  /** Lines between the place and the rest: failing checks. */
  readonly between?: readonly string[];
}

/** A fault from its message to its remedy: what, where, why, what to do. */
export function faultLines(fault: Fault, look: Look, place: FaultPlace): readonly string[] {
  const word =
    place.as === "warning" ? look.paint.careful("warning:") : look.paint.bad(`${WORDS[statusOf(fault)]}:`);
  const [first = "", ...rest] = printableLines(place.message ?? fault.message);
  const room = look.width - place.indent.length - 4;
  const lines = [
    `${word} ${first}`,
    ...rest.map((line) => `  ${line}`),
    ...whereabouts(fault),
    ...(fault.excerpt === null ? [] : excerptLines(fault.excerpt, room).map((line) => `    ${line}`)),
    ...(place.between ?? []).map((line) => `  ${line}`),
    ...(fault.sqlstate === null ? [] : [`  sqlstate: ${printable(fault.sqlstate)}`]),
    ...labelled("detail", fault.detail, look),
    ...labelled("hint", fault.hint, look),
    ...labelled("where", fault.where, look),
    `  ${look.paint.strong("remedy:")} ${printable(fault.remedy)}  ${look.paint.faint(`[${fault.code}]`)}`,
  ];
  return lines.map((line) => `${place.indent}${line}`.trimEnd());
}

/** A fault in two lines, for what has neither a place nor steps: another run's lock, a host that is away. */
export function briefFault(fault: Fault, look: Look): readonly string[] {
  const detail = { ...fault, sqlstate: null, detail: null, hint: null, where: null };
  return faultLines(look.verbose ? fault : detail, look, { as: "error", indent: "" });
}

/** `file:line:column`, unless the message has named the file and no line is known. */
function whereabouts({ file, line, column, message }: Fault): readonly string[] {
  if (file === null || (line === null && message.includes(file))) return [];
  const at = line === null ? "" : column === null ? `:${line}` : `:${line}:${column}`;
  return [`  ${printable(file)}${at}`];
}

function labelled(label: string, text: string | null, look: Look): readonly string[] {
  if (text === null || text === "") return [];
  const all = printableLines(text);
  const shown = look.verbose ? all : all.slice(0, CONTEXT_LINES);
  const left = all.length - shown.length;
  const more = left === 0 ? [] : [`(${left} more lines: --verbose)`];
  return [...shown, ...more].map((line, i) => (i === 0 ? `  ${label}: ${line}` : `    ${line}`));
}

/** Whether two faults are one, said in two places of a report. */
export const sameFault = (a: Fault, b: Fault): boolean =>
  a.code === b.code &&
  a.message === b.message &&
  a.file === b.file &&
  a.line === b.line &&
  a.column === b.column;
