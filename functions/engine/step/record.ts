import type { Bundle, Migration, Repeatable } from "../bundle/bundle.ts";
import type { Fault } from "../errors.ts";
import type { KnownDuration } from "../known_duration.ts";
import type { PlannedStep } from "../plan.ts";
import { filesRow } from "../registry/files_row.ts";
import { type RepeatedRow, recordRepeated } from "../registry/repeatables.ts";
import type { StatementRow } from "../registry/statements.ts";
import type { QualifiedTables } from "../registry/tables.ts";
import { type EventRow, type HistoryRow, recordApplied, recordRolledBack } from "../registry/write.ts";
import { milliseconds } from "../report.ts";
import type { Message } from "../seam.ts";
import { held } from "./measure.ts";
import type { PreparedStep } from "./messages.ts";
import type { Tried, TryContext } from "./tries.ts";

/** What the steps of one run share. */
export interface StepsContext extends TryContext {
  readonly tables: QualifiedTables;
  readonly run_id: string;
  readonly bundle: Bundle;
  /** How long steps are known to take; of a run without a deadline nothing is asked. */
  readonly known: ReadonlyMap<PlannedStep, KnownDuration>;
  /** What earlier runs began of scripts that run outside of a transaction. */
  readonly statements: readonly StatementRow[];
}

/** What writes a step that is ready into the history, with its event. */
export function record(
  step: PreparedStep,
  tried: Extract<Tried, { kind: "ready" }>,
  context: StepsContext,
): Message {
  const { planned } = step;
  const { tables } = context;
  const { duration_ms } = tried.measure;
  const event = eventOf(step, tried, null, context);
  if (planned.direction === "repeat") {
    return recordRepeated(tables, repeatedRow(planned.migration, duration_ms, context), event);
  }
  if (planned.direction === "down") return recordRolledBack(tables, planned.migration.version, event);
  const row = historyRow(planned.migration, duration_ms, context);
  return recordApplied(tables, { ...row, state: "applied" }, event);
}

const repeatedRow = (
  { name, up }: Repeatable,
  duration_ms: number,
  { bundle, run_id }: StepsContext,
): RepeatedRow => ({
  name,
  checksum: up.checksum,
  checksum_raw: up.checksum_raw,
  bundle: bundle.options.name,
  bundle_version: bundle.options.version,
  run_id,
  duration_ms: milliseconds(duration_ms),
});

/** A migration's row in the history. */
export function historyRow(
  migration: Migration,
  duration_ms: number,
  { bundle, run_id }: Pick<StepsContext, "bundle" | "run_id">,
): Omit<HistoryRow, "state"> {
  return {
    ...filesRow(migration),
    bundle: bundle.options.name,
    bundle_version: bundle.options.version,
    run_id,
    duration_ms: milliseconds(duration_ms),
  };
}

/** What a step of a direction is called in its event. */
export const ACTION = { up: "apply", down: "rollback", verify: "verify", repeat: "repeat" } as const;

/** What a step did, or how it failed. */
export function eventOf(
  step: PreparedStep,
  tried: Tried,
  error: Fault | null,
  context: StepsContext,
): EventRow {
  const { migration, direction } = step.planned;
  const { measure } = tried;
  const verdict = tried.kind === "lost" ? null : tried.verdict;
  return {
    run_id: context.run_id,
    version: migration.version === null ? null : String(migration.version),
    label: migration.label,
    name: migration.name,
    action: ACTION[direction],
    success: error === null,
    started_epoch: verdict?.started_epoch ?? null,
    duration_ms: milliseconds(measure.duration_ms),
    lock_wait_ms: milliseconds(measure.lock_wait_ms),
    lock_held_ms: held(measure, context.world.clock.monotonic_ms()),
    tries: measure.tries,
    statements: step.script.statements.length,
    rows: verdict?.rows ?? 0,
    sqlstate: error?.sqlstate ?? null,
    error,
    checks: verdict?.checks ?? [],
    timings: measure.timings,
    blockers: tried.blockers,
  };
}
