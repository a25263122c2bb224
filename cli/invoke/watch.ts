import { fault } from "#engine/errors.ts";
import type { Report } from "#engine/report.ts";
import { parseWait } from "#engine/script/duration.ts";
import type { Edge } from "./edge.ts";
import type { InvokeEvent } from "./event.ts";
import { follow } from "./follow.ts";
import { runAtWork, type SeenRun } from "./look.ts";
import { goesOn, type Order, outOfSight } from "./order.ts";
import { abandonedReport, faultReport, recordedReport } from "./outcome_report.ts";

/** Looks at a run that is on its way until it has ended, and tells how. `before`: its row as it was before. */
export async function watch(edge: Edge, order: Order, before: SeenRun | null): Promise<Report> {
  const { verb, run_id, status, event } = order;
  const outcome = await follow(edge, { run_id, status, before, unseen_ms: unseenFor(event) });
  switch (outcome.kind) {
    case "ended":
      return recordedReport(verb, outcome.look);
    case "gone":
      return abandonedReport(outcome.look);
    case "interrupted":
      return goesOn(order);
    case "out-of-sight":
      return outOfSight(order, outcome.fault?.message ?? "it has not ended in all the time a function has.");
    case "not-seen":
      return notSeen(edge, order);
  }
}

/** In the queue, or behind another run's lock, an event is given up in the end and leaves no row. */
async function notSeen(edge: Edge, { verb, run_id, status, address, how_to_look }: Order): Promise<Report> {
  const other = await runAtWork(edge, status);
  if (other !== null && other.run_id !== run_id) {
    const message = `Run ${run_id} was not begun: run ${other.run_id} (${other.command}) is at work since ${other.started_at}.`;
    return faultReport(verb, run_id, fault("other-run", message));
  }
  const message = `Lambda took the event, but no run ${run_id} was seen in the database.`;
  const remedy = `See the log group and the dead-letter queue of ${address.name}, and look again: ${how_to_look}`;
  return faultReport(verb, run_id, fault("run-not-seen", message, { remedy }));
}

/** An event waits a minute in the queue; then the function starts, and waits for another run. */
const QUEUED_MS = 60_000;
const STARTS_MS = 30_000;
const LOCK_WAIT_MS = 30_000;

function unseenFor({ lock_wait }: InvokeEvent): number {
  const waits = typeof lock_wait === "string" ? parseWait(lock_wait) : null;
  return QUEUED_MS + STARTS_MS + (waits ?? LOCK_WAIT_MS);
}
