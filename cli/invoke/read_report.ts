import { type Fault, fault } from "#engine/errors.ts";
import type { Cut, Report } from "#engine/report.ts";
import { EXIT_STATUS, type Status } from "#engine/status.ts";
import type { Check } from "#engine/step/checks.ts";
import { toStoredChecks } from "#engine/stored_report.ts";
import { fieldsOf, toFault } from "../render/recorded.ts";

type Fields = Readonly<Record<string, unknown>>;

/** What the renderer of each command's report walks through. */
const LISTS: Readonly<Record<string, readonly string[]>> = {
  up: [],
  rollback: [],
  verify: [],
  plan: ["details"],
  status: ["applied", "pending", "changed", "missing", "unverified", "partial", "repeatables", "failed_runs"],
  runs: ["runs"],
  consolidate: ["consolidated", "files_written", "files_moved"],
};

/**
 * A report that came over the wire, of one of `commands`; null where it is none. The function may be of another
 * release than this program: what is shown is looked at first, and codes that are not known here are said in words.
 */
export function readReport(value: unknown, commands: readonly string[]): Report | null {
  const found = fieldsOf(value);
  if (found === null || typeof found.command !== "string" || !commands.includes(found.command)) return null;
  const lists = ["steps", "refusals", "warnings", ...(LISTS[found.command] ?? [])];
  const whole =
    isStatus(found.status) &&
    lists.every((name) => Array.isArray(found[name])) &&
    (found.steps as unknown[]).every(isStep) &&
    (!Array.isArray(found.runs) || found.runs.every(isRun)) &&
    typeof found.duration_ms === "number" &&
    [found.started_at, found.finished_at].every((time) => typeof time === "string") &&
    [found.run_id, found.current_version].every((text) => text === null || typeof text === "string");
  return whole ? (withKnownCodes(found) as unknown as Report) : null;
}

const isStatus = (value: unknown): value is Status =>
  typeof value === "string" && Object.hasOwn(EXIT_STATUS, value);

function isStep(value: unknown): boolean {
  const step = fieldsOf(value);
  return (
    step !== null &&
    [step.label, step.name, step.direction, step.status].every((text) => typeof text === "string") &&
    [step.checks, step.results, step.blockers].every(Array.isArray)
  );
}

function isRun(value: unknown): boolean {
  const run = fieldsOf(value);
  return (
    run !== null &&
    [run.run_id, run.command, run.status, run.bundle, run.bundle_digest, run.started_at].every(
      (text) => typeof text === "string",
    ) &&
    (run.events === undefined ||
      (Array.isArray(run.events) && run.events.every((one) => fieldsOf(one) !== null)))
  );
}

/** Faults wherever they stand in a report, with codes that this program has. */
function withKnownCodes(report: Fields): Fields {
  const list = (value: unknown): readonly Fault[] => (value as unknown[]).map(faultOf);
  const one = (value: unknown): Fault | null =>
    value === null || value === undefined ? null : faultOf(value);
  const { cut, ...whole } = report;
  return {
    ...whole,
    ...(isCut(cut) && { cut }),
    refusals: list(report.refusals),
    warnings: list(report.warnings),
    error: one(report.error),
    ...(report.command === "verify" && { integrity: checksOf(report.integrity) }),
    steps: (report.steps as readonly Fields[]).map((step) => ({ ...step, error: one(step.error) })),
  };
}

function isCut(value: unknown): value is Cut {
  const { steps_left_out, bytes, see } = fieldsOf(value) ?? {};
  return Number.isSafeInteger(steps_left_out) && Number.isSafeInteger(bytes) && typeof see === "string";
}

/** A release before this one did not look at the schema. */
const checksOf = (value: unknown): readonly Check[] | null =>
  Array.isArray(value) ? toStoredChecks(value) : null;

function faultOf(value: unknown): Fault {
  const known = toFault(value);
  if (known !== null) return known;
  const { code, message } = fieldsOf(value) ?? {};
  const said = typeof code === "string" && typeof message === "string";
  return fault("function-failed", said ? `${code}: ${message}` : JSON.stringify(value));
}
