import { dirty, said } from "./said.ts";
import { numberKey, READ_NOTHING, type ToolHistory } from "./tool_history.ts";

/**
 * golang-migrate: `schema_migrations (version bigint PRIMARY KEY, dirty boolean NOT NULL)`, one row at most: the
 * version that it stands at. It is dirty from before a migration until that has succeeded.
 */
export const GOLANG_MIGRATE: ToolHistory = {
  tools: ["golang-migrate"],
  table: "schema_migrations",
  schema: null,
  columns: { version: "number", dirty: "flag" },
  also: {},
  whole: true,
  order: ["version"],
  key: numberKey,
  numbers: true,
  read: (rows) => {
    const row = rows.at(-1);
    if (row === undefined) return READ_NOTHING;
    const version = row.version ?? "";
    if (rows.length > 1) {
      const remedy = "Leave the row of the version that the database is at.";
      return { ...READ_NOTHING, faults: [dirty("golang-migrate's table holds more than one row.", remedy)] };
    }
    if (row.dirty !== "false") {
      const message = `golang-migrate left version ${said(version)} dirty: it failed, or ended in the middle of it.`;
      const remedy = "Repair the schema by hand, say so with `migrate force VERSION`, and adopt again.";
      return { ...READ_NOTHING, faults: [dirty(message, remedy)] };
    }
    return { ...READ_NOTHING, up_to: { id: version, applied_at: null, applied_by: null, row } };
  },
};
