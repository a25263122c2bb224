import type { Report } from "#engine/report.ts";
import { renderAdopt } from "./adopt.ts";
import { renderArchive, renderPublish } from "./archive.ts";
import { renderAudit } from "./audit.ts";
import { renderBaseline } from "./baseline.ts";
import { renderChange } from "./change.ts";
import { renderChecklist } from "./checklist.ts";
import { renderConsolidation } from "./consolidate.ts";
import { renderFiles } from "./files.ts";
import { renderImport } from "./import.ts";
import { renderMark } from "./mark.ts";
import { palette } from "./paint.ts";
import { renderPlan } from "./plan.ts";
import { printable } from "./printable.ts";
import { renderRepair } from "./repair.ts";
import { renderRuns } from "./runs.ts";
import { renderStatus } from "./status.ts";
import type { Look, RenderStyle } from "./style.ts";
import { counted } from "./time_text.ts";
import { renderVerify } from "./verify.ts";

/** A report as a person reads it, for stdout; every line ends with a line feed. */
export function renderReport(report: Report, style: RenderStyle): string {
  const look: Look = { ...style, paint: palette(style.color) };
  const lines = [...linesOf(report, look), ...cutLines(report)];
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}

/** A function's answer may have been too large for its way: what is missing is in no count above. */
function cutLines({ cut }: Report): readonly string[] {
  if (cut === undefined) return [];
  const { steps_left_out, see } = cut;
  const what = steps_left_out === 0 ? "Not all is shown" : `${counted(steps_left_out, "step")} not shown`;
  return [`${what}: the answer was too large. All of it: \`${printable(see)}\``];
}

/** By what the report holds: one that ended early has the command, but none of its fields. */
function linesOf(report: Report, look: Look): readonly string[] {
  if ("applied" in report) return renderStatus(report, look);
  if ("runs" in report) return renderRuns(report, look);
  if ("published" in report) return renderPublish(report, look);
  if ("archive_sha256" in report) return renderArchive(report, look);
  if ("map" in report) return renderImport(report, look);
  if ("findings" in report) return renderAudit(report, look);
  if ("files" in report) return renderFiles(report, look);
  if ("consolidated" in report) return renderConsolidation(report, look);
  if ("plan_digest" in report) return renderPlan(report, look);
  if ("marked" in report) return renderMark(report, look);
  if ("phase" in report) return renderChecklist(report, look);
  if ("adopted" in report) return renderAdopt(report, look);
  if ("baselined" in report) return renderBaseline(report, look);
  if ("repaired" in report) return renderRepair(report, look);
  if ("recorded" in report) return renderVerify(report, look);
  return renderChange(report, look);
}
