import { type Fault, fault } from "../errors.ts";
import type { ServerError } from "../seam.ts";
import { serverFields } from "../step/script_fault.ts";

/** Of lock_not_available, where only the history's tables can be meant. */
export const HISTORY_LOCKED =
  "Somebody holds a lock on the history's tables: see pg_locks, and run again when it is gone.";

/** Why the server did not take a row of ours. `doing` says which, where that is not plain. */
export function writeFault(error: ServerError, doing: string | null = null): Fault {
  const message = doing === null ? error.message : `${doing}: ${error.message}`;
  const fields = serverFields(error);
  switch (error.sqlstate) {
    case "55P03":
      return fault("lock-timeout", message, { ...fields, remedy: HISTORY_LOCKED });
    // unique_violation: the row is there already.
    case "23505":
      return fault("history-moved", message, fields);
    default:
      return fault("history-write-refused", message, fields);
  }
}
