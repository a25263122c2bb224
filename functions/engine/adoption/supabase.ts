import { numberKey, READ_NOTHING, type ToolHistory } from "./tool_history.ts";

/**
 * The Supabase CLI: `supabase_migrations.schema_migrations (version text PRIMARY KEY, statements text[], name text)`;
 * older releases had the version alone, the hosted service adds who. It keeps no times and no failures.
 */
export const SUPABASE: ToolHistory = {
  tools: ["supabase"],
  table: "schema_migrations",
  schema: "supabase_migrations",
  columns: { version: "text" },
  also: { name: "text", created_by: "text" },
  whole: false,
  order: ["version"],
  key: numberKey,
  numbers: true,
  read: (rows) => ({
    ...READ_NOTHING,
    applied: rows.map((row) => ({
      id: row.version ?? "",
      applied_at: null,
      applied_by: row.created_by ?? null,
      row,
    })),
  }),
};
