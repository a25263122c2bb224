import { faultsOf, type PublicFault, publicFault } from "./public_fault.ts";
import type { Report } from "./report.ts";
import { checksFailed, countApplied, countDone } from "./run_measures.ts";
import type { Status } from "./status.ts";

/** A finished run in a few words, for events and the last line of a log: nothing that a server or a script said. */
export interface RunSummary {
  readonly run_id: string;
  readonly status: Status;
  readonly bundle: {
    readonly name: string;
    readonly version: string | null;
    readonly digest: string;
    readonly source: string;
  } | null;
  readonly current_version: string | null;
  readonly steps: number;
  readonly applied: number;
  readonly rolled_back: number;
  readonly checks_failed: number;
  readonly error: PublicFault | null;
  /** Codes alone. */
  readonly warnings: readonly string[];
  readonly started_at: string;
  readonly finished_at: string;
  readonly duration_ms: number;
  readonly attempt: number | null;
  readonly replayed: boolean;
  readonly recovered: boolean;
}

export function summaryOf(report: Report, run_id: string): RunSummary {
  const { bundle, steps } = report;
  const [first] = faultsOf(report);
  const { attempt = null, replayed = false, recovered = false } = "replayed" in report ? report : {};
  return {
    run_id,
    status: report.status,
    bundle: bundle && {
      name: bundle.name,
      version: bundle.version,
      digest: bundle.digest,
      source: bundle.source,
    },
    current_version: report.current_version,
    steps: steps.length,
    applied: countApplied(steps),
    rolled_back: countDone(steps, "down"),
    checks_failed: checksFailed(steps),
    error: first === undefined ? null : publicFault(first),
    warnings: [...new Set(report.warnings.map(({ code }) => code))],
    started_at: report.started_at,
    finished_at: report.finished_at,
    duration_ms: report.duration_ms,
    attempt,
    replayed,
    recovered,
  };
}
