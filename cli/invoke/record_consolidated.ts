import { type Fault, fault } from "#engine/errors.ts";
import type { Report } from "#engine/report.ts";
import type { Status } from "#engine/status.ts";
import { reportFrom } from "./answer.ts";
import { ask, type Edge } from "./edge.ts";
import type { Order } from "./order.ts";
import { faultReport } from "./outcome_report.ts";

/** No script is run: it waits for the run lock and writes rows. */
const ANSWER_MS = 300_000;

/**
 * Has the function record what was consolidated, and waits for its answer. What is recorded already is left as it is,
 * so it is asked again where Lambda did not answer.
 */
export async function recordConsolidated(edge: Edge, { address, event, run_id }: Order): Promise<Report> {
  const payload = JSON.stringify({ ...event, run_id });
  const failed = (error: Fault, status?: Status): Report => ({
    ...faultReport("apply", run_id, error, status),
    command: "consolidate",
  });
  const invoked = await ask(edge, { address, payload, timeout_ms: ANSWER_MS });
  if (invoked.kind === "interrupted") {
    const remedy = "Ask again: what is recorded already stays as it is.";
    return failed(fault("interrupted", "Interrupted; it may be recorded all the same.", { remedy }));
  }
  return reportFrom(invoked, ["consolidate"], failed);
}
