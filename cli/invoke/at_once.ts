import type { Report } from "#engine/report.ts";
import type { Invoked } from "#io/lambda_client.ts";
import type { Edge } from "./edge.ts";
import { isAsBefore, lookAtRun, type SeenRun } from "./look.ts";
import { answerTo, goesOn, invokeAndWait, nothingBegun, type Order, outOfSight } from "./order.ts";
import { faultReport, recordedReport } from "./outcome_report.ts";
import { watch } from "./watch.ts";

/** Waits for the function's own answer: for runs that are known to be short. */
export async function changeAtOnce(edge: Edge, order: Order): Promise<Report> {
  const before = order.chosen_id ? await lookAtRun(edge, order.status, order.run_id) : null;
  if (before?.kind === "interrupted") return nothingBegun(order);
  const invoked = await invokeAndWait(edge, order);
  return reportOn(edge, order, invoked, before?.kind === "run" ? before.run : null);
}

/** What a change that was waited for came to; where its answer does not tell, the run's row does. */
export async function reportOn(
  edge: Edge,
  order: Order,
  invoked: Invoked,
  before: SeenRun | null,
): Promise<Report> {
  const { verb, run_id } = order;
  if (invoked.kind === "refused") return faultReport(verb, run_id, invoked.fault);
  if (invoked.kind === "interrupted") return goesOn(order);
  const answer = answerTo(order, invoked);
  if (answer?.kind === "report") return answer.report;
  const look = await lookAtRun(edge, order.status, run_id);
  if (answer?.kind === "failed") {
    // The row tells more than the one line of an error; but a run that was turned away has not written it.
    const same = look.kind === "run" && look.run.finished_at !== null && look.run.status === answer.status;
    return same ? recordedReport(verb, look) : faultReport(verb, run_id, answer.fault, answer.status);
  }
  // An earlier attempt's row says nothing about this one.
  if (look.kind === "run" && !isAsBefore(look.run, before)) {
    return look.run.finished_at === null ? watch(edge, order, before) : recordedReport(verb, look);
  }
  const fault = answer?.fault ?? (invoked.kind === "lost" ? invoked.fault : null);
  if (answer !== null && fault !== null) return faultReport(verb, run_id, withLook(fault, order));
  return outOfSight(order, fault?.message ?? "");
}

const withLook = <Told extends { readonly remedy: string }>(fault: Told, { how_to_look }: Order): Told => ({
  ...fault,
  remedy: `Look at it: ${how_to_look}`,
});
