import { UNFINISHED } from "#engine/registry/runs.ts";
import type { Report } from "#engine/report.ts";
import { NOT_ATTEMPTED } from "../agreed_rollback.ts";
import { reportFrom } from "./answer.ts";
import { reportOn } from "./at_once.ts";
import { ask, type Edge } from "./edge.ts";
import { type Look, lookAtRun, type SeenRun } from "./look.ts";
import { answerTo, invokeAndWait, nothingBegun, type Order } from "./order.ts";
import { COMMANDS, faultReport } from "./outcome_report.ts";
import { watch } from "./watch.ts";

const DRY_RUN_MS = 120_000;
const TAKE_MS = 30_000;

/** Only plans. */
export async function planOnly(edge: Edge, order: Order): Promise<Report> {
  const { verb, address, event, dry_run_id } = order;
  // A plan is held against nothing: the run itself is.
  const { expected_plan: _, ...asked } = event;
  const payload = JSON.stringify({ ...asked, run_id: dry_run_id, dry_run: true });
  const invoked = await ask(edge, { address, payload, timeout_ms: DRY_RUN_MS });
  if (invoked.kind === "interrupted") return nothingBegun(order);
  return reportFrom(invoked, ["plan"], (fault, status) => faultReport(verb, null, fault, status));
}

/**
 * Plans first, so that what is refused is told at once; then puts the event into Lambda's queue and looks at the run
 * until it has ended. No connection has to last as long as the run, and nothing that changes is sent twice.
 */
export async function changeAndFollow(edge: Edge, order: Order): Promise<Report> {
  const known = order.chosen_id ? await lookAtRun(edge, order.status, order.run_id) : NONE;
  if (known.kind === "interrupted") return nothingBegun(order);
  if (known.kind === "blind") return faultReport(order.verb, null, known.fault);
  if (known.kind === "run") return changeAgain(edge, order, known.run);

  const plan = await planOnly(edge, order);
  if (plan.status !== "ok") return asChange(order, plan);
  if (edge.interrupt.aborted) return nothingBegun(order);
  if (order.agree === null || !("plan_digest" in plan) || plan.steps.length === 0)
    return send(edge, order, null);
  if (!(await order.agree(plan))) return nothingBegun(order, "The answer was no");
  return send(edge, { ...order, event: { ...order.event, expected_plan: plan.plan_digest } }, null);
}

const NONE: Look = { kind: "none" };

/** What the plan says against the run is the run's own end. */
function asChange({ verb }: Order, plan: Report): Report {
  if (!("plan_digest" in plan)) return plan;
  const { plan_digest: _, of: __, details: ___, ...head } = plan;
  return { ...head, ...NOT_ATTEMPTED, command: COMMANDS[verb] };
}

/** A run id that is known: its end is told again, and what was cut off goes on. Nothing is planned anew. */
async function changeAgain(edge: Edge, order: Order, before: SeenRun): Promise<Report> {
  const goes_on = before.finished_at === null ? before.alive === false : UNFINISHED.includes(before.status);
  if (goes_on) return send(edge, order, before);
  // It answers at once: by the stored report, or that the run is at work.
  const invoked = await invokeAndWait(edge, order);
  const answer = answerTo(order, invoked);
  const at_work = answer?.kind === "failed" && answer.fault.code === "run-in-progress";
  return at_work ? watch(edge, order, null) : reportOn(edge, order, invoked, before);
}

async function send(edge: Edge, order: Order, before: SeenRun | null): Promise<Report> {
  const { verb, address, event, run_id } = order;
  const payload = JSON.stringify({ ...event, run_id });
  const invoked = await edge.lambda.invoke(
    { address, payload, until: "taken", timeout_ms: TAKE_MS },
    edge.interrupt,
  );
  if (invoked.kind === "refused") return faultReport(verb, null, invoked.fault);
  // Lost or interrupted, Lambda may have taken it all the same.
  return watch(edge, order, before);
}
