/** Limits by what a statement waits for; milliseconds. Reasons: docs/decisions.md, "Lock timeouts". */

/** Under deadlock_timeout (1 s by default): the job and never the application loses a deadlock. */
export const LOCK_TIMEOUT_DDL_MS = 200;
/** Beyond deadlock_timeout, in the one try that waits for the check that displaces an autovacuum. */
export const AFTER_DEADLOCK_CHECK_MS = 250;
/** A backfill that meets one locked row must not start again for ever. */
export const LOCK_TIMEOUT_DML_MS = 5_000;
/** A verification runs while the step's locks are held. */
export const VERIFICATION_TIMEOUT_MS = 10_000;
/** A try that ran longer than this is not repeated: its work would be lost again. */
export const LONGEST_REPEATED_TRY_MS = 30_000;
/** UTF-16 units of SQL in one message: the server keeps about ten times a message's size. */
export const GROUP_LENGTH = 64 * 1024;
/** UTF-16 units on the wire before an answer is awaited. */
export const FLUSH_LENGTH = 1024 * 1024;
