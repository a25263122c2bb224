import { dirty, said, saidList } from "./said.ts";
import { READ_NOTHING, type ToolHistory, type ToolRow } from "./tool_history.ts";

/** Of a changeset that took effect, or was said to have. */
const APPLIED = new Set(["EXECUTED", "RERAN", "MARK_RAN"]);

/**
 * Liquibase: `databasechangelog (id, author, filename, dateexecuted, orderexecuted, exectype, md5sum, ...)`, known by
 * path, id and author together; `databasechangeloglock (id, locked, lockgranted, lockedby)` beside it is held while it
 * works. exectype is EXECUTED, RERAN or MARK_RAN of what is there, SKIPPED or FAILED of what is not.
 */
export const LIQUIBASE: ToolHistory = {
  tools: ["liquibase"],
  table: "databasechangelog",
  schema: null,
  columns: {
    id: "text",
    author: "text",
    filename: "text",
    dateexecuted: "time",
    orderexecuted: "number",
    exectype: "text",
  },
  also: {
    md5sum: "text",
    description: "text",
    comments: "text",
    tag: "text",
    contexts: "text",
    labels: "text",
  },
  whole: false,
  order: ["orderexecuted", "dateexecuted"],
  beside: {
    table: "databasechangeloglock",
    columns: { id: "number", locked: "flag", lockgranted: "time", lockedby: "text" },
  },
  key: (id) => id.replace(/^(classpath:)?(\.?\/)*/, ""),
  // The path is told from where Liquibase was run, the bundle's from the folder that was imported.
  alike: (id, other) => id.endsWith(`/${other}`) || other.endsWith(`/${id}`),
  numbers: false,
  read: (rows, locks) => {
    const held = locks.find((lock) => lock.locked === "true");
    if (held !== undefined) {
      const message = `Liquibase's lock is held by ${said(held.lockedby ?? "somebody")} since ${held.lockgranted ?? "an unknown time"}.`;
      const remedy = "Wait for it; where nobody works, run `liquibase release-locks`. Then adopt again.";
      return { ...READ_NOTHING, faults: [dirty(message, remedy)] };
    }
    const failed = rows.filter((row) => row.exectype === "FAILED");
    if (failed.length > 0) {
      const message = `Liquibase records as failed: ${saidList(failed.map(idOf))}.`;
      const remedy =
        "Run `liquibase update` until they have succeeded, or take their rows away; then adopt again.";
      return { ...READ_NOTHING, faults: [dirty(message, remedy)] };
    }
    const applied = rows
      .filter((row) => APPLIED.has(row.exectype ?? ""))
      .map((row) => ({
        id: idOf(row),
        applied_at: row.dateexecuted ?? null,
        applied_by: null,
        row,
      }));
    return { ...READ_NOTHING, applied };
  },
};

const idOf = ({ filename, id, author }: ToolRow): string => `${filename ?? ""}::${id ?? ""}::${author ?? ""}`;
