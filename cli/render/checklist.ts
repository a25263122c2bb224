import type { ChecklistItem, ChecklistReport } from "#engine/report_settled.ts";
import { briefLines, endedEarly, wholeReport } from "./parts.ts";
import { printable } from "./printable.ts";
import type { Look } from "./style.ts";

/** What a person ticks has a box; what was looked for has its outcome. */
const MARKS: Readonly<Record<ChecklistItem["status"], string>> = {
  pass: "pass",
  warning: "warning",
  fail: "FAIL",
  ask: "[ ]",
};

const WIDTH = Math.max(...Object.values(MARKS).map((mark) => mark.length)) + 2;

/** Of `checklist`: one item a line, with what was found below it. */
export function renderChecklist(report: ChecklistReport, look: Look): readonly string[] {
  if (endedEarly(report)) return briefLines(report, look);
  return wholeReport(report, look, {
    table: report.items.flatMap((item) => itemLines(item, look)),
    last: lastLine(report),
  });
}

function itemLines({ status, asks, details }: ChecklistItem, { paint }: Look): readonly string[] {
  const mark = MARKS[status].padEnd(WIDTH);
  const painted = status === "fail" ? paint.bad(mark) : status === "warning" ? paint.careful(mark) : mark;
  const below = details === null ? [] : [`  ${" ".repeat(WIDTH)}${paint.faint(printable(details))}`];
  return [`  ${painted}${asks}`, ...below];
}

function lastLine({ items, run, recorded }: ChecklistReport): readonly string[] {
  if (items.length === 0) return [];
  const count = (status: ChecklistItem["status"]) => items.filter((item) => item.status === status).length;
  const told = `${count("pass")} pass, ${count("warning")} warn, ${count("fail")} fail, ${count("ask")} for a person.`;
  return [recorded && run !== null ? `${told} Recorded with run ${printable(run)}.` : told];
}
