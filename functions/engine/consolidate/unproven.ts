import { type Fault, fault, MigrationFault, statusOf } from "../errors.ts";

/** A run on a scratch database that did not end well: what it was about comes first; a stop stays what it is. */
export function unproven(doing: string, error: Fault): MigrationFault {
  const status = statusOf(error);
  // Nothing goes on with a scratch database.
  if (status === "interrupted" || status === "incomplete") {
    const remedy = "Nothing was written: run it again.";
    return new MigrationFault(fault(error.code, `Stopped on a scratch database, ${doing}.`, { remedy }));
  }
  if (status !== "failed" && status !== "refused") return new MigrationFault(error);
  const { file, line, column, excerpt, sqlstate, detail, hint, where, message } = error;
  const told = { file, line, column, excerpt, sqlstate, detail, hint, where, remedy: error.remedy };
  return new MigrationFault(
    fault("consolidation-unproven", `On a scratch database, ${doing}: ${message}`, told),
  );
}
