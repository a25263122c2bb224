import { type Fault, fault } from "../errors.ts";
import { LONGEST_NAME_BYTES } from "../registry/tables.ts";
import type { ScriptFile } from "../script/script.ts";
import { locate } from "../sql/position.ts";
import { quoteIdentifier, quoteLiteral } from "../sql/quote.ts";
import { PLACEHOLDER, type Placeholder } from "./declared.ts";
import type { FilledPlace } from "./filled.ts";
import { type Filling, placeholderValue, secretTexts } from "./values.ts";
import { surroundings, type Within } from "./within.ts";

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
  if (filling === null) return { file, faults: [] };
  const { path, text } = file;
  const secrets = secretTexts(filling);
  const places: FilledPlace[] = [];
  const faults: Fault[] = [];
  const parts: string[] = [];
  let [copied, length, before] = [0, 0, ""];
  const around = surroundings(text);
  for (const found of text.matchAll(PLACEHOLDER)) {
    const [spelled, name = ""] = found;
    const within = around(found.index);
    const placeholder = filling.declared.get(name);
    const asked = within.tags.length === 0 || placeholder?.in_dollar_quotes === true;
    if (within.kind === "passed-over" || !asked) continue;
    const between = text.slice(copied, found.index);
    const behind = text.slice(found.index + spelled.length);
    before = (before + between.slice(-BESIDE)).slice(-BESIDE);
    const sql = insert({ name, placeholder, within, before, behind }, filling);
    if (typeof sql !== "string") {
      faults.push({ ...sql, file: path, ...locate(text, found.index) });
      continue;
    }
    length += between.length;
    const place = { at: length, length: sql.length, from: found.index, spelled: spelled.length };
    places.push({ ...place, secret: placeholder?.secret === true });
    parts.push(between, sql);
    length += sql.length;
    before += sql.slice(-BESIDE);
    copied = found.index + spelled.length;
  }
  if (faults.length > 0 || (places.length === 0 && secrets.length === 0)) return { file, faults };
  return {
    file: { ...file, text: parts.join("") + text.slice(copied), filled: { text, places, secrets } },
    faults: [],
  };
}

/** So much of what stands before a placeholder is looked at: more than any tag of a dollar quote takes. */
const BESIDE = 200;

/** Where others can read a value. */
const SHOWN = { argument: "the arguments", configuration: "the function's configuration" } as const;

/** A placeholder, and the text on both sides of it: the one before is filled in already. */
interface Found {
  readonly name: string;
  readonly placeholder: Placeholder | undefined;
  readonly within: Within;
  readonly before: string;
  readonly behind: string;
}

/** The SQL that stands for a placeholder, or why there is none. */
function insert(found: Found, filling: Filling): string | Fault {
  const { name, placeholder } = found;
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
  const sql = spelled(value, placeholder, found);
  if (typeof sql !== "string") return sql;
  const ended = found.within.tags.find((tag) => ends(tag, sql, found));
  return ended === undefined ? sql : invalid(name, `would end the dollar quote ${ended} that it stands in`);
}

function spelled(value: string, placeholder: Placeholder, found: Found): string | Fault {
  switch (found.within.kind) {
    case "quote":
      return value.replaceAll("'", "''");
    case "escape-quote":
      return value.replaceAll("'", "''").replaceAll("\\", "\\\\");
    case "identifier":
      return value.replaceAll('"', '""');
    default:
      return bare(value, placeholder, found);
  }
}

function bare(value: string, { kind }: Placeholder, { name, before, behind }: Found): string | Fault {
  if (kind === "raw") return value;
  if (JOINS.test(before.slice(-1)) || JOINS.test(behind.slice(0, 1))) {
    return fault("placeholder-invalid", `The placeholder ${name} is a part of a word here.`, {
      remedy: `Put quotes around the whole word, such as "app_\${${name}}", or make the placeholder raw.`,
    });
  }
  if (kind === "literal") return quoteLiteral(value);
  const bytes = new TextEncoder().encode(value).length;
  if (bytes > 0 && bytes <= LONGEST_NAME_BYTES) return quoteIdentifier(value);
  return invalid(name, `is a name of ${bytes} bytes; wanted are 1 to ${LONGEST_NAME_BYTES}`);
}

/** What a quote would be read together with: `app_"x"` is two words, `E'x'` and `'a''b'` are other texts. */
const JOINS = /[\w'"\u0080-\uffff]/;

/** Whether the quote's closing tag comes about by the value, or by it and what stands beside it. */
function ends(tag: string, sql: string, { before, behind }: Found): boolean {
  const beside = tag.length - 1;
  return (before.slice(-beside) + sql + behind.slice(0, beside)).includes(tag);
}

const invalid = (name: string, because: string): Fault =>
  fault("placeholder-invalid", `The value of the placeholder ${name} ${because}.`);
