import type { VerifyReport } from "#engine/report.ts";
import { integrityLines } from "./integrity.ts";
import { stepsLeftOut, tally } from "./outcome.ts";
import { briefLines, endedEarly, runText, wholeReport } from "./parts.ts";
import { stepLines } from "./step.ts";
import type { Look } from "./style.ts";

/** Of `verify`: what was looked at, and what of it is not as it should be. */
export function renderVerify(report: VerifyReport, look: Look): readonly string[] {
  if (endedEarly(report)) return briefLines(report, look);
  const table = [...stepLines(report.steps, look), ...integrityLines(report, look)];
  return wholeReport(report, look, { table, last: [lastLine(report)] });
}

function lastLine(report: VerifyReport): string {
  if (report.steps.length > 0 || stepsLeftOut(report))
    return tally(report, "verified", report.recorded ? [] : ["not recorded"]);
  return report.status === "ok"
    ? `nothing to verify: no migration is applied.${runText(report)}`
    : `Nothing was verified.${runText(report)}`;
}
