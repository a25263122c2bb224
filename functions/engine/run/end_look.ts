import { type Fault, fault } from "../errors.ts";
import { byApplication, type History } from "../history.ts";
import type { Plan, PlannedStep } from "../plan.ts";
import { changesSinceQuery, endOfHistoryQuery } from "../registry/read.ts";
import type { World } from "../seam.ts";
import type { StepsOutcome } from "../step/outcome.ts";
import { sendLast } from "../step/sender.ts";
import { answerFault, type Target } from "./target.ts";

/** A run whose steps are done, and the history that it began with. */
export interface EndOfRun {
  readonly world: World;
  readonly run_id: string;
  readonly before: History;
  readonly planned: Plan;
  /** What earlier attempts of the run had done. */
  readonly done_before: readonly Pick<PlannedStep, "direction">[];
  readonly unlocked: boolean;
}

const ROWS_ADDED = { up: 1, down: -1, verify: 0, repeat: 0 } as const;

/**
 * Whether the history is what the run has written. A deferred trigger may put itself off as often as it likes and
 * act within the COMMIT, where no guard of the step can look; a success must not be told on top of that.
 * `unlocked`: the run lock was lost with a connection, so that another run may have gone on from there.
 */
export async function historyFault(
  target: Target,
  { world, run_id, before, planned, done_before, unlocked }: EndOfRun,
): Promise<Fault | null> {
  const { session, tables } = target;
  const rows = planned.steps.reduce((sum, { direction }) => sum + ROWS_ADDED[direction], before.rows.length);
  const last = lastAfter(before, planned);
  const [answer] = await sendLast(session, world, [endOfHistoryQuery(tables)]);
  if (answer?.kind !== "done") return answerFault(answer, "Looking at the history");
  const [count, version] = answer.results[0]?.rows[0] ?? [];
  if (count === String(rows) && (version ?? null) === (last === null ? null : String(last))) return null;
  if (unlocked && (await wentOn(target, world, run_id, [...done_before, ...planned.steps]))) return null;
  const message = `The history has ${count} rows, the last being ${version ?? "none"}; this run left ${rows}, the last being ${last ?? "none"}.`;
  return fault("history-moved", message, {
    remedy:
      "Something changed it within or beside a commit of this run: see the triggers that the migrations made, then `paws-migrate status`.",
  });
}

/** Whether all that the run did was committed, and another run came behind it. */
async function wentOn(
  { session, tables }: Target,
  world: World,
  run_id: string,
  steps: readonly Pick<PlannedStep, "direction">[],
): Promise<boolean> {
  const [answer] = await sendLast(session, world, [changesSinceQuery(tables, run_id)]);
  const [changed, later] = answer?.kind === "done" ? (answer.results[0]?.rows[0] ?? []) : [];
  return (
    later === "t" && changed === String(steps.filter(({ direction }) => ROWS_ADDED[direction] !== 0).length)
  );
}

/** The version that is the last applied when every step is done. */
function lastAfter(before: History, planned: Plan): bigint | null {
  const removed = new Set(
    planned.steps.filter(({ direction }) => direction === "down").map(({ migration }) => migration.version),
  );
  const added = planned.steps.findLast(({ direction }) => direction === "up")?.migration.version;
  return added ?? byApplication(before).findLast(({ version }) => !removed.has(version))?.version ?? null;
}

/** The highest version after what was recorded. */
export function currentAfter(
  before: readonly { readonly version: bigint }[],
  { steps, recorded }: StepsOutcome,
): string | null {
  const applied = new Set(before.map((row) => row.version));
  for (const [i, step] of steps.entries()) {
    if (!recorded.has(i) || step.version === null) continue;
    if (step.direction === "up") applied.add(BigInt(step.version));
    if (step.direction === "down") applied.delete(BigInt(step.version));
  }
  const highest = [...applied].reduce((most, version) => (version > most ? version : most), 0n);
  return applied.size === 0 ? null : String(highest);
}
