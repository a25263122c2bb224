import type { Bundle } from "../bundle/bundle.ts";
import type { Fault } from "../errors.ts";
import type { BundleReport, ReportHead } from "../report.ts";

export const bundleReport = (bundle: Bundle): BundleReport => ({
  name: bundle.options.name,
  version: bundle.options.version,
  digest: bundle.digest,
  source: bundle.source,
  migrations: bundle.migrations.length,
});

/** A report of which nothing is known yet; whoever ends a run fills in what it learnt. */
export function emptyHead(now: Date): ReportHead {
  return {
    run_id: null,
    status: "ok",
    bundle: null,
    target: null,
    current_version: null,
    steps: [],
    refusals: [],
    warnings: [],
    error: null,
    started_at: now.toISOString(),
    finished_at: now.toISOString(),
    duration_ms: 0,
  };
}

/** Warnings without repetition: the same words of the same file are said once. */
export function onlyOnce(faults: readonly Fault[]): readonly Fault[] {
  const seen = new Set<string>();
  return faults.filter((found) => {
    const key = `${found.code} ${found.file} ${found.line} ${found.message}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
