import { type Fault, fault } from "../errors.ts";
import { byApplication, type History } from "../history.ts";
import type { Plan } from "../plan.ts";
import { endOfHistoryQuery } from "../registry/read.ts";
import type { World } from "../seam.ts";
import type { StepsOutcome } from "../step/outcome.ts";
import { sendLast } from "../step/sender.ts";
import { answerFault, type Target } from "./target.ts";

const ROWS_ADDED = { up: 1, down: -1, verify: 0 } as const;

/**
 * Whether the history is what the run has written. A deferred trigger may put itself off as often as it likes and
 * act within the COMMIT, where no guard of the step can look; a success must not be told on top of that.
 */
export async function historyFault(
  { session, tables }: Target,
  world: World,
  before: History,
  planned: Plan,
): Promise<Fault | null> {
  const rows = planned.steps.reduce((sum, { direction }) => sum + ROWS_ADDED[direction], before.rows.length);
  const last = lastAfter(before, planned);
  const [answer] = await sendLast(session, world, [endOfHistoryQuery(tables)]);
  if (answer?.kind !== "done") return answerFault(answer, "Looking at the history");
  const [count, version] = answer.results[0]?.rows[0] ?? [];
  if (count === String(rows) && (version ?? null) === (last === null ? null : String(last))) return null;
  const message = `The history has ${count} rows, the last being ${version ?? "none"}; this run left ${rows}, the last being ${last ?? "none"}.`;
  return fault("history-moved", message, {
    remedy:
      "Something changed it within or beside a commit of this run: see the triggers that the migrations made, then `paws-migrate status`.",
  });
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
    if (!recorded.has(i)) continue;
    if (step.direction === "up") applied.add(BigInt(step.version));
    if (step.direction === "down") applied.delete(BigInt(step.version));
  }
  const highest = [...applied].reduce((most, version) => (version > most ? version : most), 0n);
  return applied.size === 0 ? null : String(highest);
}
