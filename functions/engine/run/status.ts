import type { Migration } from "../bundle/bundle.ts";
import { openConsolidations, openFaults } from "../consolidation.ts";
import { MigrationFault } from "../errors.ts";
import { type AppliedRow, EMPTY_HISTORY, type History, otherBundle } from "../history.ts";
import { partialOf } from "../partial.ts";
import { changedFaults, changedOf, missingFaults, missingOf, pendingOf, uncheckedWarnings } from "../plan.ts";
import { goneFaults, goneOf, repeatablesOf } from "../plan_repeat.ts";
import { type RecordedRun, runsQuery, toRun } from "../registry/read.ts";
import type { ListedMigration, StatusReport } from "../report.ts";
import type { RunOptions } from "../request.ts";
import type { BundleSource, World } from "../seam.ts";
import { beginFrame, headOf, type Learnt, learnBundle, learnHistory, nothingLearnt } from "./frame.ts";
import { lookUnlocked, resultsOf, type Target } from "./target.ts";
import { withTarget } from "./with_target.ts";

/** What is applied, pending, changed and missing, what runs and what failed. Changes nothing, takes no lock. */
export async function readStatus(
  source: BundleSource,
  options: RunOptions,
  world: World,
): Promise<StatusReport> {
  const frame = beginFrame(world, options.run_id);
  const learnt = nothingLearnt();
  let runs: readonly RecordedRun[] = [];
  await withTarget({ frame, options, world, writes: false }, learnt, async (target) => {
    const bundle = await learnBundle(learnt, source);
    const { shape, history } = await lookUnlocked(target, options.history_schema);
    learnHistory(learnt, history);
    if (shape.kind === "ours") runs = await openOrFailed(target);
    const other = otherBundle(history, bundle);
    if (other !== null) throw new MigrationFault(other);
    learnt.warnings = [
      ...learnt.warnings,
      ...bundle.warnings,
      ...openFaults(openConsolidations(bundle, history)),
      ...missingFaults(bundle, history),
      ...goneFaults(bundle, history),
      ...changedFaults(bundle, history),
      ...uncheckedWarnings(history),
    ];
  });
  return {
    command: "status",
    ...headOf(frame, learnt, world),
    run_id: null,
    ...lists(learnt),
    repeatables: repeatables(learnt),
    running: runs.find((run) => run.finished_at === null && run.alive === true) ?? null,
    failed_runs: runs.filter((run) => run.finished_at !== null || run.alive !== true),
  };
}

async function openOrFailed(target: Target): Promise<readonly RecordedRun[]> {
  const [answer] = await target.session.send([
    runsQuery(target.tables, target.run_lock_key, { kind: "open-or-failed" }),
  ]);
  return (resultsOf(answer, "Reading the runs")[0]?.rows ?? []).map(toRun);
}

const NO_LISTS = { applied: [], pending: [], changed: [], missing: [], unverified: [], partial: [] };

function lists({
  bundle,
  ...learnt
}: Learnt): Pick<StatusReport, "applied" | "pending" | "changed" | "missing" | "unverified" | "partial"> {
  if (bundle === null) return NO_LISTS;
  const history: History = learnt.history ?? EMPTY_HISTORY;
  const files = new Map(bundle.migrations.map((migration) => [migration.version, migration]));
  const list = (row: AppliedRow) => listed(row, files.get(row.version));
  return {
    applied: history.rows.map(list),
    pending: learnt.history === null ? [] : pendingOf(bundle, history).map(listedPending),
    changed: changedOf(bundle, history).map(({ row }) => list(row)),
    missing: missingOf(bundle, history).map(list),
    unverified: history.rows.filter(({ state }) => state === "applied_unverified").map(list),
    partial: partialOf(bundle, history),
  };
}

/** Those of the bundle in order of name, and behind them what it does not hold any more. */
function repeatables({ bundle, history }: Learnt): StatusReport["repeatables"] {
  if (bundle === null || history === null) return [];
  const held = repeatablesOf(bundle, history).map(({ repeatable: { name }, row, state }) => ({
    name,
    state,
    applied_at: row?.applied_at ?? null,
  }));
  const gone = goneOf(bundle, history).map(({ name, applied_at }) => ({
    name,
    state: "missing" as const,
    applied_at,
  }));
  return [...held, ...gone];
}

const listed = (row: AppliedRow, file: Migration | undefined): ListedMigration => ({
  version: String(row.version),
  label: file?.label ?? row.label ?? String(row.version),
  name: row.name,
  applied_at: row.applied_at,
  duration_ms: row.duration_ms,
  origin: row.origin,
  applied_by: row.applied_by,
});

const listedPending = (migration: Migration): ListedMigration => ({
  version: String(migration.version),
  label: migration.label,
  name: migration.name,
  applied_at: null,
  duration_ms: null,
  origin: null,
  applied_by: null,
});
