import { fault } from "../errors.ts";
import { saidList } from "./said.ts";
import { READ_NOTHING, type ToolHistory } from "./tool_history.ts";

/**
 * Sqitch's registry, a schema of its own (`sqitch`): `changes (change_id, script_hash, change, project, note,
 * committed_at, committer_name, committer_email, planned_at, planner_name, planner_email)` holds what is deployed, and
 * nothing of what was reverted or failed. A change that was reworked is there twice, in the order of its deploys.
 */
export const SQITCH: ToolHistory = {
  tools: ["sqitch"],
  table: "changes",
  schema: null,
  columns: {
    change_id: "text",
    change: "text",
    project: "text",
    committed_at: "time",
    committer_name: "text",
    planner_email: "text",
  },
  also: {
    committer_email: "text",
    planned_at: "time",
    planner_name: "text",
    note: "text",
    script_hash: "text",
  },
  whole: false,
  order: ["committed_at", "change_id"],
  // `users@v1.0` is how a plan tells apart the two changes of one name.
  key: (id) => id.replace(/@.*$/s, ""),
  names_recur: true,
  numbers: false,
  read: (rows) => {
    const projects = [...new Set(rows.map((row) => row.project ?? ""))];
    if (projects.length > 1) {
      const message = `Sqitch's registry holds several projects: ${saidList(projects)}.`;
      const remedy =
        "Deploy the projects with registries of their own, or record this one: `paws-migrate baseline`.";
      return { ...READ_NOTHING, faults: [fault("adopt-ambiguous", message, { remedy })] };
    }
    const applied = rows.map((row) => ({
      id: row.change ?? "",
      applied_at: row.committed_at ?? null,
      applied_by: byWhom(row.committer_name ?? null, row.committer_email ?? null),
      row,
    }));
    return { ...READ_NOTHING, applied };
  },
};

const byWhom = (name: string | null, email: string | null): string | null =>
  name !== null && email !== null ? `${name} <${email}>` : (name ?? email);
