import type { Report } from "#engine/report.ts";
import { palette } from "./paint.ts";
import { renderChange } from "./render_change.ts";
import { renderFiles } from "./render_files.ts";
import { renderPlan } from "./render_plan.ts";
import { renderRuns } from "./render_runs.ts";
import { renderStatus } from "./render_status.ts";
import type { Look, RenderStyle } from "./render_style.ts";
import { renderVerify } from "./render_verify.ts";

/** A report as a person reads it, for stdout; every line ends with a line feed. */
export function renderReport(report: Report, style: RenderStyle): string {
  const look: Look = { ...style, paint: palette(style.color) };
  const lines = linesOf(report, look);
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}

/** By what the report holds: one that ended early has the command, but none of its fields. */
function linesOf(report: Report, look: Look): readonly string[] {
  if ("applied" in report) return renderStatus(report, look);
  if ("runs" in report) return renderRuns(report, look);
  if ("files" in report) return renderFiles(report, look);
  if ("plan_digest" in report) return renderPlan(report, look);
  if ("recorded" in report) return renderVerify(report, look);
  return renderChange(report, look);
}
