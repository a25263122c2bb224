import type { Fault } from "#engine/errors.ts";
import type { Attempted, ReportHead } from "#engine/report.ts";
import { briefFault, faultLines, sameFault } from "./fault.ts";
import { headLines } from "./head.ts";
import { printable } from "./printable.ts";
import type { Look } from "./style.ts";

/** A report is parts with an empty line between; parts without a line are left out. */
export type Parts = readonly (readonly string[])[];

export const joined = (parts: Parts): readonly string[] =>
  parts.filter((part) => part.length > 0).flatMap((part, i) => (i === 0 ? part : ["", ...part]));

/** It ended before there was anything to show, and the error alone says all: another run, a host that is away. */
export function endedEarly({ status, steps, refusals, error }: ReportHead): boolean {
  return (
    (status === "busy" || status === "unreachable") && steps.length + refusals.length === 0 && error !== null
  );
}

/** Of a report that ended early: warnings, and the error in two lines. */
export function briefLines({ error, warnings }: ReportHead, look: Look): readonly string[] {
  return joined([...warningParts(warnings, look), error === null ? [] : briefFault(error, look)]);
}

/**
 * The head line, `table` below it, warnings and faults, and the last line. A report without a fault is one
 * block, as on the page about the terminal.
 */
export function wholeReport(
  report: ReportHead,
  look: Look,
  { table, last }: { readonly table: readonly string[]; readonly last: readonly string[] },
): readonly string[] {
  const head = [...headLines(report, look), ...table];
  const faults = faultParts(report, look);
  return faults.length === 0 ? [...head, ...last] : joined([head, ...faults, last]);
}

/** Warnings, refusals and the report's error, each once, and not what a step has said. */
export function faultParts({ warnings, refusals, error, steps }: ReportHead, look: Look): Parts {
  const said = [...refusals, ...steps.flatMap((step) => step.error ?? [])];
  const alone = error !== null && !said.some((fault) => sameFault(fault, error)) ? [error] : [];
  const faults = [...refusals, ...alone].map((fault) => faultLines(fault, look, { as: "error", indent: "" }));
  return [...warningParts(warnings, look), ...faults];
}

const warningParts = (warnings: readonly Fault[], look: Look): Parts =>
  warnings.map((warning) => faultLines(warning, look, { as: "warning", indent: "" }));

/** ` Run ID.`, to be looked up, and how it came to be told where that is not plain. */
export const runText = (report: ReportHead & Partial<Attempted>): string =>
  report.run_id === null ? "" : ` Run ${printable(report.run_id)}${cameBy(report)}.`;

function cameBy({ replayed, recovered, attempt }: Partial<Attempted>): string {
  if (replayed === true) return ", which had ended before: nothing was done now";
  if (recovered === true) return ": an attempt that died had done it all";
  return typeof attempt === "number" && attempt > 1 ? `, attempt ${attempt}` : "";
}
