import type { ReportHead } from "#engine/report.ts";

/** When a verb that begins no run has ended, for its report. */
export function finished(started: Date): Pick<ReportHead, "finished_at" | "duration_ms"> {
  const now = new Date();
  return { finished_at: now.toISOString(), duration_ms: now.getTime() - started.getTime() };
}
