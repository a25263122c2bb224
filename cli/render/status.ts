import type { ListedMigration, ListedRepeatable, PartialMigration, StatusReport } from "#engine/report.ts";
import { headLines } from "./head.ts";
import { briefLines, endedEarly, faultParts, joined } from "./parts.ts";
import { printable } from "./printable.ts";
import { runningLines, runRows } from "./runs.ts";
import type { Look } from "./style.ts";
import { cell, table } from "./table.ts";
import { counted, durationText, timeText } from "./time_text.ts";

/**
 * Of `status`, in the words of the seed's `migrate.sh status`: scripts read `Current Version:`, so the number
 * stands there without the zeros of its file's name, and 0 where nothing is applied.
 */
export function renderStatus(report: StatusReport, look: Look): readonly string[] {
  if (endedEarly(report)) return briefLines(report, look);
  const { current_version, applied, pending, changed, missing, unverified, partial, repeatables } = report;
  const { running, failed_runs } = report;
  const known = report.error === null;
  const section = (title: string, listed: readonly ListedMigration[], none = ""): readonly string[] => {
    if (listed.length > 0) return [look.paint.strong(`${title}:`), ...listLines(listed, look)];
    return known && none !== "" ? [none] : [];
  };
  const current = known ? [`Current Version: ${printable(current_version ?? "0")}`] : [];
  return joined([
    [...headLines(report, look), ...current],
    section("Applied Migrations", applied, "No migrations applied yet"),
    section("Pending Migrations", pending, "No migrations pending"),
    section("Changed Since They Were Applied", changed),
    section("Applied, Missing From the Bundle", missing),
    section("Applied, Their Verification Has Not Passed", unverified),
    partial.length === 0 ? [] : [look.paint.strong("Begun, Not Finished:"), ...partialLines(partial, look)],
    repeatables.length === 0
      ? []
      : [look.paint.strong("Repeatable Migrations:"), ...repeatableLines(repeatables, look)],
    running === null ? [] : runningLines(running, look),
    failed_runs.length === 0 ? [] : [look.paint.strong("Failed Runs:"), ...runRows(failed_runs, look)],
    ...faultParts(report, look),
  ]);
}

const partialLines = (partial: readonly PartialMigration[], look: Look): readonly string[] =>
  table(
    partial.map(({ label, name, direction, done, started }) => [
      cell(printable(label)),
      cell(printable(name)),
      cell(direction === "up" ? "apply" : "roll back"),
      cell(`${counted(done, "statement")} done, ${started} begun`),
    ]),
    [{ gap: 2 }, { gives: true }, {}, {}],
    { indent: "  ", width: look.width },
  );

const repeatableLines = (repeatables: readonly ListedRepeatable[], look: Look): readonly string[] =>
  table(
    repeatables.map(({ name, state, applied_at }) => [
      cell(printable(name)),
      cell(state === "missing" ? "missing from the bundle" : state),
      cell(applied_at === null ? "" : timeText(applied_at)),
    ]),
    [{ gives: true }, {}, {}],
    { indent: "  ", width: look.width },
  );

const listLines = (listed: readonly ListedMigration[], look: Look): readonly string[] =>
  table(
    listed.map(({ label, name, applied_at, duration_ms, origin, applied_by }) => [
      cell(printable(label)),
      cell(printable(name)),
      cell(applied_at === null ? "" : timeText(applied_at)),
      cell(duration_ms === null ? "" : durationText(duration_ms)),
      cell(originText(origin, applied_by), look.paint.faint),
    ]),
    [{ gap: 2 }, { gives: true }, {}, { align: "right" }, {}],
    { indent: "  ", width: look.width },
  );

/** Of what no run of ours applied. */
function originText(origin: string | null, by: string | null): string {
  if (origin === null) return "";
  return printable(by === null ? origin : `${origin}, by ${by}`);
}
