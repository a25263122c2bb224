import type { PlanReport } from "#engine/report.ts";
import { printable } from "./printable.ts";
import { currentText } from "./render_change.ts";
import { briefLines, endedEarly, wholeReport } from "./render_parts.ts";
import type { Look } from "./render_style.ts";
import { cell, table } from "./table.ts";
import { counted } from "./time_text.ts";

/** Of `plan`: the steps in order, and every refusal. */
export function renderPlan(report: PlanReport, look: Look): readonly string[] {
  if (endedEarly(report)) return briefLines(report, look);
  return wholeReport(report, look, { table: planLines(report, look), last: lastLines(report, look) });
}

function planLines({ steps }: PlanReport, look: Look): readonly string[] {
  const rows = steps.map((step) => [
    cell(printable(step.label)),
    cell(printable(step.name)),
    cell(step.direction === "up" ? "apply" : "roll back"),
    cell(step.statements === null ? "" : counted(step.statements, "statement")),
  ]);
  const columns = [{ gap: 2 }, { gives: true }, {}, { align: "right" }] as const;
  return table(rows, columns, { indent: "  ", width: look.width });
}

function lastLines(report: PlanReport, look: Look): readonly string[] {
  const { of, steps, refusals, error, current_version, plan_digest } = report;
  const reasons = refusals.length || (error === null ? 0 : 1);
  if (reasons > 0) return [`${of} would be refused and change nothing: ${counted(reasons, "reason")}.`];
  const verb = of === "up" ? "apply" : "roll back";
  if (steps.length === 0) return [`nothing to ${verb}: ${currentText(current_version)}.`];
  const digest = look.verbose ? [`Plan digest ${printable(plan_digest)}.`] : [];
  return [`${steps.length} to ${verb}, in this order. Nothing was changed.`, ...digest];
}
