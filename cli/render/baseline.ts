import type { BaselineReport } from "#engine/report_settled.ts";
import { briefLines, endedEarly, runText, wholeReport } from "./parts.ts";
import { printable } from "./printable.ts";
import { stepLines } from "./step.ts";
import type { Look } from "./style.ts";
import { cell, table } from "./table.ts";
import { counted } from "./time_text.ts";

/** Of `baseline`: its verifications, and what is taken for applied. */
export function renderBaseline(report: BaselineReport, look: Look): readonly string[] {
  if (endedEarly(report)) return briefLines(report, look);
  const { steps, baselined, written } = report;
  const rows = baselined.map(({ label, name }) => [cell(printable(label)), cell(printable(name))]);
  const lines =
    steps.length > 0
      ? stepLines(steps, look)
      : table(written ? rows : [], [{ gap: 2 }, { gives: true }], { indent: "  ", width: look.width });
  return wholeReport(report, look, { table: lines, last: [lastLine(report)] });
}

function lastLine(report: BaselineReport): string {
  const { baselined, status, written } = report;
  if (status === "unknown") return `Whether the baseline was recorded is not known.${runText(report)}`;
  if (!written) return `Nothing was recorded.${runText(report)}`;
  return `${counted(baselined.length, "migration")} recorded as applied. No migration was run.${runText(report)}`;
}
