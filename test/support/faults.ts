import type { Fault } from "#engine/errors.ts";

/** Codes of faults, in their order. */
export const codes = (faults: readonly Fault[]): readonly string[] => faults.map(({ code }) => code);

/** What a report says of its steps: label, direction, status. */
export const stepsOf = (report: {
  readonly steps: readonly { readonly label: string; readonly direction: string; readonly status: string }[];
}): readonly string[] => report.steps.map((step) => `${step.label} ${step.direction} ${step.status}`);
