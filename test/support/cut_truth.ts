import type pg from "pg";
import type { ChangeReport } from "#engine/report.ts";
import { type Held, heldVersions } from "./effects.ts";

interface RecordedStep {
  readonly run_id: string;
  readonly version: string;
  readonly action: string;
  readonly success: boolean;
}

/** What the history's tables say of the runs. */
export interface Records {
  readonly held: readonly Held[];
  readonly runs: readonly { readonly run_id: string; readonly status: string; readonly finished: boolean }[];
  readonly events: readonly RecordedStep[];
}

export async function readRecords(client: pg.Client): Promise<Records> {
  const held = await heldVersions(client);
  const { rows: found } = await client.query("SELECT to_regclass('public.schema_migration_runs') AS found");
  if (found[0].found === null) return { held, runs: [], events: [] };
  const runs = await client.query(
    "SELECT run_id, status, finished_at IS NOT NULL AS finished FROM public.schema_migration_runs",
  );
  const events = await client.query(
    "SELECT run_id, version::text, action, success FROM public.schema_migration_events ORDER BY event_id",
  );
  return { held, runs: runs.rows, events: events.rows };
}

const list = (versions: readonly string[]): string => `[${versions.join(" ")}]`;
const same = (a: readonly string[], b: readonly string[]): boolean =>
  list([...a].sort()) === list([...b].sort());

/** What is broken: versions 1 to `all`, those in `outside` without a transaction. */
export interface Broken {
  readonly all: number;
  readonly outside: ReadonlySet<string>;
}

/** Where an effect is not there exactly once with its row: nothing may ever be found here. */
export function unequal(held: readonly Held[], { outside }: Broken): readonly string[] {
  return held.flatMap(({ version, effects, applied_by }) => {
    if (effects > 1) return [`version ${version} took effect ${effects} times`];
    if (effects === 0) return [`version ${version} has a row and no effect`];
    const early = outside.has(version);
    return applied_by === null && !early ? [`version ${version} has an effect and no row`] : [];
  });
}

const recorded = (held: readonly Held[]): readonly string[] =>
  held.filter(({ applied_by }) => applied_by !== null).map(({ version }) => version);
/** What is verified too: the other steps are still to be done, or to be ended by their verification. */
const done = (held: readonly Held[]): readonly string[] =>
  held.filter(({ state }) => state === "applied").map(({ version }) => version);
const appliedOnce = (events: readonly RecordedStep[]): readonly string[] =>
  events.filter(({ action, success }) => success && action === "apply").map(({ version }) => version);

/** Where the report of a broken run, the first of its database, differs from what is there. */
export function untrue(
  report: ChangeReport,
  { held, runs, events }: Records,
  { all }: Broken,
): readonly string[] {
  const wrong: string[] = [];
  const there = done(held);
  const ofStatus = (status: string) =>
    report.steps.filter((step) => step.status === status).map(({ version }) => version ?? "");
  const said = ofStatus("done");
  if (!same(said, there)) wrong.push(`the report says done ${list(said)}, the database has ${list(there)}`);
  if ((report.status === "ok") !== (there.length === all))
    wrong.push(`the report says ${report.status}, and ${there.length} of ${all} are there`);
  // Who could not even log in is `unreachable`; `unknown` is for a database that does not come back.
  const early = report.status === "unreachable" && there.length === 0 && runs.length === 0;
  if (!["ok", "failed"].includes(report.status) && !early) wrong.push(`the run ended ${report.status}`);
  const current = recorded(held).at(-1) ?? null;
  if (report.current_version !== current)
    wrong.push(`the report says version ${report.current_version}, the database has ${current}`);

  const told = appliedOnce(events);
  const rows = recorded(held);
  if (!same(told, rows)) wrong.push(`there are events of success ${list(told)}, rows ${list(rows)}`);
  const [row] = runs;
  if (runs.length > 1) wrong.push(`there are ${runs.length} runs`);
  if (report.run_id === null) return wrong;
  if (row?.run_id !== report.run_id) return [...wrong, "the run that the report names is not there"];
  if (report.warnings.some(({ code }) => code === "not-recorded")) return wrong;
  if (row.status !== report.status || !row.finished)
    wrong.push(`the report says ${report.status}, the run's row ${row.status}`);
  const bad = events.filter(({ success }) => !success).map(({ version }) => version);
  // What was recorded, and lost before its verification, has an event of success only.
  const failed = ofStatus("failed").filter((version) => !rows.includes(version) || bad.includes(version));
  if (!same(bad, failed))
    wrong.push(`there are events of failure ${list(bad)}, failed steps ${list(failed)}`);
  return wrong;
}

/** Where the run after the broken one did not bring all to its end. */
export function unfinished(
  next: ChangeReport,
  before: Records,
  { held, runs, events }: Records,
  broken: Broken,
): readonly string[] {
  const { all } = broken;
  const there = done(held);
  const wrong: string[] = [...unequal(held, broken)];
  if (next.status !== "ok") wrong.push(`the next run ended ${next.status}: ${next.error?.message}`);
  if (there.length !== all) wrong.push(`${there.length} of ${all} are there after the next run`);
  const left = all - done(before.held).length;
  if (next.steps.length !== left)
    wrong.push(`the next run had ${next.steps.length} steps, ${left} were left`);
  for (const run of runs.filter(({ run_id }) => run_id !== next.run_id)) {
    const was = before.runs.find(({ run_id }) => run_id === run.run_id)?.status ?? "not there";
    const wanted = was === "running" ? "abandoned" : was;
    if (run.status !== wanted || !run.finished) wrong.push(`a run that was ${was} is ${run.status}`);
  }
  const told = appliedOnce(events);
  const rows = recorded(held);
  if (!same(told, rows)) wrong.push(`there are events of success ${list(told)}, rows ${list(rows)}`);
  return wrong;
}
