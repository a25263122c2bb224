import type { VerifyReport } from "#engine/report.ts";
import { tally } from "./render_outcome.ts";
import { briefLines, endedEarly, runText, wholeReport } from "./render_parts.ts";
import { stepLines } from "./render_step.ts";
import type { Look } from "./render_style.ts";

/** Of `verify`: what was looked at, and what of it is not as it should be. */
export function renderVerify(report: VerifyReport, look: Look): readonly string[] {
  if (endedEarly(report)) return briefLines(report, look);
  return wholeReport(report, look, { table: stepLines(report.steps, look), last: [lastLine(report)] });
}

function lastLine(report: VerifyReport): string {
  if (report.steps.length > 0) return tally(report, "verified", report.recorded ? [] : ["not recorded"]);
  return report.status === "ok"
    ? `nothing to verify: no migration is applied.${runText(report)}`
    : `Nothing was verified.${runText(report)}`;
}
