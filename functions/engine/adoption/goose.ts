import { numberKey, READ_NOTHING, type ToolHistory, type ToolRow } from "./tool_history.ts";

/**
 * goose: `goose_db_version (id PRIMARY KEY, version_id bigint, is_applied boolean, tstamp timestamp)`. It begins with a
 * row of version 0; older releases add a row that is not applied for each that was rolled back, newer ones delete it.
 */
export const GOOSE: ToolHistory = {
  tools: ["goose"],
  table: "goose_db_version",
  schema: null,
  columns: { id: "number", version_id: "number", is_applied: "flag" },
  also: { tstamp: "time" },
  whole: false,
  order: ["id"],
  key: numberKey,
  numbers: true,
  read: (rows) => {
    const last = new Map<string, ToolRow>();
    for (const row of rows) {
      const version = row.version_id ?? "";
      // What is applied anew takes the place at the end.
      last.delete(version);
      if (row.is_applied === "true" && version !== "0") last.set(version, row);
    }
    const applied = [...last].map(([id, row]) => ({
      id,
      applied_at: row.tstamp ?? null,
      applied_by: null,
      row,
    }));
    return { ...READ_NOTHING, applied };
  },
};
