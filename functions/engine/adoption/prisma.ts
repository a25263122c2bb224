import { dirty, saidList } from "./said.ts";
import { READ_NOTHING, type ToolHistory } from "./tool_history.ts";

/**
 * Prisma: `_prisma_migrations (id, checksum, finished_at, migration_name, logs, rolled_back_at, started_at,
 * applied_steps_count)`. Without finished_at it failed or still runs, unless rolled_back_at says that it was resolved.
 */
export const PRISMA: ToolHistory = {
  tools: ["prisma"],
  table: "_prisma_migrations",
  schema: null,
  columns: {
    id: "text",
    migration_name: "text",
    finished_at: "time",
    rolled_back_at: "time",
    started_at: "time",
  },
  also: { checksum: "text", logs: "text", applied_steps_count: "number" },
  whole: false,
  order: ["started_at", "id"],
  key: (id) => id.replace(/\/(migration\.sql)?$/, ""),
  numbers: false,
  read: (rows) => {
    const open = rows.filter((row) => row.finished_at === null && row.rolled_back_at === null);
    if (open.length > 0) {
      const names = saidList(open.map((row) => row.migration_name ?? ""));
      const remedy = "Run `prisma migrate resolve --rolled-back NAME`, or `--applied NAME`, and adopt again.";
      return { ...READ_NOTHING, faults: [dirty(`Prisma has begun and not finished: ${names}.`, remedy)] };
    }
    const applied = rows
      .filter((row) => row.rolled_back_at === null)
      .map((row) => ({
        id: row.migration_name ?? "",
        applied_at: row.finished_at ?? null,
        applied_by: null,
        row,
      }));
    return { ...READ_NOTHING, applied };
  },
};
