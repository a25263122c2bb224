import { type Fault, fault } from "#engine/errors.ts";
import { PLACEHOLDER_NAME } from "#engine/placeholders/declared.ts";
import type { GivenValue, GivenValues } from "#engine/placeholders/values.ts";
import { ENVIRONMENT } from "./contract.ts";

/** Values of placeholders, and what is wrong with others; a fault never tells a value. */
export interface ReadValues {
  readonly values: GivenValues;
  readonly faults: readonly Fault[];
}

/** From `NAME=VALUE` each, and from the environment's JSON object of texts; arguments win. */
export function readPlaceholderValues(args: readonly string[], json: string | undefined): ReadValues {
  const found = fromJson(json, "environment");
  const values = new Map<string, GivenValue>(found.values);
  const faults = [...found.faults];
  const named = new Set<string>();
  for (const argument of args) {
    const name = argument.split("=", 1)[0] ?? "";
    if (!argument.includes("=") || !PLACEHOLDER_NAME.test(name)) {
      faults.push(
        fault("bad-argument", "--placeholder wants NAME=VALUE, the name of letters, digits and `_`."),
      );
    } else if (named.has(name)) {
      faults.push(fault("bad-argument", `--placeholder gives ${name} twice.`));
    } else values.set(name, { value: argument.slice(name.length + 1), by: "argument" });
    named.add(name);
  }
  return { values, faults };
}

/** From a function's environment, which its configuration makes. */
export const configuredPlaceholders = (json: string | undefined): ReadValues =>
  fromJson(json, "configuration");

function fromJson(json: string | undefined, by: GivenValue["by"]): ReadValues {
  if (json === undefined || json === "") return { values: new Map(), faults: [] };
  const code = by === "configuration" ? "bad-configuration" : "bad-argument";
  const wrong = (what: string): ReadValues => ({
    values: new Map(),
    faults: [fault(code, `${ENVIRONMENT.placeholders} ${what}; wanted a JSON object of texts.`)],
  });
  let found: unknown;
  try {
    found = JSON.parse(json);
  } catch {
    return wrong("is not JSON");
  }
  if (typeof found !== "object" || found === null || Array.isArray(found)) return wrong("is no object");
  const values = new Map<string, GivenValue>();
  for (const [name, value] of Object.entries(found)) {
    if (!PLACEHOLDER_NAME.test(name)) return wrong(`names ${JSON.stringify(name.slice(0, 80))}`);
    if (typeof value !== "string") return wrong(`gives ${name} something else than a text`);
    values.set(name, { value, by });
  }
  return { values, faults: [] };
}
