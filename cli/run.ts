import { endingStatus, type Fault, fault, MigrationFault } from "#engine/errors.ts";
import type { BareReport, Report } from "#engine/report.ts";
import { emptyHead } from "#engine/run/report_head.ts";
import { exitStatus } from "#engine/status.ts";
import { parseArguments } from "./arguments.ts";
import type { Call } from "./call.ts";
import { finished } from "./finished.ts";
import type { Interrupt } from "./interrupt.ts";
import { openOutput } from "./output.ts";
import { makeRedactor } from "./redact.ts";
import { type Terminal, written } from "./terminal.ts";
import type { VerbEntry } from "./verb_entry.ts";
import { reportCommand, VERBS } from "./verbs.ts";

/** Runs one command line from its words to its report; the answer is the exit status. */
export async function run(terminal: Terminal, interrupt: Interrupt): Promise<number> {
  const started = new Date();
  const parsed = parseArguments(terminal.argv, terminal.stdout.columns || 100);
  if (parsed.kind === "text") {
    await written(terminal.stdout, parsed.text);
    return 0;
  }
  const redactor = makeRedactor();
  if (parsed.kind === "fault") {
    const given = (flag: string): boolean => terminal.argv.includes(flag);
    const options = { color: !given("--no-color"), ...(given("--json") && { json: true as const }) };
    const report = failed(reportCommand(parsed.verb), started, [parsed.fault]);
    await openOutput(terminal, options, redactor).result(report);
    return exitStatus(report.status);
  }
  const { answers = false }: VerbEntry = VERBS[parsed.call.verb];
  const output = openOutput(terminal, { ...parsed.call.options, answers }, redactor);
  const warnings: Fault[] = [...output.warnings];
  const warn = (more: readonly Fault[]): void => {
    warnings.push(...more);
  };
  const call: Call = { ...parsed.call, terminal, output, redactor, interrupt: interrupt.signal, warn };
  const report = await reportOf(call, started);
  await output.result({ ...report, warnings: [...warnings, ...report.warnings] });
  return exitOf(report, call, interrupt);
}

async function reportOf(call: Call, started: Date): Promise<Report> {
  try {
    const { load, no_bundle }: VerbEntry = VERBS[call.verb];
    if (no_bundle === true && call.options.bundle !== undefined) {
      throw new MigrationFault(fault("bad-argument", `${call.verb} takes no --bundle.`));
    }
    const { run: verb } = await load();
    return await verb(call);
  } catch (error) {
    const command = reportCommand(call.verb);
    if (error instanceof MigrationFault) return failed(command, started, error.faults);
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    call.output.note(stack ?? message);
    return failed(command, started, [fault("internal", message)]);
  }
}

/** The report of what ended before a run had begun. */
function failed(
  command: BareReport["command"],
  started: Date,
  faults: readonly [Fault, ...Fault[]],
): BareReport {
  const [first] = faults;
  return {
    ...emptyHead(started),
    command,
    status: endingStatus(first),
    refusals: faults.length > 1 ? faults : [],
    error: first,
    ...finished(started),
  };
}

/** `status` and `audit` are ok whatever they show, unless they are asked to tell by the exit status. */
function exitOf(report: Report, call: Call, interrupt: Interrupt): number {
  if (call.options.exitCode === true && "findings" in report) {
    if (report.findings.some(({ weight }) => weight === "error")) return exitStatus("failed");
  }
  if (call.options.exitCode === true && report.status === "ok" && "changed" in report) {
    const { pending, changed, missing, unverified, partial, repeatables } = report;
    // One that the bundle does not hold any more is left as it is by every run.
    const due = repeatables.filter(({ state }) => state === "pending" || state === "changed");
    const lists = [pending, changed, missing, unverified, partial, due];
    if (lists.some((list) => list.length > 0)) return exitStatus("refused");
  }
  return exitStatus(report.status, interrupt.came());
}
