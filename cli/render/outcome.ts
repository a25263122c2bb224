import { statusOf } from "#engine/errors.ts";
import type { ReportHead, StepReport } from "#engine/report.ts";
import { labelText } from "./label_text.ts";
import type { Paint } from "./paint.ts";
import { runText } from "./parts.ts";
import { printable } from "./printable.ts";
import type { Look } from "./style.ts";
import { counted, totalText } from "./time_text.ts";

/** What came of a step: `failed` of the report is told apart by why. */
export type Outcome = "done" | "failed" | "unknown" | "stopped" | "skipped" | "not run";

export function outcomeOf({ status, error }: StepReport): Outcome {
  if (status === "not_run") return "not run";
  if (status !== "failed" || error === null) return status;
  const why = statusOf(error);
  if (why === "unknown") return "unknown";
  return why === "incomplete" || why === "interrupted" ? "stopped" : "failed";
}

/** The word in a table. What went wrong is in capitals, so that it is found without colour too. */
export const outcomeWord = (outcome: Outcome): string =>
  outcome === "failed" || outcome === "unknown" ? outcome.toUpperCase() : outcome;

export function outcomePaint(outcome: Outcome, { paint }: Look): Paint {
  if (outcome === "done") return paint.good;
  return outcome === "skipped" || outcome === "not run" ? paint.faint : paint.bad;
}

const ORDER: readonly Outcome[] = ["failed", "unknown", "stopped", "done", "skipped", "not run"];
/** These are named in the last line: the table may be long. */
const NAMED: readonly Outcome[] = ["failed", "unknown", "stopped"];
const MOST_NAMED = 3;

/** Whether there were steps that a function's answer had no room for. */
export const stepsLeftOut = ({ cut }: ReportHead): boolean => cut !== undefined && cut.steps_left_out > 0;

/** The last line: `7 applied, 38 checks passed, 0.21 s. Run ID.`; `done` is the word for a step that is done. */
export function tally(report: ReportHead, done: string, more: readonly string[] = []): string {
  const { steps } = report;
  const counts = ORDER.flatMap((outcome) => {
    const found = steps.filter((step) => outcomeOf(step) === outcome);
    if (found.length === 0) return [];
    const which = NAMED.includes(outcome) ? ` (${namesOf(found)})` : "";
    return [`${found.length} ${outcome === "done" ? done : outcome}${which}`];
  });
  const said = [...counts, ...checkCounts(steps), ...more, totalText(report.duration_ms)];
  return `${said.join(", ")}.${runText(report)}`;
}

function namesOf(steps: readonly StepReport[]): string {
  const names = steps.slice(0, MOST_NAMED).map((step) => `${labelText(step)} ${printable(step.name)}`);
  return [...names, ...(steps.length > MOST_NAMED ? ["..."] : [])].join(", ");
}

/** Of the steps that were kept. */
function checkCounts(steps: readonly StepReport[]): readonly string[] {
  const checks = steps.filter((step) => step.status === "done").flatMap((step) => step.checks);
  const passed = checks.filter((check) => check.status === "pass").length;
  const warned = checks.filter((check) => check.status === "warning").length;
  return [
    ...(passed === 0 ? [] : [`${counted(passed, "check")} passed`]),
    ...(warned === 0 ? [] : [`${counted(warned, "check")} warned`]),
  ];
}
