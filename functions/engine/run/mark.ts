import type { Bundle, Migration } from "../bundle/bundle.ts";
import { type Fault, fault, MigrationFault } from "../errors.ts";
import { type AppliedRow, type History, otherBundle } from "../history.ts";
import { installMessage } from "../registry/install.ts";
import { transaction, transactionFault } from "../registry/record.ts";
import { recordRun } from "../registry/runs.ts";
import { UP_TO_DATE } from "../registry/schema.ts";
import { forgetStatements } from "../registry/statements.ts";
import {
  type EventRow,
  recordApplied,
  recordEvents,
  recordRolledBack,
  settleMarked,
} from "../registry/write.ts";
import type { MarkReport } from "../report.ts";
import type { MarkRequest, RunOptions } from "../request.ts";
import type { BundleSource, Message, World } from "../seam.ts";
import { cleanSession } from "../step/messages.ts";
import { historyRow } from "../step/record.ts";
import { sendLast } from "../step/sender.ts";
import { beginFrame, deadlineOf, headOf, learnBundle, learnHistory, nothingLearnt } from "./frame.ts";
import { lockAndLook } from "./lock.ts";
import { stepLockKey } from "./lock_keys.ts";
import { runEnd, runRow } from "./record.ts";
import { lookUntil, resolveCommit } from "./resolve.ts";
import { lookUnlocked, type Target } from "./target.ts";
import { withTarget } from "./with_target.ts";

/**
 * Writes a person's word on one migration into the history, under the run lock and in one transaction with the run's
 * row, its event and the end of what was begun of it outside a transaction. No script is run. What is so already is
 * left as it is, and `marked` is false then. The reason is `options.reason`, without which nothing is done.
 */
export async function runMark(
  request: MarkRequest,
  source: BundleSource,
  options: RunOptions,
  world: World,
): Promise<MarkReport> {
  const frame = beginFrame(world, options.run_id);
  const learnt = nothingLearnt();
  let marked = false;
  const work = async (target: Target): Promise<void> => {
    const bundle = await learnBundle(learnt, source);
    const waiting = { deadline_ms: deadlineOf(frame, options), run_id: frame.run_id, leave: null };
    const locked = await lockAndLook(target, options, world, waiting);
    if (locked === null) throw new Error("the lock was not waited for");
    const { shape, history } = locked;
    learnHistory(learnt, history);
    const subject = subjectOf(request, bundle, history);
    const changes = changesOf(subject, target, { request, bundle, options, run_id: frame.run_id, history });
    if (changes.length === 0) return;
    const install = installMessage(target.tables, shape, bundle.options.name);
    const { status, end } = runEnd(headOf(frame, learnt, world), null);
    const plan = [
      { version: String(request.version), label: subject.label, name: subject.name, to: request.to },
    ];
    const row = recordRun(
      target.tables,
      runRow({ request, reference: source.reference, bundle, options, frame, target }, status, {
        plan,
        plan_digest: null,
      }),
      end,
      { holds_lock: true, shape: UP_TO_DATE },
    );
    const messages = transaction([
      stepLock(options),
      ...(install === null ? [] : [install]),
      row,
      ...changes,
    ]);
    const answers = await sendLast(target.session, world, [cleanSession(options.role), ...messages]);
    const found = transactionFault(answers.slice(1), "Marking the migration");
    if (found !== null && found.code !== "connection-lost") throw new MigrationFault(found);
    const left = found === null ? target : await committedAfterAll(found, target);
    marked = true;
    learnt.recorded = true;
    try {
      learnHistory(learnt, (await lookUnlocked(left, options.history_schema)).history);
    } catch (error) {
      if (!(error instanceof MigrationFault)) throw error;
      // What was committed stays so, whatever the look behind it comes to.
      const remedy = "See `paws-migrate status`.";
      learnt.warnings = [...learnt.warnings, ...error.faults.map((one) => ({ ...one, remedy }))];
    } finally {
      if (left !== target) await left.session.close();
    }
  };
  /** Where the COMMIT was not answered: a session on which it is seen to have been done. Throws where it was not. */
  const committedAfterAll = async (lost: Fault, target: Target): Promise<Target> => {
    const until_ms = lookUntil(world.clock.monotonic_ms(), deadlineOf(frame, options));
    const committing = { run_id: frame.run_id, key: String(request.version), action: "mark" } as const;
    const resolution = await resolveCommit(target, committing, { frame, options, world, until_ms });
    if (resolution.kind === "unknown") {
      const message = `The connection was lost while ${request.version} was marked ${request.to}, and what became of it could not be learnt: ${resolution.reason}.`;
      throw new MigrationFault(fault("unknown-commit", message));
    }
    if (resolution.kind === "committed") return resolution.target;
    await resolution.target.session.close();
    throw new MigrationFault(lost);
  };
  if ((options.reason ?? "").trim() === "") {
    learnt.faults = [
      fault("bad-argument", "mark needs a reason.", { remedy: "Pass --reason TEXT: it is recorded." }),
    ];
  } else await withTarget({ frame, options, world, writes: true }, learnt, work);
  return {
    command: "mark",
    version: String(request.version),
    to: request.to,
    marked,
    ...headOf(frame, learnt, world),
  };
}

/** Held until the transaction has ended: a COMMIT whose answer is lost is looked up under it. */
const stepLock = ({ history_schema }: RunOptions): Message => ({
  text: `SELECT pg_catalog.pg_advisory_xact_lock('${stepLockKey(history_schema)}'::pg_catalog.int8)`,
});

/** The migration that is marked: its file, its row, or both. */
interface Subject {
  readonly file: Migration | null;
  readonly row: AppliedRow | null;
  readonly label: string;
  readonly name: string;
}

/** Throws where the history is another bundle's, or the bundle does not hold what is said to be applied. */
function subjectOf({ version, to }: MarkRequest, bundle: Bundle, history: History): Subject {
  const other = otherBundle(history, bundle);
  if (other !== null) throw new MigrationFault(other);
  const file = bundle.migrations.find((migration) => migration.version === version) ?? null;
  const row = history.rows.find((applied) => applied.version === version) ?? null;
  const begun = history.statements.some((statement) => statement.version === version);
  if (file === null && (to === "applied" || (row === null && !begun))) {
    const message = `The bundle ${bundle.options.name} has no version ${version}.`;
    throw new MigrationFault(fault("unknown-version", message));
  }
  const label = file?.label ?? row?.label ?? String(version);
  return { file, row, label, name: file?.name ?? row?.name ?? "" };
}

interface Marking {
  readonly request: MarkRequest;
  readonly bundle: Bundle;
  readonly options: RunOptions;
  readonly run_id: string;
  readonly history: History;
}

/** What the mark writes; nothing where it is so already. */
function changesOf(subject: Subject, { tables }: Target, marking: Marking): readonly Message[] {
  const { request, history } = marking;
  const { file, row } = subject;
  const { version, to } = request;
  const event = eventOf(subject, marking);
  const begun = history.statements.some((statement) => statement.version === version);
  const forget = forgetStatements(tables, version);
  if (to === "pending" && row !== null) return [recordRolledBack(tables, version, event), forget];
  if (to === "applied" && row === null && file !== null) {
    const applied = { ...historyRow(file, 0, marking), state: "applied" } as const;
    return [recordApplied(tables, applied, event), forget];
  }
  if (to === "applied" && row?.state === "applied_unverified") {
    return [settleMarked(tables, version, event), forget];
  }
  return begun ? [...recordEvents(tables, [event]), forget] : [];
}

const eventOf = ({ label, name }: Subject, { request, options, run_id }: Marking): EventRow => ({
  run_id,
  version: String(request.version),
  label,
  name,
  action: "mark",
  success: true,
  started_epoch: null,
  duration_ms: 0,
  lock_wait_ms: 0,
  lock_held_ms: null,
  tries: 1,
  statements: 0,
  rows: 0,
  sqlstate: null,
  error: null,
  checks: [{ name: `marked ${request.to}`, status: "pass", details: options.reason }],
  timings: [],
  blockers: [],
});
