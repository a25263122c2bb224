import { type KnownDuration, knownDuration } from "../known_duration.ts";
import type { PlannedStep } from "../plan.ts";
import { type RecordedDuration, recordedDurationsQuery, toRecordedDurations } from "../registry/read.ts";
import type { Shape } from "../registry/shape.ts";
import { stepKey } from "../registry/step_key.ts";
import { resultsOf, type Target } from "./target.ts";

/** How long the steps of a plan are known to take, by what their files say and what this database remembers. */
export async function knownDurations(
  steps: readonly PlannedStep[],
  target: Target,
  shape: Shape,
): Promise<ReadonlyMap<PlannedStep, KnownDuration>> {
  const recorded = shape.kind === "ours" && steps.length > 0 ? await readRecorded(target) : [];
  const longest = new Map(recorded.map(({ key, direction, ms }) => [`${direction} ${key}`, ms]));
  return new Map(
    steps.flatMap((step) => {
      const { migration, direction } = step;
      const recorded = longest.get(`${direction} ${stepKey(migration)}`) ?? null;
      const known = knownDuration(migration, direction, recorded);
      return known === null ? [] : [[step, known] as const];
    }),
  );
}

async function readRecorded({ session, tables }: Target): Promise<readonly RecordedDuration[]> {
  const [answer] = await session.send([recordedDurationsQuery(tables)]);
  return toRecordedDurations(resultsOf(answer, "Reading how long migrations took")[0]);
}
