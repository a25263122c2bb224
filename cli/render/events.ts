import type { RecordedEvent } from "#engine/registry/read.ts";
import { blockersText } from "#engine/watch/blockers.ts";
import { checkLines } from "./checks.ts";
import { labelText } from "./label_text.ts";
import { printable } from "./printable.ts";
import { recordedBlockers, recordedChecks, recordedFault, recordedTimings } from "./recorded.ts";
import type { Look } from "./style.ts";
import { cell, table } from "./table.ts";
import { counted, durationText } from "./time_text.ts";

const BELOW = "       ";

/** The recorded steps of one run: one line each, below it its error and its statements' timings. */
export function eventLines(events: readonly RecordedEvent[], look: Look): readonly string[] {
  const rows = events.map((event) => [
    cell(labelText(event)),
    cell(printable(event.name)),
    cell(printable(event.action)),
    event.success ? cell("done", look.paint.good) : cell("FAILED", look.paint.bad),
    cell(event.duration_ms === null ? "" : durationText(event.duration_ms)),
    cell(remarks(event).join(", "), look.paint.faint),
  ]);
  const columns = [{ gap: 2 }, { gives: true }, {}, {}, { align: "right" }, {}] as const;
  const lines = table(rows, columns, { indent: "  ", width: look.width });
  return events.flatMap((event, i) => [lines[i] ?? "", ...below(event, look)]);
}

function remarks({ statements, rows, tries, checks }: RecordedEvent): readonly string[] {
  const found = recordedChecks(checks);
  return [
    ...(statements === null ? [] : [counted(statements, "statement")]),
    ...(rows === null || rows === 0 ? [] : [counted(rows, "row")]),
    ...(found.length === 0 ? [] : [counted(found.length, "check")]),
    ...(tries !== null && tries > 1 ? [`${tries} tries`] : []),
  ];
}

function below(event: RecordedEvent, look: Look): readonly string[] {
  const failed = recordedChecks(event.checks).filter((check) => check.status === "fail");
  const timings = recordedTimings(event.timings).map(({ statements, ms, reached }) => [
    cell(statements),
    cell(durationText(ms)),
    cell(reached),
  ]);
  const blockers = recordedBlockers(event.blockers);
  return [
    ...checkLines(failed, look).map((line) => `${BELOW}${line}`),
    ...(event.error === null ? [] : recordedFault(event.error, look, BELOW)),
    ...(blockers.length === 0 ? [] : [`${BELOW}in the way: ${printable(blockersText(blockers))}`]),
    ...table(timings, [{}, { align: "right" }, { gives: true }], { indent: BELOW, width: look.width }),
  ];
}
