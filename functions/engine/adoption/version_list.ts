import { numberKey, READ_NOTHING, type ToolHistory } from "./tool_history.ts";

/**
 * Rails and dbmate: `schema_migrations (version varchar PRIMARY KEY)`, a row for each that is applied and nothing else
 * about it. Rails writes no row of one that failed; dbmate runs each in a transaction with its row.
 */
export const VERSION_LIST: ToolHistory = {
  tools: ["rails", "dbmate"],
  table: "schema_migrations",
  schema: null,
  columns: { version: "text" },
  also: {},
  whole: true,
  order: ["version"],
  key: numberKey,
  // structure.sql, which is called as the newest version that it holds.
  gathers: "rails",
  numbers: true,
  read: (rows) => ({
    ...READ_NOTHING,
    applied: rows.map((row) => ({ id: row.version ?? "", applied_at: null, applied_by: null, row })),
  }),
};
