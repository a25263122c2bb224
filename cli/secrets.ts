import { type Fault, MigrationFault } from "#engine/errors.ts";
import type { Placeholders } from "#engine/placeholders/declared.ts";
import type { GivenValues } from "#engine/placeholders/values.ts";
import type { Redactor } from "./redact.ts";

/** From now on the values of the bundle's secret placeholders are shown nowhere. */
export function hideSecrets(redactor: Redactor, declared: Placeholders | null, given: GivenValues): void {
  for (const [name, { secret }] of declared ?? []) {
    if (secret) redactor.hide(given.get(name)?.value ?? "");
  }
}

/** The same error, where it quotes how the server defines an object: with its own quotes, blanks taken out, and cut. */
export function withoutPieces(redactor: Redactor, error: unknown): unknown {
  if (!(error instanceof MigrationFault)) return error;
  const veiled = (fault: Fault): Fault => ({
    ...fault,
    message: redactor.said(fault.message),
    detail: fault.detail === null ? null : redactor.said(fault.detail),
  });
  const [first, ...rest] = error.faults;
  return new MigrationFault(veiled(first), ...rest.map(veiled));
}
