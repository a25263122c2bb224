import { type Fault, fault, statusOf } from "#engine/errors.ts";
import type { BareReport, Report, ReportHead } from "#engine/report.ts";
import { emptyHead } from "#engine/run/report_head.ts";
import { EXIT_STATUS, type Status } from "#engine/status.ts";
import type { FunctionVerb } from "./function_name.ts";
import type { Look, SeenRun } from "./look.ts";
import { readReport } from "./read_report.ts";

/** The command of a function's report. */
export const COMMANDS = {
  apply: "up",
  rollback: "rollback",
  verify: "verify",
  status: "status",
} as const satisfies Record<FunctionVerb, BareReport["command"]>;

/** The report of a run of which nothing but its error is known. */
export function faultReport(
  verb: FunctionVerb,
  run_id: string | null,
  error: Fault,
  status: Status = statusOf(error),
  more: Partial<Pick<ReportHead, "bundle" | "target">> = {},
): BareReport {
  return { ...emptyHead(new Date()), ...more, command: COMMANDS[verb], run_id, status, error };
}

/** The report of a run that has ended: the stored one, else what its row and its steps tell. */
export function recordedReport(verb: FunctionVerb, look: Extract<Look, { kind: "run" }>): Report {
  const { run, report } = look;
  const status = statusOfRun(run);
  const stored = readReport(run.report, [COMMANDS[verb]]);
  if (stored !== null) {
    // What came by `status` was cut together with all else in its answer.
    const cut = stored.cut ?? report.cut;
    return { ...stored, run_id: run.run_id, status, ...(cut !== undefined && { cut }) };
  }
  const error = run.status === "abandoned" ? abandoned(run.run_id) : null;
  return { ...report, run_id: run.run_id, status, error };
}

/** The report of a run whose function died; what is known of its steps, and that nobody works on it. */
export function abandonedReport({ run, report }: Extract<Look, { kind: "run" }>): Report {
  const error = abandoned(run.run_id);
  return { ...report, run_id: run.run_id, status: statusOf(error), error };
}

const abandoned = (run_id: string): Fault =>
  fault("run-abandoned", `Nobody works on run ${run_id} any more, and it did not say how it ended.`);

/** A word of another release is no success. */
function statusOfRun({ status }: SeenRun): Status {
  if (status === "abandoned") return statusOf(abandoned(""));
  return Object.hasOwn(EXIT_STATUS, status) ? (status as Status) : "unknown";
}
