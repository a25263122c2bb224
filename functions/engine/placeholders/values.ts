import type { Placeholder, Placeholders } from "./declared.ts";

/** A value that a target gives, and by what: arguments and a function's configuration can be read by others. */
export interface GivenValue {
  readonly value: string;
  readonly by: "argument" | "configuration" | "environment";
}

export type GivenValues = ReadonlyMap<string, GivenValue>;

/** What the reading of scripts must know to fill placeholders in. */
export interface Filling {
  readonly declared: Placeholders;
  readonly given: GivenValues;
  /** Without a database to work on, a name or a literal that has no value yet is stood in for. */
  readonly missing: "refuse" | "stand-in";
}

/** The value of a placeholder; null where there is none. */
export function placeholderValue(
  name: string,
  placeholder: Placeholder,
  { given, missing }: Filling,
): string | null {
  const value = given.get(name)?.value ?? placeholder.default;
  if (value !== null || missing === "refuse" || placeholder.kind === "raw") return value;
  return name;
}

/** With what stands in for the values that are missing: for a database that was made to try migrations on. */
export function stoodIn(declared: Placeholders | null, given: GivenValues): GivenValues {
  const values = new Map(given);
  for (const [name, placeholder] of declared ?? []) {
    const value = placeholderValue(name, placeholder, {
      declared: declared ?? new Map(),
      given,
      missing: "stand-in",
    });
    if (value !== null && !values.has(name)) values.set(name, { value, by: "environment" });
  }
  return values;
}

/** Names and kinds of the placeholders that have a value, as a run's row keeps them; null for none. */
export function recordedPlaceholders(
  declared: Placeholders | null,
  given: GivenValues,
): readonly { readonly name: string; readonly kind: string }[] | null {
  if (declared === null) return null;
  return [...declared]
    .filter(([name, placeholder]) => given.has(name) || placeholder.default !== null)
    .map(([name, { kind }]) => ({ name, kind }));
}

/** What is shown nowhere: the values of secret placeholders as they are, and as SQL spells them within quotes. */
export function secretTexts({ declared, given }: Filling): readonly string[] {
  const texts = new Set<string>();
  for (const [name, { secret }] of declared) {
    const value = secret ? (given.get(name)?.value ?? "") : "";
    if (value === "") continue;
    const quoted = value.replaceAll("'", "''");
    texts.add(value).add(quoted).add(quoted.replaceAll("\\", "\\\\")).add(value.replaceAll('"', '""'));
  }
  return [...texts];
}
