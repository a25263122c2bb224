import { dirty, saidList } from "./said.ts";
import { type Applied, READ_NOTHING, type ToolHistory, type ToolRow } from "./tool_history.ts";

/** Parts of a version as Flyway compares them: `1.0` is `1`, and `1_2` is `1.2`. */
const parts = (version: string): readonly bigint[] | null => {
  if (!/^\d{1,30}([._]\d{1,30})*$/.test(version)) return null;
  const numbers = version.split(/[._]/).map(BigInt);
  while (numbers.length > 1 && numbers.at(-1) === 0n) numbers.pop();
  return numbers;
};

const key = (id: string): string => parts(id)?.join(".") ?? id;

function reaches(id: string, last: string): boolean {
  const [one, other] = [parts(id), parts(last)];
  if (one === null || other === null) return false;
  for (let i = 0; i < Math.max(one.length, other.length); i += 1) {
    const [left, right] = [one[i] ?? 0n, other[i] ?? 0n];
    if (left !== right) return left < right;
  }
  return true;
}

/** What takes a version away again: a rollback, and what `flyway repair` writes of a file that is gone. */
const TAKES_AWAY = /^(UNDO_|DELETE$)/;
/** From here on, whatever the state before was. */
const BASELINES = new Set(["BASELINE", "SQL_BASELINE"]);

/**
 * Flyway: `flyway_schema_history (installed_rank, version, description, type, script, checksum, installed_by,
 * installed_on, execution_time, success)`. The row of the highest rank says what a version is; one without a version
 * is a repeatable migration, or (type SCHEMA) the making of the schema.
 */
export const FLYWAY: ToolHistory = {
  tools: ["flyway"],
  table: "flyway_schema_history",
  schema: null,
  columns: { installed_rank: "number", version: "text", type: "text", script: "text", success: "flag" },
  also: {
    description: "text",
    checksum: "number",
    installed_by: "text",
    installed_on: "time",
    execution_time: "number",
  },
  whole: false,
  order: ["installed_rank"],
  key,
  reaches,
  numbers: true,
  read: (rows) => {
    const failed = rows.filter((row) => row.success !== "true");
    if (failed.length > 0) {
      const names = saidList(failed.map((row) => row.script ?? row.version ?? ""));
      const remedy = "Undo by hand what they left, run `flyway repair`, and adopt again.";
      return { ...READ_NOTHING, faults: [dirty(`Flyway records as failed: ${names}.`, remedy)] };
    }
    const applied = new Map<string, Applied>();
    const repeatables = new Map<string, string>();
    let up_to: Applied | null = null;
    for (const row of rows) {
      const { version = null, type = null, script = null } = row;
      if (type === "SCHEMA") continue;
      if (version === null) {
        const name = script ?? row.description ?? "";
        if (TAKES_AWAY.test(type ?? "")) repeatables.delete(name);
        else repeatables.set(name, name);
        continue;
      }
      applied.delete(key(version));
      if (TAKES_AWAY.test(type ?? "")) continue;
      if (BASELINES.has(type ?? "")) up_to = appliedOf(version, row);
      else applied.set(key(version), appliedOf(version, row));
    }
    return { applied: [...applied.values()], up_to, repeatables: [...repeatables.values()], faults: [] };
  },
};

const appliedOf = (id: string, row: ToolRow): Applied => ({
  id,
  applied_at: row.installed_on ?? null,
  applied_by: row.installed_by ?? null,
  row,
});
