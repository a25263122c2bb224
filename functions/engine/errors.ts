import { ERROR_CODES, type ErrorCode } from "./error_codes.ts";
import { cut, LONGEST_TEXT } from "./limits.ts";
import type { Status } from "./status.ts";

/** An error or a warning, as reports carry it. Lines and columns count from 1, columns in code points. */
export interface Fault {
  readonly code: ErrorCode;
  readonly message: string;
  readonly remedy: string;
  readonly file: string | null;
  readonly line: number | null;
  readonly column: number | null;
  /** The line of the file, and below it a caret under the token. */
  readonly excerpt: string | null;
  readonly sqlstate: string | null;
  readonly detail: string | null;
  readonly hint: string | null;
  readonly where: string | null;
}

/** A fault with everything not said set to null, and the table's remedy unless another is given; texts are cut. */
export function fault(
  code: ErrorCode,
  message: string,
  more: Partial<Omit<Fault, "code" | "message">> = {},
): Fault {
  const of = (text: string | null | undefined): string | null =>
    text === null || text === undefined ? null : cut(text, LONGEST_TEXT);
  return {
    code,
    remedy: ERROR_CODES[code].remedy,
    file: null,
    line: null,
    column: null,
    excerpt: null,
    sqlstate: null,
    ...more,
    message: cut(message, LONGEST_TEXT),
    detail: of(more.detail),
    hint: of(more.hint),
    where: of(more.where),
  };
}

export const statusOf = (fault: Fault): Status => ERROR_CODES[fault.code].status;

/** The status of what a fault has ended: a warning that --strict makes an error is one of the files. */
export function endingStatus(fault: Fault): Exclude<Status, "ok"> {
  const status = statusOf(fault);
  return status === "ok" ? "bad_input" : status;
}

/** Thrown where a run cannot go on; carries every fault found, the first being the one to show. */
export class MigrationFault extends Error {
  override readonly name = "MigrationFault";
  readonly faults: readonly [Fault, ...Fault[]];

  constructor(first: Fault, ...rest: Fault[]) {
    super(first.message);
    this.faults = [first, ...rest];
  }

  get status(): Status {
    return statusOf(this.faults[0]);
  }
}

/** Throws all of them; nothing where there are none. */
export function throwAny([first, ...rest]: readonly Fault[]): void {
  if (first !== undefined) throw new MigrationFault(first, ...rest);
}
