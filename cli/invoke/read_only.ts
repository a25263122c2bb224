import { fault } from "#engine/errors.ts";
import type { Report } from "#engine/report.ts";
import type { FunctionAddress } from "#io/lambda_client.ts";
import { reportFrom } from "./answer.ts";
import { ask, type Edge } from "./edge.ts";
import type { InvokeEvent } from "./event.ts";
import { COMMANDS, faultReport } from "./outcome_report.ts";

/** The function tells of no run by an empty list: who follows a run asks before there is one. */
function found(report: Report, run_id: string): Report {
  if (!("runs" in report) || report.runs.length > 0) return report;
  return faultReport("status", run_id, fault("bad-argument", `No run ${run_id} is recorded.`));
}

/** A function's longest time, and a little. */
const LONGEST_MS = { verify: 15 * 60_000 + 15_000, status: 60_000 };

/** What changes nothing: asked for, and waited for. */
export async function readOnly(
  edge: Edge,
  verb: "verify" | "status",
  address: FunctionAddress,
  event: InvokeEvent,
): Promise<Report> {
  const run_id = typeof event.run_id === "string" ? event.run_id : null;
  const invocation = { address, payload: JSON.stringify(event), timeout_ms: LONGEST_MS[verb] };
  // A verification may take long: it is not begun again.
  const invoked =
    verb === "status"
      ? await ask(edge, invocation)
      : await edge.lambda.invoke({ ...invocation, until: "answer" }, edge.interrupt);
  if (invoked.kind === "interrupted")
    return faultReport(verb, run_id, fault("interrupted", "Interrupted; nothing was changed."));
  // With a run id `status` tells of that run.
  const commands = verb === "status" ? ["status", "runs"] : [COMMANDS[verb]];
  const report = reportFrom(invoked, commands, (fault, status) => faultReport(verb, run_id, fault, status));
  return run_id === null ? report : found(report, run_id);
}
