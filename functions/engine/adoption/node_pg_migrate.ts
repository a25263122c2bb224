import { READ_NOTHING, type ToolHistory } from "./tool_history.ts";

/**
 * node-pg-migrate: `pgmigrations (id serial PRIMARY KEY, name varchar(255), run_on timestamp)`. The name is the file's
 * without its ending; a migration that fails leaves no row.
 */
export const NODE_PG_MIGRATE: ToolHistory = {
  tools: ["node-pg-migrate"],
  table: "pgmigrations",
  schema: null,
  columns: { id: "number", name: "text", run_on: "time" },
  also: {},
  whole: false,
  order: ["run_on", "id"],
  key: (id) => id.replace(/\.(sql|[cm]?[jt]s)$/, ""),
  numbers: false,
  read: (rows) => ({
    ...READ_NOTHING,
    applied: rows.map((row) => ({
      id: row.name ?? "",
      applied_at: row.run_on ?? null,
      applied_by: null,
      row,
    })),
  }),
};
