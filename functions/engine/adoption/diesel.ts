import { numberKey, READ_NOTHING, type ToolHistory } from "./tool_history.ts";

/**
 * Diesel: `__diesel_schema_migrations (version varchar(50) PRIMARY KEY, run_on timestamp)`. The version is the folder's
 * name up to the first `_`, without its dashes. Each migration commits with its row, or without both.
 */
export const DIESEL: ToolHistory = {
  tools: ["diesel"],
  table: "__diesel_schema_migrations",
  schema: null,
  columns: { version: "text", run_on: "time" },
  also: {},
  whole: false,
  order: ["run_on", "version"],
  key: (id) => numberKey(id.replace(/_.*$/s, "").replaceAll("-", "")),
  numbers: true,
  read: (rows) => ({
    ...READ_NOTHING,
    applied: rows.map((row) => ({
      id: row.version ?? "",
      applied_at: row.run_on ?? null,
      applied_by: null,
      row,
    })),
  }),
};
