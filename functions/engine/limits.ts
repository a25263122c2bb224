/**
 * How much of what others wrote is kept, so that neither a report nor a record nor a terminal is flooded. All in
 * UTF-16 units. What a server sends in one message, a row or an error, must be received whole all the same.
 */

/** Of each text of a fault: message, detail, hint, context. */
export const LONGEST_TEXT = 8_000;
/** Of one notice; so many of a connection are told. */
export const LONGEST_NOTICE = 2_000;
export const NOTICES_KEPT = 100;
/** Of one field of a verification's row. */
export const LONGEST_FIELD = 8_000;
/** Of all rows of one verification together; rows past it cannot be judged, and fail. */
export const CHECK_TEXT_KEPT = 2 ** 20;
/** Rows of one verification that are judged; more cannot be, and fail. */
export const CHECK_ROWS_KEPT = 10_000;
/** Result sets without a status that a verification shows. */
export const SHOWN_RESULTS_KEPT = 50;

/** The beginning of a text that is longer than `most`, with how much is missing. Never half of a character. */
export function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  const last = text.charCodeAt(most - 1);
  const end = last >= 0xd800 && last <= 0xdbff ? most - 1 : most;
  return `${text.slice(0, end)} ... (${text.length - end} more characters)`;
}
