import type { RepairedRow, RepairReport } from "#engine/report_settled.ts";
import { briefLines, endedEarly, runText, wholeReport } from "./parts.ts";
import { printable } from "./printable.ts";
import type { Look } from "./style.ts";
import { cell, table } from "./table.ts";
import { counted } from "./time_text.ts";

/** Of `repair`: which files were recorded anew, and what of them had changed. */
export function renderRepair(report: RepairReport, look: Look): readonly string[] {
  if (endedEarly(report)) return briefLines(report, look);
  const rows = report.repaired.map((row) => [
    cell(printable(row.label)),
    cell(printable(row.name)),
    cell(changesText(row), look.paint.faint),
  ]);
  const columns = [{ gap: 2 }, { gives: true }, {}] as const;
  const lines = table(rows, columns, { indent: "  ", width: look.width });
  return wholeReport(report, look, { table: lines, last: [lastLine(report)] });
}

/** In words; a checksum of the bytes changes with every other, and is told where it is alone. */
function changesText({ before, after }: RepairedRow): string {
  const changed = (key: keyof typeof before) => before[key] !== after[key];
  const words = [
    ...(changed("label") || changed("name") ? ["name"] : []),
    ...(changed("checksum") ? ["script"] : []),
    ...(changed("rollback_checksum") ? ["rollback"] : []),
  ];
  return words.length === 0 ? "line ends" : words.join(", ");
}

function lastLine(report: RepairReport): string {
  const { repaired, status, written } = report;
  if (status === "unknown") return `Whether the files were recorded is not known.${runText(report)}`;
  if (status !== "ok") return `Nothing was recorded.${runText(report)}`;
  if (repaired.length === 0) return "nothing to do: the files are as they were recorded.";
  const what = counted(repaired.length, "migration");
  return written
    ? `${what} recorded as the files are now.${runText(report)}`
    : `${what} would be recorded as the files are now. Nothing was changed.`;
}
