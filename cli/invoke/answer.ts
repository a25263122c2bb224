import { type Fault, fault, statusOf } from "#engine/errors.ts";
import type { Report } from "#engine/report.ts";
import { type Status, statusNamed } from "#engine/status.ts";
import type { Invoked } from "#io/lambda_client.ts";
import { fieldsOf, isCode } from "../render/recorded.ts";
import { readReport } from "./read_report.ts";

type Answered = Extract<Invoked, { kind: "answered" }>;

/** What a function's answer comes to. */
export type Answer =
  | { readonly kind: "report"; readonly report: Report }
  /** The run did not end ok, and said so: by the name of the error that the function threw. */
  | { readonly kind: "failed"; readonly status: Exclude<Status, "ok">; readonly fault: Fault }
  /** The function was ended, or answered what nobody can read: what became of the run is not known. */
  | { readonly kind: "died"; readonly fault: Fault };

/** Reads an answer that has to be the report of one of `commands`. Nothing but such a report is taken for a success. */
export function readAnswer({ function_error, payload }: Answered, commands: readonly string[]): Answer {
  const value = parsed(payload);
  if (function_error !== null) return failure(value, payload);
  const report = readReport(value, commands);
  if (report !== null) return { kind: "report", report };
  // A runtime that failed before Lambda could mark it.
  if (typeof fieldsOf(value)?.errorType === "string") return failure(value, payload);
  const text = `The function's answer is no report of ${commands.join(" or ")}: ${shortened(payload)}.`;
  return { kind: "died", fault: fault("answer-unreadable", text) };
}

/**
 * The report that was asked for and waited for; else what `failed` makes of why there is none. Not of an interrupt: what
 * that means depends on what was asked.
 */
export function reportFrom(
  invoked: Exclude<Invoked, { kind: "interrupted" }>,
  commands: readonly string[],
  failed: (fault: Fault, status?: Status) => Report,
): Report {
  if (invoked.kind !== "answered") return failed(invoked.fault);
  const answer = readAnswer(invoked, commands);
  if (answer.kind === "report") return answer.report;
  return failed(answer.fault, answer.kind === "failed" ? answer.status : undefined);
}

function failure(value: unknown, payload: string): Answer {
  const { errorType, errorMessage } = fieldsOf(value) ?? {};
  const type = typeof errorType === "string" ? errorType : "";
  const message = typeof errorMessage === "string" ? errorMessage : shortened(payload);
  const status = statusNamed(type);
  if (status === null) {
    const what = type === "" ? message : `${type}: ${message}`;
    return { kind: "died", fault: fault("function-died", `Lambda ended the function: ${oneLine(what)}.`) };
  }
  const [, code = "", text = message] = THROWN.exec(message) ?? [];
  return { kind: "failed", status, fault: thrownFault(code, text, status) };
}

/** `run ID: CODE: TEXT`, as functions say it. */
const THROWN = /^run \S+: ([a-z0-9-]+): (.*)$/s;

/** The status is told by the name; a code of another release may lead elsewhere here. */
function thrownFault(code: string, text: string, status: Status): Fault {
  if (isCode(code) && statusOf(fault(code, "")) === status) return fault(code, text);
  return fault("function-failed", code === "" ? text : `${code}: ${text}`);
}

function parsed(payload: string): unknown {
  try {
    return JSON.parse(payload);
  } catch {
    return undefined;
  }
}

const SHOWN = 200;

const shortened = (payload: string): string => {
  if (payload === "") return "nothing";
  return oneLine(payload.length > SHOWN ? `${payload.slice(0, SHOWN)}...` : payload);
};

const oneLine = (text: string): string => text.replace(/\s+/g, " ").trim().replace(/\.$/, "");
