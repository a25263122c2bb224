import type { Bundle } from "../bundle/bundle.ts";
import { type Fault, fault, MigrationFault } from "../errors.ts";
import type { History } from "../history.ts";
import { installMessage } from "../registry/install.ts";
import { lackingFaults, type Purpose } from "../registry/privileges.ts";
import { transaction, transactionFault } from "../registry/record.ts";
import { recordRun } from "../registry/runs.ts";
import { isUpgradable, UP_TO_DATE } from "../registry/schema.ts";
import type { Shape } from "../registry/shape.ts";
import type { EventAction } from "../registry/write.ts";
import { HISTORY_LOCKED } from "../registry/write_fault.ts";
import type { ReportHead } from "../report.ts";
import type { BaselineRow } from "../report_settled.ts";
import type { RunOptions, SettlingRequest } from "../request.ts";
import type { Answer, BundleSource, Message, World } from "../seam.ts";
import { cleanSession } from "../step/messages.ts";
import { sendLast } from "../step/sender.ts";
import {
  beginFrame,
  deadlineOf,
  type Frame,
  headOf,
  type Learnt,
  learnBundle,
  learnHistory,
  nothingLearnt,
} from "./frame.ts";
import { lockAndLook } from "./lock.ts";
import { stepLockKey } from "./lock_keys.ts";
import { runEnd, runRow } from "./record.ts";
import { lookUntil, resolveCommit } from "./resolve.ts";
import { lookUnlocked, type Target } from "./target.ts";
import { withTarget } from "./with_target.ts";

/** What a command that writes the history without running a script found, under the run lock. */
export interface FoundHistory {
  readonly target: Target;
  readonly shape: Shape;
  readonly history: History;
  readonly bundle: Bundle;
  readonly frame: Frame;
  readonly learnt: Learnt;
}

/** What it writes, in one transaction with the run's row. */
export interface Settlement {
  /** Comes before our tables are made: what holds the transaction to what was read, what clears their place. */
  readonly before: readonly Message[];
  /** What is there once `before` is done. */
  readonly shape: Shape;
  readonly changes: readonly Message[];
  /** What the run's row says was planned. */
  readonly plan: readonly BaselineRow[];
  /** One of the events that it writes: by it a COMMIT whose answer was lost is looked up. */
  readonly event: { readonly version: bigint; readonly action: EventAction };
  readonly purposes: readonly Purpose[];
}

export interface SettlingCommand {
  readonly request: SettlingRequest;
  readonly source: BundleSource;
  readonly options: RunOptions;
  readonly world: World;
  /** `Marking the migration`, for what the server says against it. */
  readonly doing: string;
  /** `2 was marked applied`, for a COMMIT of which nothing can be learnt. */
  readonly was: string;
  readonly needs_reason?: boolean;
  /** Only look: neither the lock is taken nor anything written. */
  readonly dry_run?: boolean;
  /** Another tool's table where ours belongs is no reason to refuse. */
  readonly accepts_foreign?: boolean;
  /** null where nothing is to be done. Throws a MigrationFault where it may not be. */
  readonly decide: (found: FoundHistory) => Promise<Settlement | null>;
}

/**
 * Writes into the history under the run lock, in one transaction with the run's row and the events; no script is run.
 * `settled` is false where there was nothing to do, or nothing was done.
 */
export async function settleHistory(
  command: SettlingCommand,
): Promise<{ readonly head: ReportHead; readonly settled: boolean }> {
  const { request, options, world } = command;
  const frame = beginFrame(world, options.run_id);
  const learnt = nothingLearnt();
  let settled = false;
  if (command.needs_reason === true && (options.reason ?? "").trim() === "") {
    const remedy = "Pass --reason TEXT: it is recorded.";
    learnt.faults = [fault("bad-argument", `${request.command} needs a reason.`, { remedy })];
    return { head: headOf(frame, learnt, world), settled };
  }
  const { accepts_foreign = false, dry_run = false } = command;
  await withTarget({ frame, options, world, writes: !dry_run, accepts_foreign }, learnt, async (target) => {
    const bundle = await learnBundle(learnt, command.source);
    const { shape, history } = dry_run
      ? await lookUnlocked(target, options.history_schema)
      : await lookUnderLock(target, frame, command);
    learnHistory(learnt, history);
    const settlement = await command.decide({ target, shape, history, bundle, frame, learnt });
    if (settlement === null || dry_run) return;
    const left = await commit(settlement, { target, bundle, frame, learnt }, command);
    settled = true;
    learnt.recorded = true;
    await lookAgain(left, target, options, learnt);
  });
  return { head: headOf(frame, learnt, world), settled };
}

async function lookUnderLock(target: Target, frame: Frame, { options, world }: SettlingCommand) {
  const waiting = { deadline_ms: deadlineOf(frame, options), run_id: frame.run_id, leave: null };
  const locked = await lockAndLook(target, options, world, waiting);
  if (locked === null) throw new Error("the lock was not waited for");
  return locked;
}

type Committing = Pick<FoundHistory, "target" | "bundle" | "frame" | "learnt">;

/** Commits, and hands back a session on which that is known. Throws where it was not committed. */
async function commit(
  settlement: Settlement,
  { target, bundle, frame, learnt }: Committing,
  command: SettlingCommand,
): Promise<Target> {
  const { request, source, options, world } = command;
  const { before, shape, changes, plan } = settlement;
  const [lacking, ...more] = lackingFaults(target.lacking, [...settlement.purposes, ...installing(shape)]);
  if (lacking !== undefined) throw new MigrationFault(lacking, ...more);
  const install = installMessage(target.tables, shape, bundle.options.name);
  const { status, end } = runEnd(headOf(frame, learnt, world), null);
  const facts = { request, reference: source.reference, bundle, options, frame, target };
  const how = { holds_lock: true, shape: UP_TO_DATE };
  const row = recordRun(target.tables, runRow(facts, status, { plan, plan_digest: null }), end, how);
  const messages = transaction([
    stepLock(options),
    ...before,
    ...(install === null ? [] : [install]),
    row,
    ...changes,
  ]);
  const answers = await sendLast(target.session, world, [cleanSession(options.role), ...messages]);
  const found = transactionFault(answers.slice(1), command.doing);
  if (found === null) return target;
  if (found.code === "connection-lost") return committedAfterAll(found, settlement, target, frame, command);
  throw new MigrationFault(whyNot(found, answers, settlement));
}

/** Why the transaction was not committed, in words of what it is about. */
function whyNot(found: Fault, answers: readonly Answer[], { before }: Settlement): Fault {
  if (found.code === "lock-timeout") return { ...found, remedy: HISTORY_LOCKED };
  // division_by_zero: something is not as it was read; or a row was swallowed.
  if (found.sqlstate !== "22012") return found;
  const at = answers.findIndex(({ kind }) => kind === "error") - AHEAD;
  return fault(at < before.length ? "history-moved" : "history-write-refused", found.message);
}

/** What is sent ahead of `before`: the session's cleaning, BEGIN, a setting, the lock. */
const AHEAD = 4;

const installing = (shape: Shape): readonly Purpose[] => [
  "recording",
  ...(shape.kind === "none" ? (["making"] as const) : []),
  ...(isUpgradable(shape) ? (["upgrading"] as const) : []),
];

/** Held until the transaction has ended: a COMMIT whose answer is lost is looked up under it. */
const stepLock = ({ history_schema }: RunOptions): Message => ({
  text: `SELECT pg_catalog.pg_advisory_xact_lock('${stepLockKey(history_schema)}'::pg_catalog.int8)`,
});

/** Where the COMMIT was not answered: a session on which it is seen to have been done. Throws where it was not. */
async function committedAfterAll(
  lost: Fault,
  { event, shape }: Settlement,
  target: Target,
  frame: Frame,
  { options, world, was }: SettlingCommand,
): Promise<Target> {
  const until_ms = lookUntil(world.clock.monotonic_ms(), deadlineOf(frame, options));
  const committing = {
    run_id: frame.run_id,
    key: String(event.version),
    action: event.action,
    makes_tables: shape.kind !== "ours",
  };
  const resolution = await resolveCommit(target, committing, { frame, options, world, until_ms });
  if (resolution.kind === "unknown") {
    const message = `The connection was lost while ${was}, and what became of it could not be learnt: ${resolution.reason}.`;
    throw new MigrationFault(fault("unknown-commit", message));
  }
  if (resolution.kind === "committed") return resolution.target;
  await resolution.target.session.close();
  throw new MigrationFault(lost);
}

/** The history as it is now. What was committed stays so, whatever this look comes to. */
async function lookAgain(left: Target, first: Target, options: RunOptions, learnt: Learnt): Promise<void> {
  try {
    learnHistory(learnt, (await lookUnlocked(left, options.history_schema)).history);
  } catch (error) {
    if (!(error instanceof MigrationFault)) throw error;
    const remedy = "See `paws-migrate status`.";
    learnt.warnings = [...learnt.warnings, ...error.faults.map((one) => ({ ...one, remedy }))];
  } finally {
    if (left !== first) await left.session.close();
  }
}
