import {
  breakingItem,
  durationItem,
  pendingOf,
  rollbackItem,
  roundTripItem,
  scriptsItem,
  verificationItem,
} from "../checklist/file_items.ts";
import type { Phase } from "../checklist/item.ts";
import {
  appliedItem,
  countsOf,
  forPeople,
  integrityItem,
  progressItem,
  rowsItem,
  runningItem,
  verifiedItem,
} from "../checklist/run_items.ts";
import {
  backupItem,
  locksItem,
  replicationItem,
  spaceItem,
  transactionsItem,
} from "../checklist/server_items.ts";
import { SERVER_STATE_QUERY, type ServerState, toServerState } from "../checklist/server_state.ts";
import { fault, MigrationFault } from "../errors.ts";
import { recordChecklist, roundTripsQuery, toRoundTrips } from "../registry/checklists.ts";
import { transaction, transactionFault } from "../registry/record.ts";
import { keepsOrigins } from "../registry/shape.ts";
import type { ReportHead, RunsReport } from "../report.ts";
import type { ChecklistItem, ChecklistReport } from "../report_settled.ts";
import type { RunOptions } from "../request.ts";
import type { BundleSource, World } from "../seam.ts";
import { toStoredReport } from "../stored_report.ts";
import { beginFrame, headOf, learnBundle, nothingLearnt } from "./frame.ts";
import { planChange } from "./plan.ts";
import { readRuns } from "./runs.ts";
import { readStatus } from "./status.ts";
import { resultsOf, type Target } from "./target.ts";
import { runVerify } from "./verify.ts";
import { withTarget } from "./with_target.ts";

const UP = { command: "up", target: { to: "latest" }, allow_out_of_order: false } as const;
const ALL = { command: "verify", versions: [], integrity: true } as const;

/** A checklist, and the run it is for; null for none. */
export interface ChecklistRequest {
  readonly phase: Phase;
  readonly run: string | null;
}

/**
 * Goes through a checklist: what a program can know is looked for, the rest is left to a person. With
 * a run, the result is recorded under it. Nothing else is written but what `verify` records of itself. Fails where an
 * item does (`checklist-failed`).
 */
export async function runChecklist(
  { phase, run }: ChecklistRequest,
  source: BundleSource,
  options: RunOptions,
  world: World,
): Promise<ChecklistReport> {
  const frame = beginFrame(world, null);
  const learnt = nothingLearnt();
  let items: readonly ChecklistItem[] = [];
  let recorded = false;
  await withTarget({ frame, options, world, writes: run !== null }, learnt, async (target) => {
    await learnBundle(learnt, source);
    const recordedRun = run === null ? null : await runOf(run, options, world);
    const gone = { target, source, options: { ...options, run_id: null }, world, run: recordedRun };
    items = await GO_THROUGH[phase](gone);
    if (run !== null)
      recorded = await record(target, { run_id: run, phase, requested_by: options.requested_by, items });
    const failing = items.filter(({ status }) => status === "fail");
    if (failing.length > 0) {
      const message = `${failing.length} of ${items.length} items fail: ${failing.map(({ code }) => code).join(", ")}.`;
      learnt.faults = [fault("checklist-failed", message)];
    }
  });
  return { command: "checklist", ...headOf(frame, learnt, world), run_id: null, phase, run, items, recorded };
}

type RecordedRun = RunsReport["runs"][number];

interface Going {
  readonly target: Target;
  readonly source: BundleSource;
  readonly options: RunOptions;
  readonly world: World;
  readonly run: RecordedRun | null;
}

const GO_THROUGH: Readonly<Record<Phase, (going: Going) => Promise<readonly ChecklistItem[]>>> = {
  async pre({ target, source, options, world }) {
    const plan = told(await planChange(UP, source, options, world), ["refused", "bad_input"]);
    const bundle = await source.read(null);
    const status = told(await readStatus(source, options, world));
    const pending = pendingOf(bundle, plan, await roundTrips(target));
    const state = await serverState(target);
    return [
      backupItem(state),
      ...forPeople("staging"),
      scriptsItem(pending),
      rollbackItem(pending),
      verificationItem(pending),
      roundTripItem(pending),
      breakingItem(pending),
      durationItem(pending),
      ...forPeople("downtime"),
      runningItem(status),
      locksItem(state),
      transactionsItem(state),
      spaceItem(state),
      replicationItem(state),
    ];
  },
  async during({ target, source, options, world, run }) {
    const status = told(await readStatus(source, options, world));
    const state = await serverState(target);
    return [
      progressItem(run ?? status.running),
      locksItem(state),
      transactionsItem(state),
      replicationItem(state),
      ...forPeople("logs", "performance", "application", "code"),
    ];
  },
  async post({ target, source, options, world, run }) {
    const verified = told(await runVerify(ALL, source, options, world), ["failed"]);
    const status = told(await readStatus(source, options, world));
    const state = await serverState(target);
    return [
      appliedItem(status),
      verifiedItem(verified),
      integrityItem(verified),
      rowsItem(run === null ? null : countsOf(toStoredReport(run.report))),
      locksItem(state),
      replicationItem(state),
      ...forPeople("application", "logs", "performance", "documentation", "people", "archive", "watch"),
    ];
  },
};

/** A report that tells what was asked; one that ended before it could is the checklist's own end. */
function told<Told extends ReportHead>(report: Told, also: readonly ReportHead["status"][] = []): Told {
  const { status, error } = report;
  if (status === "ok" || also.includes(status)) return report;
  throw new MigrationFault(error ?? fault("internal", `A look ended with ${status}.`));
}

async function runOf(id: string, options: RunOptions, world: World): Promise<RecordedRun> {
  const [found] = told(await readRuns(id, options, world)).runs;
  if (found === undefined) throw new MigrationFault(fault("bad-argument", `No run ${id} is recorded.`));
  return found;
}

async function serverState({ session }: Target): Promise<ServerState> {
  const [answer] = await session.send([SERVER_STATE_QUERY]);
  return toServerState(resultsOf(answer, "Looking at the server")[0]);
}

async function roundTrips({ session, shape, tables }: Target): Promise<ReadonlySet<string>> {
  if (shape.kind !== "ours") return new Set();
  const [answer] = await session.send([roundTripsQuery(tables)]);
  return toRoundTrips(resultsOf(answer, "Reading what was rolled back")[0]);
}

async function record(
  { session, tables, shape }: Target,
  row: Parameters<typeof recordChecklist>[1],
): Promise<boolean> {
  if (!keepsOrigins(shape)) {
    const message = "The history's tables are of an older format, which keeps no checklists.";
    const remedy = "Leave --run out; the next `up` upgrades the tables.";
    throw new MigrationFault(fault("bad-argument", message, { remedy }));
  }
  const failed = transactionFault(
    await session.send(transaction([recordChecklist(tables, row)])),
    "Recording the checklist",
  );
  if (failed !== null) throw new MigrationFault(failed);
  return true;
}
