import type { ErrorCode } from "../error_codes.ts";

/** Why a statement must not stand in a script. */
export interface Refusal {
  readonly code: ErrorCode;
  readonly message: string;
  /** Byte offset within the statement. */
  readonly location: number;
  /** Where it is better than the code's. */
  readonly remedy?: string;
}
