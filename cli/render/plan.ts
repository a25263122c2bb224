import type { PlanReport, StepDetail } from "#engine/report.ts";
import { currentText } from "./change.ts";
import { labelText } from "./label_text.ts";
import { briefLines, endedEarly, wholeReport } from "./parts.ts";
import { printable } from "./printable.ts";
import type { Look } from "./style.ts";
import { cell, table } from "./table.ts";
import { counted, durationText } from "./time_text.ts";

/** Of `plan`: the steps in order, and every refusal. */
export function renderPlan(report: PlanReport, look: Look): readonly string[] {
  if (endedEarly(report)) return briefLines(report, look);
  return wholeReport(report, look, { table: planLines(report, look), last: lastLines(report, look) });
}

const VERBS = { up: "apply", down: "roll back", verify: "verify", repeat: "repeat" } as const;

function planLines({ steps, details }: PlanReport, look: Look): readonly string[] {
  const rows = steps.map((step) => [
    cell(labelText(step)),
    cell(printable(step.name)),
    cell(VERBS[step.direction]),
    cell(step.statements === null ? "" : counted(step.statements, "statement")),
  ]);
  const columns = [{ gap: 2 }, { gives: true }, {}, { align: "right" }] as const;
  const lines = table(rows, columns, { indent: "  ", width: look.width });
  return lines.flatMap((line, i) => [line, ...detailLines(details[i])]);
}

/** Who plans a run need not know of less. */
const WORTH_TELLING_MS = 1_000;

/** What is known of a step, most of it from its file, below its line. */
function detailLines(detail: StepDetail | undefined): readonly string[] {
  if (detail === undefined) return [];
  const { header, lock_timeout_ms, statement_timeout_ms, irreversible, no_transaction, run_again } = detail;
  const takes_ms = detail.known_duration_ms ?? 0;
  const said: readonly (readonly [string, string | null])[] = [
    ...Object.entries(header).map(([key, value]) => [titleOf(key), value] as const),
    ["Takes", takes_ms < WORTH_TELLING_MS ? null : durationText(takes_ms)],
    ["Lock timeout", lock_timeout_ms === null ? null : durationText(lock_timeout_ms)],
    ["Statement timeout", statement_timeout_ms === null ? null : durationText(statement_timeout_ms)],
    ["Irreversible", irreversible],
    ["Runs", no_transaction ? "statement by statement, outside a transaction" : null],
    ["Runs again where a run ends within it", run_again.length === 0 ? null : run_again.join(", ")],
  ];
  return said.flatMap(([key, value]) => (value === null ? [] : [`      ${key}: ${printable(value)}`]));
}

/** `breaking_changes` as the file writes it: `Breaking Changes`. */
const titleOf = (key: string): string =>
  key.replaceAll("_", " ").replaceAll(/\b[a-z]/g, (letter) => letter.toUpperCase());

function lastLines(report: PlanReport, look: Look): readonly string[] {
  const { of, steps, refusals, error, current_version, plan_digest } = report;
  const reasons = refusals.length || (error === null ? 0 : 1);
  if (reasons > 0) return [`${of} would be refused and change nothing: ${counted(reasons, "reason")}.`];
  const verb = of === "up" ? "apply" : "roll back";
  if (steps.length === 0) return [`nothing to ${verb}: ${currentText(current_version)}.`];
  const digest = look.verbose ? [`Plan digest ${printable(plan_digest)}.`] : [];
  return [`${steps.length} to ${verb}, in this order. Nothing was changed.`, ...digest];
}
