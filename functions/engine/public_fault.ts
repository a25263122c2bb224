import { ERROR_CODES } from "./error_codes.ts";
import { type Fault, statusOf } from "./errors.ts";
import type { ReportHead } from "./report.ts";

/**
 * What logs, thrown errors and events may say of a fault. What a server said may hold rows, and what a script says may
 * hold data too: they stand in the database and in the returned report only.
 */
export interface PublicFault {
  readonly code: string;
  readonly sqlstate: string | null;
  readonly file: string | null;
  readonly line: number | null;
  /** Its message where that is in our own words alone, else the table's remedy. One line. */
  readonly words: string;
}

export function publicFault(fault: Fault): PublicFault {
  const { code, sqlstate, file, line } = fault;
  const words = inOwnWords(fault) ? fault.message : ERROR_CODES[code].remedy;
  const plain = (text: string | null): string | null => (text === null ? null : oneLine(text));
  return { code, sqlstate: plain(sqlstate), file: plain(file), line, words: oneLine(words) };
}

/** `SQLSTATE 23505, 003_x.sql:12: Correct the SQL at the place shown; ...` */
export function publicWords(fault: PublicFault): string {
  const place = fault.file === null ? [] : [fault.line === null ? fault.file : `${fault.file}:${fault.line}`];
  const where = [...(fault.sqlstate === null ? [] : [`SQLSTATE ${fault.sqlstate}`]), ...place].join(", ");
  return where === "" || fault.words.includes(where) ? fault.words : `${where}: ${fault.words}`;
}

/** Every reason why a run did not end ok, the most telling first. */
export const faultsOf = ({ error, refusals }: Pick<ReportHead, "error" | "refusals">): readonly Fault[] =>
  refusals.length > 0 ? refusals : error === null ? [] : [error];

/**
 * Messages that quote: a server's carry a SQLSTATE or its context, a script's an excerpt; of a failed
 * step it may be the checks, of an internal fault anything, of an unknown commit why the connection was lost.
 */
const QUOTING_STATUSES: ReadonlySet<string> = new Set(["failed", "internal", "unknown"]);

function inOwnWords(fault: Fault): boolean {
  const { sqlstate, hint, where, excerpt } = fault;
  const quoted = [sqlstate, hint, where, excerpt].some((field) => field !== null);
  return !quoted && !QUOTING_STATUSES.has(statusOf(fault));
}

/** Control and format characters would garble a log or a terminal, or reorder what is read. */
const oneLine = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ").trim();
