import type { Bundle } from "#engine/bundle/bundle.ts";
import { fault, throwAny } from "#engine/errors.ts";
import type { GivenValues } from "#engine/placeholders/values.ts";

/**
 * Throws where an argument names a placeholder that the bundle does not declare: of one that is misspelled the default
 * would be taken. An environment may serve several bundles, so what it names beyond is nothing.
 */
export function refuseUndeclared({ options }: Bundle, given: GivenValues): void {
  const declared = options.placeholders ?? new Map<string, unknown>();
  const known = [...declared.keys()].join(", ") || "none";
  throwAny(
    [...given]
      .filter(([name, { by }]) => by === "argument" && !declared.has(name))
      .map(([name]) =>
        fault(
          "placeholder-unknown",
          `--placeholder gives ${name}, and bundle.json declares no such one; declared are: ${known}.`,
        ),
      ),
  );
}
