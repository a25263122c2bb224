import type { AdoptReport } from "#engine/report_settled.ts";
import { briefLines, endedEarly, runText, wholeReport } from "./parts.ts";
import { printable } from "./printable.ts";
import type { Look } from "./style.ts";
import { cell, table } from "./table.ts";
import { counted, timeText } from "./time_text.ts";

/** Of `adopt`: what was taken over, or would be. */
export function renderAdopt(report: AdoptReport, look: Look): readonly string[] {
  if (endedEarly(report)) return briefLines(report, look);
  const rows = report.adopted.map(({ label, name, id, applied_at, applied_by }) => [
    cell(printable(label)),
    cell(printable(name)),
    cell(printable(id), look.paint.faint),
    cell(applied_at === null ? "" : timeText(applied_at)),
    cell(applied_by === null ? "" : printable(applied_by)),
  ]);
  const columns = [{ gap: 2 }, { gives: true }, {}, {}, {}] as const;
  const lines = table(rows, columns, { indent: "  ", width: look.width });
  return wholeReport(report, look, { table: lines, last: lastLines(report) });
}

function lastLines(report: AdoptReport): readonly string[] {
  const { from, table: name, renamed_to, adopted, status, written } = report;
  if (status === "unknown") return [`Whether the history was adopted is not known.${runText(report)}`];
  if (status !== "ok" || name === null) return [`Nothing was adopted.${runText(report)}`];
  const what = `${counted(adopted.length, "migration")} of ${printable(from ?? "another tool")} (${printable(name)})`;
  const kept =
    renamed_to === null
      ? []
      : [`${printable(name)} ${written ? "is" : "would be"} ${printable(renamed_to)} from now on.`];
  return written
    ? [`${what} adopted. No script was run.${runText(report)}`, ...kept]
    : [`${what} would be adopted. Nothing was changed.`, ...kept];
}
