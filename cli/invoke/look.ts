import type { Fault } from "#engine/errors.ts";
import type { RecordedRun } from "#engine/registry/read.ts";
import type { RunsReport, StatusReport } from "#engine/report.ts";
import type { FunctionAddress } from "#io/lambda_client.ts";
import { readAnswer } from "./answer.ts";
import { ask, type Edge } from "./edge.ts";

/** A run as its row and its steps tell it. */
export type SeenRun = RunsReport["runs"][number];

/** What a look at a run came to. */
export type Look =
  | { readonly kind: "run"; readonly run: SeenRun; readonly report: RunsReport }
  | { readonly kind: "none" }
  /** It cannot be told; `lasting`: nor will it be, as long as nobody does something about it. */
  | { readonly kind: "blind"; readonly fault: Fault; readonly lasting: boolean }
  | { readonly kind: "interrupted" };

const LOOK_MS = 30_000;
/** What may be otherwise a moment later. */
const PASSING = new Set(["invoke-throttled", "lambda-unreachable", "function-unavailable"]);

/** Asks the status function for one run. */
export async function lookAtRun(edge: Edge, address: FunctionAddress, run_id: string): Promise<Look> {
  const invocation = { address, payload: JSON.stringify({ run_id }), timeout_ms: LOOK_MS };
  const invoked = await edge.lambda.invoke({ ...invocation, until: "answer" }, edge.interrupt);
  if (invoked.kind === "interrupted") return invoked;
  if (invoked.kind !== "answered")
    return { kind: "blind", fault: invoked.fault, lasting: !PASSING.has(invoked.fault.code) };
  const answer = readAnswer(invoked, ["runs"]);
  if (answer.kind === "report" && "runs" in answer.report) {
    const run = answer.report.runs.find((one) => one.run_id === run_id);
    return run === undefined ? { kind: "none" } : { kind: "run", run, report: answer.report };
  }
  // As the first releases say that there is no such run.
  if (answer.kind === "failed" && answer.fault.code === "bad-argument") return { kind: "none" };
  const fault = answer.kind === "report" ? answer.report.error : answer.fault;
  return fault === null ? { kind: "none" } : { kind: "blind", fault, lasting: false };
}

/** Another run that is at work; null where there is none, or nobody can tell. */
export async function runAtWork(edge: Edge, address: FunctionAddress): Promise<RecordedRun | null> {
  const invoked = await ask(edge, { address, payload: "{}", timeout_ms: LOOK_MS });
  if (invoked.kind !== "answered") return null;
  const answer = readAnswer(invoked, ["status"]);
  return answer.kind === "report" && "running" in answer.report
    ? (answer.report as StatusReport).running
    : null;
}

/** Whether a row is still an earlier attempt's, which nobody has taken up yet. */
export const isAsBefore = (run: SeenRun, before: SeenRun | null): boolean =>
  before !== null && run.attempt === before.attempt && run.finished_at === before.finished_at;
