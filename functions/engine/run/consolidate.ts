import type { Bundle } from "../bundle/bundle.ts";
import { type OpenConsolidation, openConsolidations } from "../consolidation.ts";
import { type Fault, fault, MigrationFault } from "../errors.ts";
import { otherBundle } from "../history.ts";
import { recordConsolidated } from "../registry/consolidate.ts";
import { installMessage } from "../registry/install.ts";
import { transaction, transactionFault } from "../registry/record.ts";
import { recordRun } from "../registry/runs.ts";
import { UP_TO_DATE } from "../registry/schema.ts";
import type { ConsolidatedMigration, ConsolidateReport } from "../report.ts";
import type { ConsolidateRequest, RunOptions } from "../request.ts";
import type { BundleSource, Message, World } from "../seam.ts";
import { cleanSession } from "../step/messages.ts";
import { sendLast } from "../step/sender.ts";
import { beginFrame, deadlineOf, headOf, learnBundle, learnHistory, nothingLearnt } from "./frame.ts";
import { lockAndLook } from "./lock.ts";
import { stepLockKey } from "./lock_keys.ts";
import { runEnd, runRow } from "./record.ts";
import { lookUntil, resolveCommit } from "./resolve.ts";
import { lookUnlocked, type Target } from "./target.ts";
import { withTarget } from "./with_target.ts";

const REQUEST: ConsolidateRequest = { command: "consolidate" };

/**
 * Writes into the history that the bundle's consolidated migrations stand in the place of those that are applied, under
 * the run lock and in one transaction with the run's row and an event each. No script is run. Where only some of the
 * replaced ones are applied, or were applied from other files, nothing is written.
 */
export async function runConsolidate(
  source: BundleSource,
  options: RunOptions,
  world: World,
): Promise<ConsolidateReport> {
  const frame = beginFrame(world, options.run_id);
  const learnt = nothingLearnt();
  let done: readonly ConsolidatedMigration[] = [];
  await withTarget({ frame, options, world, writes: true }, learnt, async (target) => {
    const bundle = await learnBundle(learnt, source);
    const waiting = { deadline_ms: deadlineOf(frame, options), run_id: frame.run_id, leave: null };
    const locked = await lockAndLook(target, options, world, waiting);
    if (locked === null) throw new Error("the lock was not waited for");
    const { shape, history } = locked;
    learnHistory(learnt, history);
    const other = otherBundle(history, bundle);
    if (other !== null) throw new MigrationFault(other);
    const open = openConsolidations(bundle, history);
    const [first, ...rest] = open.flatMap(({ faults }) => faults);
    if (first !== undefined) throw new MigrationFault(first, ...rest);
    const [newest] = open.map(({ migration }) => migration.version).slice(-1);
    if (newest === undefined) return;

    const install = installMessage(target.tables, shape, bundle.options.name);
    const { status, end } = runEnd(headOf(frame, learnt, world), null);
    const facts = { request: REQUEST, reference: source.reference, bundle, options, frame, target };
    const plan = open.map((one) => ({ ...listed(one), direction: "consolidate" }));
    const row = recordRun(target.tables, runRow(facts, status, { plan, plan_digest: null }), end, {
      holds_lock: true,
      shape: UP_TO_DATE,
    });
    const messages = transaction([
      stepLock(options),
      ...(install === null ? [] : [install]),
      row,
      ...open.map((one) => changeOf(one, target, bundle, frame.run_id)),
    ]);
    const answers = await sendLast(target.session, world, [cleanSession(options.role), ...messages]);
    const found = transactionFault(answers.slice(1), "Recording the consolidation");
    if (found !== null && found.code !== "connection-lost") throw new MigrationFault(found);
    const left = found === null ? target : await committedAfterAll(found, target, newest);
    done = open.map(listed);
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
  });
  return {
    command: "consolidate",
    consolidated: done,
    done: done.length > 0,
    files_written: [],
    files_moved: [],
    objects_compared: null,
    ...headOf(frame, learnt, world),
  };

  /** Where the COMMIT was not answered: a session on which it is seen to have been done. Throws where it was not. */
  async function committedAfterAll(lost: Fault, target: Target, version: bigint): Promise<Target> {
    const until_ms = lookUntil(world.clock.monotonic_ms(), deadlineOf(frame, options));
    const committing = { run_id: frame.run_id, version, action: "consolidate" } as const;
    const resolution = await resolveCommit(target, committing, { frame, options, world, until_ms });
    if (resolution.kind === "unknown") {
      const message = `The connection was lost while the consolidation was recorded, and what became of it could not be learnt: ${resolution.reason}.`;
      throw new MigrationFault(fault("unknown-commit", message));
    }
    if (resolution.kind === "committed") return resolution.target;
    await resolution.target.session.close();
    throw new MigrationFault(lost);
  }
}

/** Held until the transaction has ended: a COMMIT whose answer is lost is looked up under it. */
const stepLock = ({ history_schema }: RunOptions): Message => ({
  text: `SELECT pg_catalog.pg_advisory_xact_lock('${stepLockKey(history_schema)}'::pg_catalog.int8)`,
});

function listed({ migration, consolidated }: OpenConsolidation): ConsolidatedMigration {
  const { version, label, name } = migration;
  return {
    version: String(version),
    label,
    name,
    replaces: consolidated.replaces.map((one) => ({
      version: String(one.version),
      label: one.label,
      name: one.name,
    })),
  };
}

function changeOf(
  { migration, consolidated, rows }: OpenConsolidation,
  { tables }: Target,
  bundle: Bundle,
  run_id: string,
): Message {
  const replaced = rows.map(({ version, label, name, checksum, applied_at, run_id }) => ({
    version: String(version),
    label,
    name,
    checksum,
    applied_at,
    run_id,
  }));
  const row = {
    version: migration.version,
    label: migration.label,
    name: migration.name,
    checksum: migration.up.checksum,
    checksum_raw: migration.up.checksum_raw,
    rollback_checksum: migration.rollback?.checksum ?? null,
    bundle: bundle.options.name,
    bundle_version: bundle.options.version,
    run_id,
  };
  return recordConsolidated(
    tables,
    row,
    consolidated.replaces.map(({ version }) => version),
    { replaced },
  );
}
