import { MigrationFault } from "../errors.ts";
import { otherBundle } from "../history.ts";
import { underwayFaults } from "../outside/underway.ts";
import { placeIn } from "../placeholders/filled.ts";
import { type PlannedStep, plan } from "../plan.ts";
import { planDigest } from "../plan_digest.ts";
import type { PlanReport, StepDetail } from "../report.ts";
import type { ChangeRequest, RunOptions } from "../request.ts";
import type { Script } from "../script/script.ts";
import type { BundleSource, World } from "../seam.ts";
import type { PreparedStep } from "../step/messages.ts";
import { notRun } from "../step/report.ts";
import { knownDurations } from "./durations.ts";
import { beginFrame, headOf, learnBundle, learnHistory, nothingLearnt } from "./frame.ts";
import { prepare, scriptOptions } from "./prepare.ts";
import { lookUnlocked } from "./target.ts";
import { withTarget } from "./with_target.ts";

/**
 * What a run would do, and every refusal, without doing it: the same plan, the same reading of scripts, but
 * no lock and no write. A run plans again under the lock.
 */
export async function planChange(
  request: ChangeRequest,
  source: BundleSource,
  options: RunOptions,
  world: World,
): Promise<PlanReport> {
  const frame = beginFrame(world, options.run_id);
  const learnt = nothingLearnt();
  let plan_digest = "";
  let details: PlanReport["details"] = [];
  await withTarget({ frame, options, world, writes: false }, learnt, async (target) => {
    const bundle = await learnBundle(learnt, source);
    const { shape, history } = await lookUnlocked(target, options.history_schema);
    learnHistory(learnt, history);
    const other = otherBundle(history, bundle);
    if (other !== null) throw new MigrationFault(other);
    const planned = plan(bundle, history, request);
    plan_digest = planDigest(planned);
    const prepared = await prepare(bundle, planned, scriptOptions(bundle, options, target.facts, shape));
    const read = new Map(prepared.steps.map((step) => [step.planned, step]));
    learnt.steps = planned.steps.map((step) => notRun(step, read.get(step) ?? null));
    const known = await knownDurations(planned.steps, target, shape);
    details = planned.steps.map((step) =>
      detailOf(step, read.get(step) ?? null, known.get(step)?.ms ?? null),
    );
    learnt.warnings = [...learnt.warnings, ...prepared.warnings];
    learnt.faults = [
      ...planned.refusals,
      ...prepared.faults,
      ...underwayFaults(prepared.steps, history.statements),
    ];
  });
  return {
    command: "plan",
    of: request.command,
    plan_digest,
    details,
    ...headOf(frame, learnt, world),
    run_id: null,
  };
}

function detailOf(
  { migration }: PlannedStep,
  prepared: PreparedStep | null,
  known_duration_ms: number | null,
): StepDetail {
  const { lock_timeout_ms, statement_timeout_ms } = prepared?.script.directives ?? migration.directives;
  const { irreversible } = migration.directives;
  return {
    label: migration.label,
    header: migration.header,
    lock_timeout_ms,
    statement_timeout_ms,
    irreversible,
    known_duration_ms,
    no_transaction: prepared?.script.directives.no_transaction ?? false,
    run_again: prepared === null ? [] : runAgain(prepared.script),
  };
}

const runAgain = ({ units, file }: Script): readonly string[] =>
  units.flatMap((unit) => {
    const [statement] = unit.statements;
    if (unit.kind !== "blind" || statement === undefined) return [];
    return [`${unit.what} in line ${placeIn(file, statement.start).line}`];
  });
