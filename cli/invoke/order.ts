import { fault } from "#engine/errors.ts";
import type { PlanReport, Report } from "#engine/report.ts";
import type { FunctionAddress, Invoked } from "#io/lambda_client.ts";
import { type Answer, readAnswer } from "./answer.ts";
import type { Edge } from "./edge.ts";
import type { InvokeEvent } from "./event.ts";
import type { FunctionVerb } from "./function_name.ts";
import { COMMANDS, faultReport } from "./outcome_report.ts";

/** What changes a database, as it was ordered. */
export interface Order {
  readonly verb: Extract<FunctionVerb, "apply" | "rollback">;
  readonly address: FunctionAddress;
  readonly status: FunctionAddress;
  readonly event: InvokeEvent;
  readonly run_id: string;
  /** The caller chose the id: it may be known already. */
  readonly chosen_id: boolean;
  /** Of the dry run, which nothing records. */
  readonly dry_run_id: string;
  /** The command line that tells of this run. */
  readonly how_to_look: string;
  /** Asked with the plan before a change; null to go on without asking. */
  readonly agree: ((plan: PlanReport) => Promise<boolean>) | null;
}

/** A function's longest time, and a little. */
const ANSWER_MS = 15 * 60_000 + 15_000;

/** Sends the order and waits for the function's own answer. */
export const invokeAndWait = (edge: Edge, { address, event, run_id }: Order): Promise<Invoked> =>
  edge.lambda.invoke(
    { address, payload: JSON.stringify({ ...event, run_id }), until: "answer", timeout_ms: ANSWER_MS },
    edge.interrupt,
  );

/** What the function answered; null where it did not. */
export const answerTo = ({ verb }: Order, invoked: Invoked): Answer | null =>
  invoked.kind === "answered" ? readAnswer(invoked, [COMMANDS[verb]]) : null;

/** Interrupted, or told no, before anything was sent that changes something. */
export const nothingBegun = ({ verb, run_id }: Order, why = "Interrupted"): Report =>
  faultReport(verb, run_id, fault("interrupted", `${why}; nothing was begun.`));

/** Interrupted with a run on its way, which nobody can call back. */
export function goesOn({ verb, run_id, how_to_look }: Order): Report {
  const message = `Run ${run_id} goes on in AWS; only waiting for it was interrupted.`;
  return faultReport(verb, run_id, fault("interrupted", message, { remedy: `Look at it: ${how_to_look}` }));
}

/** Nobody can tell what became of it. */
export function outOfSight({ verb, run_id, how_to_look }: Order, why: string): Report {
  const message = `What became of run ${run_id} is not known: ${why}`;
  return faultReport(
    verb,
    run_id,
    fault("run-out-of-sight", message, { remedy: `Look again: ${how_to_look}` }),
  );
}
