import type { Bundle } from "../bundle/bundle.ts";
import { type Fault, fault } from "../errors.ts";
import type { History } from "../history.ts";
import type { Plan, PlannedStep } from "../plan.ts";
import { type CommittedStep, committedByQuery, type Recalled, toCommitted } from "../registry/recall.ts";
import type { Shape } from "../registry/shape.ts";
import type { StepReport } from "../report.ts";
import { readDirectives } from "../script/script.ts";
import { notBegun } from "../step/report.ts";
import { stepName } from "../step_name.ts";
import { plannedStep, type StoredStep, toStoredPlan } from "../stored_plan.ts";
import { type DoneBefore, doneBefore } from "./done_before.ts";
import { assertSameBundle, bundleDiffers } from "./same_bundle.ts";
import { resultsOf, type Target } from "./target.ts";

/** What an earlier attempt of a run left, looked at under the run lock. */
export interface Left {
  readonly recalled: Recalled;
  readonly target: Target;
  readonly shape: Shape;
  readonly history: History;
  readonly bundle: Bundle;
}

/** What becomes of it: what is left of its plan is run, or nothing is and the run is closed, for a reason or as done. */
export type TakenOver =
  | { readonly kind: "go-on"; readonly planned: Plan; readonly before: readonly StepReport[] }
  | {
      readonly kind: "settled";
      readonly steps: readonly StepReport[];
      readonly warnings: readonly Fault[];
      /** null where all of it is done. */
      readonly error: Fault | null;
    };

/**
 * Takes over a run that an earlier attempt left unfinished. Its plan is the one that is recorded, whatever the history
 * would give today. Throws `bundle-differs` where the files are not those that it was planned from.
 */
export async function takeOver(left: Left): Promise<TakenOver> {
  const { recalled, bundle } = left;
  const settled = (error: Fault | null, steps: readonly StepReport[], warnings: readonly Fault[] = []) =>
    ({ kind: "settled", steps, warnings, error }) as const;
  const plan = toStoredPlan(recalled.plan);
  if (plan === null)
    return settled(superseded(recalled, "an older release began it, and kept less of its plan"), []);
  const done = doneBefore(plan, await committedBy(left), left.history);
  if (recalled.moved_on) {
    const why = "other runs have changed the history since it was begun";
    return settled(superseded(recalled, why), [...done.reports, ...done.left.map(notBegun)]);
  }
  const [first] = done.contradicted;
  if (first !== undefined) return settled(contradicted(first), [...done.reports, ...done.left.map(notBegun)]);
  if (done.left.length === 0) return settled(null, done.reports, unverified(done, bundle));
  return {
    kind: "go-on",
    planned: { ...planOf(done.left, left), warnings: unverified(done, bundle) },
    before: done.reports,
  };
}

async function committedBy({ target, shape, recalled }: Left): Promise<readonly CommittedStep[]> {
  const [answer] = await target.session.send([committedByQuery(target.tables, shape, recalled.run_id)]);
  return toCommitted(resultsOf(answer, "Reading what the run has committed")[0]);
}

/** What is left, as it was planned. */
function planOf(left: readonly StoredStep[], { recalled, bundle }: Left): Pick<Plan, "steps" | "refusals"> {
  const steps = left.map((step) => plannedStep(step, bundle));
  const held = steps.filter((step): step is PlannedStep => step !== null);
  assertSameBundle(recalled, bundle);
  if (held.length < steps.length) throw bundleDiffers(recalled, bundle);
  return { steps: held, refusals: [] };
}

const superseded = ({ run_id, attempt }: Recalled, why: string): Fault =>
  fault("superseded", `Run ${run_id} was left unfinished by its attempt ${attempt}, and ${why}.`);

const contradicted = (step: StoredStep): Fault =>
  fault("history-moved", `${stepName(step)} was committed by this run, and the history does not have it so.`);

/** Rollbacks outside a transaction whose verification nobody came to. */
function unverified({ unverified: candidates }: DoneBefore, bundle: Bundle): readonly Fault[] {
  return candidates.flatMap((step): readonly Fault[] => {
    const file = bundle.migrations.find((migration) => String(migration.version) === step.version)?.rollback;
    // Its statements are done: whether they could be read today does not matter.
    if (!file || !readDirectives(file).directives.no_transaction) return [];
    const message = `${stepName(step)} was rolled back by an attempt that ended before what stays was verified.`;
    return [fault("rollback-unverified", message)];
  });
}
