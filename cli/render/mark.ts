import type { MarkReport } from "#engine/report_settled.ts";
import { briefLines, endedEarly, runText, wholeReport } from "./parts.ts";
import { printable } from "./printable.ts";
import type { Look } from "./style.ts";

/** Of `mark`: what was settled. */
export function renderMark(report: MarkReport, look: Look): readonly string[] {
  if (endedEarly(report)) return briefLines(report, look);
  return wholeReport(report, look, { table: [], last: [lastLine(report)] });
}

function lastLine(report: MarkReport): string {
  const { version, to, marked, status } = report;
  if (status === "unknown")
    return `Whether ${printable(version)} is marked ${to} is not known.${runText(report)}`;
  if (status !== "ok") return `Nothing was marked.${runText(report)}`;
  return marked
    ? `${printable(version)} is marked ${to}. No script was run.${runText(report)}`
    : `nothing to do: ${printable(version)} is ${to} already.`;
}
