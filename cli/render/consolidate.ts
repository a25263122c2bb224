import type { ConsolidateReport } from "#engine/report_settled.ts";
import { briefLines, endedEarly, runText, wholeReport } from "./parts.ts";
import { printable } from "./printable.ts";
import type { Look } from "./style.ts";
import { counted } from "./time_text.ts";

/** Of `consolidate`: what stands in the place of what, and which files that took. */
export function renderConsolidation(report: ConsolidateReport, look: Look): readonly string[] {
  if (endedEarly(report)) return briefLines(report, look);
  const { consolidated, files_written, files_moved } = report;
  const made = consolidated.flatMap(({ label, name, replaces }) => [
    `  ${printable(`${label}  ${name}`)}   in the place of`,
    ...replaces.map((one) => `    ${printable(`${one.label}  ${one.name}`)}`),
  ]);
  const written = files_written.map((path) => `  ${printable(path)}`);
  const moved = files_moved.map(({ from }) => `  ${printable(from)}`);
  const files = report.done ? "Files" : "Files that would be";
  const table = [
    ...made,
    ...(written.length === 0 ? [] : [`${files} written:`, ...written]),
    ...(moved.length === 0 ? [] : [`${files} moved to ${printable(movedTo(files_moved))}:`, ...moved]),
  ];
  return wholeReport(report, look, { table, last: [lastLine(report)] });
}

/** The one folder that all of them went to, each under its own path. */
const movedTo = ([first]: ConsolidateReport["files_moved"]): string =>
  first === undefined ? "" : first.to.slice(0, first.to.length - first.from.length);

function lastLine(report: ConsolidateReport): string {
  const { status, done, consolidated, objects_compared } = report;
  if (objects_compared !== null) {
    const equal = "Schema and rows come to the same as before.";
    return done ? equal : `${equal} Nothing was written.`;
  }
  if (status === "unknown") return `Whether it is recorded is not known.${runText(report)}`;
  if (status !== "ok") return `Nothing was recorded.${runText(report)}`;
  return done
    ? `${counted(consolidated.length, "consolidation")} recorded. No script was run.${runText(report)}`
    : "nothing to do: there is no consolidation that is not recorded.";
}
