import type { Placeholders } from "#engine/placeholders/declared.ts";
import type { GivenValues } from "#engine/placeholders/values.ts";
import type { Redactor } from "./redact.ts";

/** From now on the values of the bundle's secret placeholders are shown nowhere. */
export function hideSecrets(redactor: Redactor, declared: Placeholders | null, given: GivenValues): void {
  for (const [name, { secret }] of declared ?? []) {
    if (secret) redactor.hide(given.get(name)?.value ?? "");
  }
}
