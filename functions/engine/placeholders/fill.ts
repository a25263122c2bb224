import { type Fault, fault } from "../errors.ts";
import { LONGEST_NAME_BYTES } from "../registry/tables.ts";
import type { ScriptFile } from "../script/script.ts";
import { lex, type Quoted } from "../sql/lex.ts";
import { locate } from "../sql/position.ts";
import { quoteIdentifier, quoteLiteral } from "../sql/quote.ts";
import type { Placeholder } from "./declared.ts";
import type { FilledPlace } from "./filled.ts";
import { type Filling, placeholderValue } from "./values.ts";

const PLACEHOLDER = /\$\{([A-Za-z_][A-Za-z0-9_]{0,62})\}/g;

/**
 * A script with the values of its placeholders in the place of `${name}`, as Flyway spells them. Within quotes the
 * value becomes a part of the quoted text; within comments and the rows of a COPY, and within dollar quotes unless
 * the placeholder asks for it, `${name}` stays as it is. The faults are `placeholder-unknown`,
 * `placeholder-undefined`, `placeholder-invalid` and `placeholder-shown`, each at its place.
 */
export function fillPlaceholders(
  file: ScriptFile,
  filling: Filling | null,
): { readonly file: ScriptFile; readonly faults: readonly Fault[] } {
  const { path, text } = file;
  if (filling === null || !text.includes("${")) return { file, faults: [] };
  const around = surroundings(text);
  const faults: Fault[] = [];
  const parts: string[] = [];
  const places: FilledPlace[] = [];
  const secrets = new Set<string>();
  let [copied, length] = [0, 0];
  for (const found of text.matchAll(PLACEHOLDER)) {
    const [spelled, name = ""] = found;
    const within = around(found.index);
    const placeholder = filling.declared.get(name);
    if (within === "passed-over" || (within === "dollar-quote" && placeholder?.in_dollar_quotes !== true))
      continue;
    const sql = insert(name, placeholder, within, filling);
    if (typeof sql !== "string") {
      faults.push({ ...sql, file: path, ...locate(text, found.index) });
      continue;
    }
    // As it was given, and as the SQL spells it.
    if (placeholder?.secret) secrets.add(sql.trim()).add(filling.given.get(name)?.value ?? "");
    const before = text.slice(copied, found.index);
    parts.push(before, sql);
    length += before.length;
    places.push({ at: length, length: sql.length, from: found.index, spelled: spelled.length });
    length += sql.length;
    copied = found.index + spelled.length;
  }
  if (places.length === 0 || faults.length > 0) return { file, faults };
  const filled = parts.join("") + text.slice(copied);
  return { file: { ...file, text: filled, filled: { text, places, secrets: [...secrets] } }, faults };
}

type Within = Quoted["kind"] | "code" | "passed-over";

/** Where others can read a value. */
const SHOWN = { argument: "the arguments", configuration: "the function's configuration" } as const;

/** What a place of a text stands in; the places are asked for in order. */
function surroundings(text: string): (offset: number) => Within {
  const { comments, copy_rows, quoted } = lex(text, "with-quotes");
  const spans = [
    ...[...comments, ...copy_rows].map(({ start, end }) => ({ start, end, kind: "passed-over" as const })),
    ...quoted,
  ].toSorted((a, b) => a.start - b.start);
  let next = 0;
  return (offset) => {
    while ((spans[next]?.end ?? Number.POSITIVE_INFINITY) <= offset) next++;
    const span = spans[next];
    return span !== undefined && span.start <= offset ? span.kind : "code";
  };
}

/** The SQL that stands for a placeholder, or why there is none. */
function insert(
  name: string,
  placeholder: Placeholder | undefined,
  within: Within,
  filling: Filling,
): string | Fault {
  if (placeholder === undefined) {
    const known = [...filling.declared.keys()].join(", ") || "none";
    return fault(
      "placeholder-unknown",
      `bundle.json declares no placeholder ${name}; declared are: ${known}.`,
    );
  }
  const by = filling.given.get(name)?.by ?? "environment";
  if (placeholder.secret && by !== "environment") {
    return fault(
      "placeholder-shown",
      `The placeholder ${name} is secret, and its value stands in ${SHOWN[by]}.`,
    );
  }
  const value = placeholderValue(name, placeholder, filling);
  if (value === null) return fault("placeholder-undefined", `The placeholder ${name} has no value.`);
  if (value.includes("\0")) return invalid(name, "holds a NUL");
  switch (within) {
    case "quote":
      return value.replaceAll("'", "''");
    case "escape-quote":
      return value.replaceAll("'", "''").replaceAll("\\", "\\\\");
    case "identifier":
      return value.replaceAll('"', '""');
    default:
      return bare(name, placeholder, value);
  }
}

function bare(name: string, { kind }: Placeholder, value: string): string | Fault {
  if (kind === "raw") return value;
  if (kind === "literal") return quoteLiteral(value);
  const bytes = new TextEncoder().encode(value).length;
  if (bytes > 0 && bytes <= LONGEST_NAME_BYTES) return quoteIdentifier(value);
  return invalid(name, `is a name of ${bytes} bytes; wanted are 1 to ${LONGEST_NAME_BYTES}`);
}

const invalid = (name: string, because: string): Fault =>
  fault("placeholder-invalid", `The value of the placeholder ${name} ${because}.`);
