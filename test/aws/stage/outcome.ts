import { expect } from "vitest";
import { errorName, type Status } from "#engine/status.ts";
import { isRightAbout } from "../differences.ts";
import type { Answer } from "../support/deployed_function.ts";
import type { Emulator } from "../support/emulator.ts";

/** The report that a function returned. */
export function reportOf({ function_error, payload }: Answer): Record<string, unknown> {
  expect(function_error, JSON.stringify(payload)).toBeNull();
  return Object(payload);
}

/** That the function threw, by the status's name, with run id and code. */
export function expectFailure(
  emulator: Emulator,
  { function_error, payload }: Answer,
  { status, run_id, code }: { status: Exclude<Status, "ok">; run_id: string; code: string },
): void {
  expect(function_error, JSON.stringify(payload)).not.toBeNull();
  const { errorType, errorMessage } = Object(payload);
  expect(String(errorMessage)).toMatch(new RegExp(`^run ${run_id}: ${code}: `));
  expect(errorType).toBe(isRightAbout(emulator, "error-type") ? errorName(status) : "Runtime.HandlerError");
}

/** That the function's process died under the event. */
export function expectDeath({ function_error, payload }: Answer): void {
  expect(function_error, JSON.stringify(payload)).not.toBeNull();
  expect(String(Object(payload).errorMessage)).toMatch(/exited|died/i);
}
