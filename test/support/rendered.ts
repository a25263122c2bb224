import type { Report } from "#engine/report.ts";
import { renderReport } from "../../cli/render/report.ts";
import type { RenderStyle } from "../../cli/render/style.ts";

/** A report as it is shown, by default without colour and on a wide terminal. */
export const rendered = (report: Report, style: Partial<RenderStyle> = {}): string =>
  renderReport(report, { color: false, verbose: false, width: 120, ...style });
