import { type Fault, fault } from "../errors.ts";
import type { Recalled } from "../registry/recall.ts";
import { notRecorded, transaction, transactionFault } from "../registry/record.ts";
import { closeRun, recordRun } from "../registry/runs.ts";
import { REGISTRY_VERSION } from "../registry/schema.ts";
import type { Shape } from "../registry/shape.ts";
import { type EventRow, recordEvents } from "../registry/write.ts";
import type { StepReport } from "../report.ts";
import type { World } from "../seam.ts";
import { cleanSession } from "../step/messages.ts";
import { sendLast } from "../step/sender.ts";
import type { Learnt } from "./frame.ts";
import { type RunFacts, runEnd, runRow } from "./record.ts";
import { asRecorded, verifyReport } from "./run_report.ts";
import type { Target } from "./target.ts";

/** A verification as its row has it. */
export interface VerificationFacts extends Omit<RunFacts, "target"> {
  /** What an earlier attempt recorded, that did not come to its end; null for a new run. */
  readonly unfinished: Recalled | null;
}

/** Writes the run as one finished row with its events; where that cannot be, a warning says why. */
export async function recordVerification(
  facts: VerificationFacts,
  shape: Extract<Shape, { kind: "ours" }>,
  target: Target,
  world: World,
  learnt: Learnt,
): Promise<void> {
  const { unfinished } = facts;
  const why = unrecorded(shape, target);
  if (why !== null) {
    learnt.warnings = [...learnt.warnings, why];
    return;
  }
  const recorded = asRecorded(learnt, (unfinished?.attempt ?? 0) + 1, facts.frame, world);
  const report = verifyReport(facts.frame, recorded, world);
  const { status, end } = runEnd(report, report);
  const events = learnt.steps
    .filter((step) => step.tries > 0)
    .map((step) => eventOf(step, facts.frame.run_id));
  const summary = learnt.steps.map(({ version, label, name, direction }) => ({
    version,
    label,
    name,
    direction,
  }));
  const row =
    unfinished === null
      ? recordRun(
          target.tables,
          runRow({ ...facts, target }, status, { plan: summary, plan_digest: null }),
          end,
          { holds_lock: false, shape },
        )
      : closeRun(target.tables, { ...unfinished, status, stalled: false, settles: true, anew: true }, end);
  const messages = [row, ...recordEvents(target.tables, events)];
  const answers = await sendLast(target.session, world, [
    cleanSession(facts.options.role),
    ...transaction(messages),
  ]);
  const failed = transactionFault(answers.slice(1), "Recording the verification");
  if (failed === null) Object.assign(learnt, recorded);
  else learnt.warnings = [...learnt.warnings, notRecorded(failed)];
}

/** Why it must not be tried. */
function unrecorded(shape: Extract<Shape, { kind: "ours" }>, { facts }: Target): Fault | null {
  if (facts.read_only) {
    // Somebody set it so, and our own transactions would write all the same.
    const remedy = "Nothing to do; verify where it may be recorded.";
    return fault("not-recorded", "The database is read-only: the verification is not recorded.", { remedy });
  }
  if (shape.format >= REGISTRY_VERSION) return null;
  const message = `The history's tables have format ${shape.format}, which cannot take what this release records.`;
  const remedy = "Nothing to do; the next run that changes the database upgrades them.";
  return fault("not-recorded", message, { remedy });
}

const eventOf = (step: StepReport, run_id: string): EventRow => ({
  run_id,
  version: step.version,
  label: step.label,
  name: step.name,
  action: "verify",
  success: step.error === null,
  started_epoch: null,
  duration_ms: step.duration_ms ?? 0,
  lock_wait_ms: 0,
  lock_held_ms: null,
  tries: step.tries,
  statements: step.statements ?? 0,
  rows: 0,
  sqlstate: step.error?.sqlstate ?? null,
  error: step.error,
  checks: step.checks,
  timings: [],
  blockers: [],
});
