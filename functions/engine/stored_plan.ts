import type { Bundle, Migration } from "./bundle/bundle.ts";
import type { Plan, PlannedStep } from "./plan.ts";
import { type PlannedStepSummary, planSummary } from "./plan_digest.ts";
import { isText, isVersion, listOf, oneOf, orNull, wholeObject } from "./stored_json.ts";

/** A planned step as a run's row keeps it: enough to go on with the very same step, and with no other. */
export interface StoredStep extends PlannedStepSummary {
  /** The version that must be the last applied when the step begins; null for none. */
  readonly expect_last: string | null;
  /** Versions of the migrations that are verified within the step. */
  readonly verifies: readonly string[];
}

/** What a run's row keeps of its plan. */
export const storedPlan = (plan: Plan): readonly StoredStep[] =>
  planSummary(plan).map((summary, i) => {
    const { expect_last = null, verifies = [] } = plan.steps[i] ?? {};
    return {
      ...summary,
      expect_last: expect_last === null ? null : String(expect_last),
      verifies: verifies.map(({ version }) => String(version)),
    };
  });

const toStoredStep = (step: unknown): StoredStep | null =>
  wholeObject<StoredStep>(step, {
    version: isVersion,
    label: isText,
    name: isText,
    direction: oneOf("up", "down", "verify"),
    expect_last: orNull(isVersion),
    verifies: listOf(isVersion),
  });

/** The plan as a row has it; null where an older release kept less of it. */
export function toStoredPlan(plan: unknown): readonly StoredStep[] | null {
  if (!Array.isArray(plan)) return null;
  const steps = plan.flatMap((step) => toStoredStep(step) ?? []);
  return steps.length === plan.length ? steps : null;
}

/** The step that was planned, from the bundle that it was planned from; null where that does not hold it. */
export function plannedStep(stored: StoredStep, bundle: Bundle): PlannedStep | null {
  const migrations = new Map(bundle.migrations.map((migration) => [String(migration.version), migration]));
  const migration = migrations.get(stored.version);
  const verifies = stored.verifies.flatMap((version): readonly Migration[] => {
    const verified = migrations.get(version);
    return verified === undefined ? [] : [verified];
  });
  if (migration === undefined || verifies.length < stored.verifies.length) return null;
  const expect_last = stored.expect_last === null ? null : BigInt(stored.expect_last);
  return { migration, direction: stored.direction, verifies, expect_last };
}
