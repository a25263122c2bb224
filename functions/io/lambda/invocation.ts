import { type Fault, fault, MigrationFault } from "#engine/errors.ts";
import { faultsOf } from "#engine/public_fault.ts";
import type { Report } from "#engine/report.ts";
import { cutReport } from "#engine/report_cut.ts";
import { FUNCTION_ENVIRONMENT } from "../contract.ts";
import { type FunctionSettings, readFunctionSettings } from "../function_settings.ts";
import { openTelemetry, type Scope, type Telemetry } from "../telemetry/telemetry.ts";
import { failureOf, failureOfFaults } from "./failure.ts";
import { type FunctionCommand, type InvocationContext, waitTime } from "./invocation_context.ts";
import { type Job, type JobEvent, openJob } from "./job.ts";

/** An event, read: what it asks for, and the one call of the engine that answers it. */
export interface Asked extends JobEvent {
  run(job: Job): Promise<Report>;
}

export type Handler = (event: unknown, context: InvocationContext) => Promise<Report>;

/**
 * An entry point: reads the event with `ask`, opens the job, runs it, tells of it. Its handler returns the report, or
 * throws what `failureOf` makes where the run did not end ok.
 */
export const invocation =
  (command: FunctionCommand, ask: (event: unknown, target: string) => Asked): Handler =>
  async (event, context) => {
    const request_id = context.awsRequestId;
    const target = process.env[FUNCTION_ENVIRONMENT.target] || "unknown";
    const scope = { target, command, run_id: request_id, request_id };
    const begun = begin(scope, () => {
      const settings = readFunctionSettings(process.env);
      const asked = ask(event, settings.target);
      const telemetry = openTelemetry({ ...scope, run_id: asked.common.run_id ?? request_id });
      return { settings, asked, telemetry, job: openJob(command, asked, settings, context, telemetry.event) };
    });
    return answer(begun, context);
  };

interface Begun {
  readonly settings: FunctionSettings;
  readonly asked: Asked;
  readonly telemetry: Telemetry;
  readonly job: Job;
}

/** Everything before the run. */
function begin(scope: Scope, open: () => Begun): Begun {
  try {
    return open();
  } catch (error) {
    throw ended(openTelemetry(scope), scope.run_id, error);
  }
}

async function answer(
  { settings, asked, telemetry, job }: Begun,
  context: InvocationContext,
): Promise<Report> {
  const { on_incomplete, requested_by = null } = asked.common;
  const run_id = job.options.run_id ?? "";
  const about = { requested_by, timeout_ms: job.options.timeout_ms };
  const told = async (): Promise<Report | Error> => {
    const report = await telemetry.during(about, () => asked.run(job));
    const { status } = report;
    const goes_on = status === "incomplete" && on_incomplete === "return";
    const failed = status !== "ok" && !goes_on;
    const left_ms = waitTime(context);
    const warnings = await telemetry.finished(report, { failed, bus: settings.event_bus, left_ms });
    if (failed) return failureOf(run_id, status, faultsOf(report));
    const whole = warnings.length === 0 ? report : { ...report, warnings: [...report.warnings, ...warnings] };
    return cutReport(whole, settings.report_max_bytes);
  };
  // An error that nobody foresaw must not leave as it is: it may hold anything.
  const answered = await told().catch((error: unknown) => ended(telemetry, run_id, error));
  if (answered instanceof Error) throw answered;
  return answered;
}

/** What is thrown in the place of an error that came before there was a report. */
function ended(telemetry: Telemetry, run_id: string, error: unknown): Error {
  const expected = error instanceof MigrationFault;
  const faults: readonly [Fault, ...Fault[]] = expected ? error.faults : [fault("internal", String(error))];
  telemetry.ended(faults, expected ? null : error);
  return failureOfFaults(run_id, faults);
}
