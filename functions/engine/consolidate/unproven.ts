import { type Fault, fault, MigrationFault, statusOf } from "../errors.ts";

/** A run on a scratch database that did not end well: what it was about comes first; a stop stays what it is. */
export function unproven(doing: string, error: Fault): MigrationFault {
  const status = statusOf(error);
  if (status !== "failed" && status !== "refused") return new MigrationFault(error);
  const { file, line, column, excerpt, sqlstate, detail, hint, where, message } = error;
  const told = { file, line, column, excerpt, sqlstate, detail, hint, where, remedy: error.remedy };
  return new MigrationFault(
    fault("consolidation-unproven", `On a scratch database, ${doing}: ${message}`, told),
  );
}
