import type { Bundle, Migration } from "./bundle/bundle.ts";
import type { Plan, PlannedStep } from "./plan.ts";
import { type PlannedStepSummary, planSummary } from "./plan_digest.ts";
import { isObject, isText, isVersion, listOf, oneOf, orNull, wholeObject } from "./stored_json.ts";

/** A planned step as a run's row keeps it: enough to go on with the very same step, and with no other. */
export interface StoredStep extends PlannedStepSummary {
  /** The version that must be the last applied when the step begins; null for none. */
  readonly expect_last: string | null;
  /** Versions of the migrations that are verified within the step. */
  readonly verifies: readonly string[];
  /** Of a repeatable migration alone: the run that must have applied it last; null for none. */
  readonly expect_run?: string | null;
}

/** What a run's row keeps of its plan. */
export const storedPlan = (plan: Plan): readonly StoredStep[] =>
  planSummary(plan).map((summary, i) => {
    const step = plan.steps[i];
    const expect_last = step?.expect_last ?? null;
    const stored = { ...summary, expect_last: expect_last === null ? null : String(expect_last) };
    // Of a repeatable one the bundle tells what is verified.
    if (step?.direction === "repeat") return { ...stored, verifies: [], expect_run: step.expect_run };
    return { ...stored, verifies: (step?.verifies ?? []).map(({ version }) => String(version)) };
  });

const isRun = orNull(isText);

function toStoredStep(value: unknown): StoredStep | null {
  const step = wholeObject<Omit<StoredStep, "expect_run">>(value, {
    version: orNull(isVersion),
    label: isText,
    name: isText,
    direction: oneOf("up", "down", "verify", "repeat"),
    expect_last: orNull(isVersion),
    verifies: listOf(isVersion),
  });
  if (step === null || (step.version === null) !== (step.direction === "repeat")) return null;
  if (step.direction !== "repeat") return step;
  const expect_run = isObject(value) ? value.expect_run : undefined;
  return isRun(expect_run) ? { ...step, expect_run } : null;
}

/** The plan as a row has it; null where an older release kept less of it. */
export function toStoredPlan(plan: unknown): readonly StoredStep[] | null {
  if (!Array.isArray(plan)) return null;
  const steps = plan.flatMap((step) => toStoredStep(step) ?? []);
  return steps.length === plan.length ? steps : null;
}

/** The step that was planned, from the bundle that it was planned from; null where that does not hold it. */
export function plannedStep(stored: StoredStep, bundle: Bundle): PlannedStep | null {
  const expect_last = stored.expect_last === null ? null : BigInt(stored.expect_last);
  if (stored.direction === "repeat") {
    const repeatable = bundle.repeatables.find(({ name }) => name === stored.name);
    if (repeatable === undefined) return null;
    const verifies = repeatable.verify === null ? [] : [repeatable];
    const expect_run = stored.expect_run ?? null;
    return { migration: repeatable, direction: "repeat", verifies, expect_last, expect_run };
  }
  const migrations = new Map(bundle.migrations.map((migration) => [String(migration.version), migration]));
  const migration = stored.version === null ? undefined : migrations.get(stored.version);
  const verifies = stored.verifies.flatMap((version): readonly Migration[] => {
    const verified = migrations.get(version);
    return verified === undefined ? [] : [verified];
  });
  if (migration === undefined || verifies.length < stored.verifies.length) return null;
  return { migration, direction: stored.direction, verifies, expect_last };
}
