import type { ChangeReport } from "#engine/report.ts";

/** A version as one statement saw it: in the history, in what it did, and in the events. */
export interface SeenVersion {
  readonly version: number;
  /** Of its history row; null for none. */
  readonly run_id: string | null;
  /** How often its effect is there. */
  readonly effects: number;
  readonly events: number;
  /** Of its event. */
  readonly event_run: string | null;
}

/** All versions of which there is anything, in one statement: at one instant. */
export const LOOK = `SELECT version::int AS version, h.run_id, coalesce(e.n, 0)::int AS effects,
    coalesce(v.n, 0)::int AS events, v.run_id AS event_run
  FROM public.schema_migrations h
  FULL JOIN (SELECT version, count(*) AS n FROM effects GROUP BY version) e USING (version)
  FULL JOIN (SELECT version, count(*) AS n, min(run_id) AS run_id FROM public.schema_migration_events
    WHERE success AND action = 'apply' GROUP BY version) v USING (version)
  ORDER BY version`;

/** What is wrong with what was seen, in words. */
export function stateViolations(seen: readonly SeenVersion[]): readonly string[] {
  return seen.flatMap(({ version, run_id, effects, events, event_run }) => {
    const wrong: string[] = [];
    if (run_id === null && effects > 0) wrong.push("its effect is there and the history does not have it");
    if (run_id !== null && effects === 0) wrong.push("the history has it and its effect is not there");
    if (effects > 1) wrong.push(`its effect is there ${effects} times`);
    if (events !== (run_id === null ? 0 : 1)) wrong.push(`${events} events say that it was applied`);
    if (run_id !== null && events > 0 && event_run !== run_id) wrong.push("its event is another run's");
    return wrong.map((words) => `version ${version}: ${words}`);
  });
}

/**
 * What a run's report claims that what was seen later denies. Nothing is ever rolled back here, so a claim holds
 * against every later look.
 */
export function reportViolations(report: ChangeReport, seen: readonly SeenVersion[], versions: number) {
  const by = new Map(seen.map(({ version, run_id }) => [String(version), run_id]));
  const wrong: string[] = [];
  for (const { version, status, error } of report.steps) {
    const own = report.run_id !== null && by.get(version ?? "") === report.run_id;
    if (status === "done" && !own) wrong.push(`calls ${version} done, which it has not applied`);
    // Of an unknown commit the report claims nothing.
    if (status !== "done" && own && error?.code !== "unknown-commit") {
      wrong.push(`calls ${version} ${status}, which it has applied`);
    }
  }
  const applied = [...by.values()].filter((run) => run !== null).length;
  if (report.status === "ok" && applied !== versions) wrong.push(`is ok, and ${applied} are applied`);
  if (report.status === "ok" && report.current_version !== String(versions))
    wrong.push(`is ok, and at version ${report.current_version}`);
  if (report.status === "internal") wrong.push(`is a fault of ours: ${report.error?.message}`);
  return wrong.map((words) => `run ${report.run_id} ${words}`);
}
