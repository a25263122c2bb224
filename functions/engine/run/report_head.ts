import type { Bundle } from "../bundle/bundle.ts";
import type { Fault } from "../errors.ts";
import type { PlannedStep } from "../plan.ts";
import type { BundleReport, ReportHead, StepReport } from "../report.ts";
import type { PreparedStep } from "../step/messages.ts";

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

/** A planned step before anything was done of it. */
export function notRun(planned: PlannedStep, prepared: PreparedStep | null): StepReport {
  return {
    version: String(planned.migration.version),
    label: planned.migration.label,
    name: planned.migration.name,
    direction: planned.direction,
    status: "not_run",
    duration_ms: null,
    lock_wait_ms: null,
    lock_held_ms: null,
    statements: prepared?.script.statements.length ?? null,
    tries: 0,
    checks: [],
    results: [],
    error: null,
  };
}

/** Milliseconds as reports and tables hold them: three decimals. */
export const milliseconds = (value: number): number => Math.round(value * 1000) / 1000;

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
