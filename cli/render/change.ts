import type { BareReport, ChangeReport, RowCount } from "#engine/report.ts";
import { stepsLeftOut, tally } from "./outcome.ts";
import { briefLines, endedEarly, runText, wholeReport } from "./parts.ts";
import { printable } from "./printable.ts";
import { stepLines } from "./step.ts";
import type { Look } from "./style.ts";
import { cell, table } from "./table.ts";

/** Of `up` and `rollback`, and of whatever has a head alone. */
export function renderChange(report: ChangeReport | BareReport, look: Look): readonly string[] {
  if (endedEarly(report)) return briefLines(report, look);
  const counts = "row_counts" in report ? (report.row_counts ?? []) : [];
  const shown = [...stepLines(report.steps, look), ...countLines(counts, look)];
  return wholeReport(report, look, { table: shown, last: lastLine(report) });
}

/** Rows of tables, before and after. */
function countLines(counts: readonly RowCount[], look: Look): readonly string[] {
  if (counts.length === 0) return [];
  const count = (rows: number | null) => cell(rows === null ? "-" : String(rows));
  const rows = counts.map(({ relation, before, after }) => [
    cell(printable(relation)),
    count(before),
    count(after),
  ]);
  return table(
    [[cell("rows"), cell("before"), cell("after")], ...rows],
    [{ gives: true }, { align: "right" }, { align: "right" }],
    { indent: "  ", width: look.width },
  );
}

function lastLine(report: ChangeReport | BareReport): readonly string[] {
  const { command, steps, status } = report;
  if (command !== "up" && command !== "rollback") return [];
  const refused = status === "refused" || status === "bad_input";
  // What an earlier attempt did is to be told all the same.
  if (refused && !steps.some((step) => step.status === "done"))
    return [`Nothing was changed.${runText(report)}`];
  if (steps.length > 0 || stepsLeftOut(report))
    return [tally(report, command === "up" ? "applied" : "rolled back")];
  if (status === "ok") return [`${nothingToDo(report)}.${runText(report)}`];
  const run = runText(report).trim();
  return run === "" ? [] : [run];
}

function nothingToDo({ command, current_version }: ChangeReport | BareReport): string {
  const what = command === "up" ? "nothing to do" : "nothing to roll back";
  return `${what}: ${currentText(current_version)}`;
}

/** What is current, in words. */
export const currentText = (version: string | null): string =>
  version === null ? "no migration is applied" : `version ${printable(version)} is the current`;
