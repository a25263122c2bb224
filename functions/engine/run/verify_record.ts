import { fault } from "../errors.ts";
import { transaction, transactionFault } from "../registry/record.ts";
import { type EventRow, recordEvents, recordRun } from "../registry/write.ts";
import type { StepReport } from "../report.ts";
import type { World } from "../seam.ts";
import { cleanSession } from "../step/messages.ts";
import { sendLast } from "../step/sender.ts";
import type { Learnt } from "./frame.ts";
import { type RunFacts, runEnd, runRow } from "./record.ts";
import type { Target } from "./target.ts";

/** Writes the run as one finished row with its events; false where this login may not, or the database is read-only. */
export async function recordVerification(
  facts: RunFacts,
  target: Target,
  world: World,
  learnt: Learnt,
): Promise<boolean> {
  if (target.facts.read_only) {
    // Somebody set it so, and our own transactions would write all the same.
    const remedy = "Nothing to do; verify where it may be recorded.";
    learnt.warnings = [
      ...learnt.warnings,
      fault("not-recorded", "The database is read-only: the verification is not recorded.", { remedy }),
    ];
    return false;
  }
  const { status, end } = runEnd(facts.frame, learnt, world);
  const events = learnt.steps
    .filter((step) => step.tries > 0)
    .map((step) => eventOf(step, facts.frame.run_id));
  const summary = learnt.steps.map(({ version, label, name, direction }) => ({
    version,
    label,
    name,
    direction,
  }));
  const messages = [
    recordRun(target.tables, runRow(facts, status, summary), end, false),
    ...recordEvents(target.tables, events),
  ];
  const answers = await sendLast(target.session, world, [
    cleanSession(facts.options.role),
    ...transaction(messages),
  ]);
  const failed = transactionFault(answers.slice(1), "Recording the verification");
  if (failed === null) return true;
  learnt.warnings = [...learnt.warnings, fault("not-recorded", failed.message)];
  return false;
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
});
