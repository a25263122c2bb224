import type { Message, Progress, Result } from "../seam.ts";

/** A look at the server's views of progress; `part` names what the percentage is of. */
export interface ProgressLook extends Progress {
  readonly part: string;
}

const VIEWS = ["create_index", "vacuum", "cluster", "copy", "analyze"] as const;

/** Whatever the run's backend reports of itself. As JSON: newer servers have more columns. */
export const progressQuery = (backend_pid: number): Message => ({
  text: VIEWS.map(
    (view) =>
      `SELECT '${view}', pg_catalog.to_jsonb(p) FROM pg_catalog.pg_stat_progress_${view} p WHERE p.pid OPERATOR(pg_catalog.=) ${backend_pid}`,
  ).join(" UNION ALL "),
});

type Fields = Readonly<Record<string, unknown>>;

/** Which columns count what is done and what there is, by what the phase says; the first with a whole counts. */
const COUNTED: Readonly<Record<string, readonly (readonly [phase: RegExp, done: string, total: string])[]>> =
  {
    create_index: [
      [/^waiting for/, "lockers_done", "lockers_total"],
      [/./, "blocks_done", "blocks_total"],
      [/./, "tuples_done", "tuples_total"],
    ],
    vacuum: [
      [/^scanning heap/, "heap_blks_scanned", "heap_blks_total"],
      [/^vacuuming heap/, "heap_blks_vacuumed", "heap_blks_total"],
      [/index/, "indexes_processed", "indexes_total"],
    ],
    cluster: [[/^seq scanning heap/, "heap_blks_scanned", "heap_blks_total"]],
    copy: [[/./, "bytes_processed", "bytes_total"]],
    analyze: [
      [/^acquiring/, "sample_blks_scanned", "sample_blks_total"],
      [/extended/, "ext_stats_computed", "ext_stats_total"],
    ],
  };

/** The look's row, or null where nothing is reported: most statements report nothing. */
export function toProgress(result: Result): ProgressLook | null {
  const [view, json] = result.rows[0] ?? [];
  if (view == null || json == null) return null;
  const fields = JSON.parse(json) as Fields;
  const phase = String(fields.phase ?? fields.command ?? "");
  const objects = ["relid", "index_relid", "cluster_index_relid", "current_child_table_relid"];
  const part = [view, fields.command, phase, ...objects.map((name) => fields[name])].join(" ");
  return { part, phase, percent: percentOf(view, phase, fields) };
}

function percentOf(view: string, phase: string, fields: Fields): number | null {
  for (const [when, done, total] of COUNTED[view] ?? []) {
    const whole = Number(fields[total] ?? 0);
    if (!when.test(phase) || !(whole > 0)) continue;
    return Math.min(100, Math.floor((1000 * Number(fields[done] ?? 0)) / whole) / 10);
  }
  return null;
}

/** The same, but within one part of the work never less than before: an estimate may be taken back. */
export function monotonic(): (look: ProgressLook) => Progress {
  let part: string | null = null;
  let highest: number | null = null;
  return (look) => {
    if (look.part !== part) highest = null;
    part = look.part;
    if (look.percent !== null) highest = Math.max(highest ?? 0, look.percent);
    return { phase: look.phase, percent: highest };
  };
}
