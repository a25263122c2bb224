import type { RecordedRun } from "#engine/registry/read.ts";
import type { RunsReport } from "#engine/report.ts";
import { eventLines } from "./events.ts";
import { headLines, shortDigest } from "./head.ts";
import type { Paint } from "./paint.ts";
import { briefLines, endedEarly, faultParts, joined } from "./parts.ts";
import { printable } from "./printable.ts";
import { recordedFault, recordedMessage } from "./recorded.ts";
import type { Look } from "./style.ts";
import { cell, table } from "./table.ts";
import { counted, durationText, timeText } from "./time_text.ts";

/** Of `runs`: a table of the recorded runs; of one run that was asked for, all that is known. */
export function renderRuns(report: RunsReport, look: Look): readonly string[] {
  if (endedEarly(report)) return briefLines(report, look);
  const [first, ...more] = report.runs;
  const one = first !== undefined && more.length === 0 && first.events !== undefined;
  const none = report.error === null && first === undefined ? ["No runs recorded"] : [];
  const head = headLines(report, look);
  const parts = one ? [head, ...oneRun(first, look)] : [[...head, ...none, ...runRows(report.runs, look)]];
  return joined([...parts, ...faultParts(report, look)]);
}

/** One line a run, newest first, and below a failed one its error. */
export function runRows(runs: readonly RecordedRun[], look: Look): readonly string[] {
  const rows = runs.map((run) => [
    cell(printable(run.run_id)),
    cell(printable(run.command)),
    cell(statusText(run), statusPaint(run, look)),
    cell(timeText(run.started_at)),
    cell(run.duration_ms === null ? "" : durationText(run.duration_ms)),
    cell(run.requested_by === null ? "" : printable(run.requested_by)),
  ]);
  const columns = [{}, {}, {}, {}, { align: "right" }, { gives: true }] as const;
  const lines = table(rows, columns, { indent: "  ", width: look.width });
  return runs.flatMap((run, i) => {
    const message = recordedMessage(run.error);
    return [lines[i] ?? "", ...(message === null ? [] : [`    ${message}`])];
  });
}

/** A run that is at work. */
export function runningLines(run: RecordedRun, look: Look): readonly string[] {
  const by = run.requested_by === null ? "" : `, asked for by ${printable(run.requested_by)}`;
  const about = `${printable(run.command)}, since ${timeText(run.started_at)}${by}`;
  return [look.paint.strong("Running:"), `  ${printable(run.run_id)}   ${about}`];
}

/** A run whose backend is gone never got to say how it ended. */
const statusText = ({ status, alive }: RecordedRun): string =>
  alive === false ? `${printable(status)} (gone)` : printable(status).replace("_", " ");

function statusPaint({ status, alive }: RecordedRun, { paint }: Look): Paint {
  if (status === "ok") return paint.good;
  return status === "running" && alive !== false ? paint.strong : paint.bad;
}

function oneRun(run: RunsReport["runs"][number], look: Look): readonly (readonly string[])[] {
  const version = run.bundle_version === null ? "" : ` ${printable(run.bundle_version)}`;
  const facts: readonly (readonly [string, string | null])[] = [
    ["run", printable(run.run_id)],
    ["command", printable(run.command)],
    ["status", statusPaint(run, look)(statusText(run))],
    ["started", timeText(run.started_at)],
    ["finished", run.finished_at === null ? null : timeText(run.finished_at)],
    ["attempt", run.attempt > 1 ? String(run.attempt) : null],
    [
      "done",
      run.progress === undefined ? null : `${run.progress.done} of ${counted(run.progress.planned, "step")}`,
    ],
    ["took", run.duration_ms === null ? null : durationText(run.duration_ms)],
    ["asked by", run.requested_by === null ? null : printable(run.requested_by)],
    ["reason", run.reason === null ? null : printable(run.reason)],
    ["bundle", `${printable(run.bundle)}${version} (sha256 ${shortDigest(run.bundle_digest)})`],
  ];
  const known = facts.flatMap(([name, value]) =>
    value === null ? [] : [`${`${name}:`.padEnd(10)}${value}`],
  );
  const events = eventLines(run.events ?? [], look);
  const said = (run.events ?? []).some(
    (event) => recordedMessage(event.error) === recordedMessage(run.error),
  );
  return [known, events, said || run.error === null ? [] : recordedFault(run.error, look, "")];
}
