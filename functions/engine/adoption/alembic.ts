import { dirty, saidList } from "./said.ts";
import { READ_NOTHING, type ToolHistory } from "./tool_history.ts";

/**
 * Alembic: `alembic_version (version_num varchar(32) PRIMARY KEY)` holds the revision that the database is at, one row
 * a head. What came before it is in the files alone: the chain is given by the caller, or by the bundle.
 */
export const ALEMBIC: ToolHistory = {
  tools: ["alembic"],
  table: "alembic_version",
  schema: null,
  columns: { version_num: "text" },
  also: {},
  whole: true,
  order: ["version_num"],
  key: (id) => id,
  numbers: false,
  read: (rows) => {
    if (rows.length > 1) {
      const message = `Alembic's table names several heads: ${saidList(rows.map((row) => row.version_num ?? ""))}.`;
      const remedy = "Join them with `alembic merge heads` and `alembic upgrade head`, and adopt again.";
      return { ...READ_NOTHING, faults: [dirty(message, remedy)] };
    }
    const [row] = rows;
    if (row === undefined) return READ_NOTHING;
    return { ...READ_NOTHING, up_to: { id: row.version_num ?? "", applied_at: null, applied_by: null, row } };
  },
};
