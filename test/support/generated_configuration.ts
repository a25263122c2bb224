import { readFileSync } from "node:fs";
import * as v from "valibot";
import { SECTIONS } from "../../cdk/config.ts";
import { type Generated, updated } from "./generated_docs.ts";

const BEGIN = "<!-- keys: generated from cdk/config.ts -->";
const END = "<!-- end of keys -->";

export const CONFIGURATION_PAGE = new URL("../../docs/configuration.md", import.meta.url);

/** What of valibot's schemas is read here. */
interface Schema {
  readonly type: string;
  readonly entries?: Readonly<Record<string, Schema>>;
  readonly options?: readonly (Schema | string | number)[];
  readonly wrapped?: Schema;
  readonly default?: unknown;
  readonly literal?: string;
  readonly item?: Schema;
  readonly message?: unknown;
  readonly pipe?: readonly Schema[];
}

/** One key. `modes`: where it is, if not everywhere in its section. */
interface Row {
  readonly key: string;
  readonly modes: readonly string[];
  readonly wanted: string;
  readonly preset: string;
  readonly words: string;
}

/** The page on the configuration, with its table of keys as the code has them. */
export function generatedConfiguration(): Generated {
  const found = readFileSync(CONFIGURATION_PAGE, "utf8");
  const [before = "", rest] = [found.split(BEGIN)[0], found.split(END)[1]];
  if (rest === undefined) throw new Error(`${CONFIGURATION_PAGE.pathname} has no marker ${END}`);
  const wanted = `${before}${BEGIN}\n\n${table(configurationRows())}\n\n${END}${rest}`;
  return updated({ file: CONFIGURATION_PAGE, found, wanted });
}

export const configurationRows = (): readonly Row[] =>
  Object.entries(SECTIONS).flatMap(([key, schema]) => rowsOf(key, schema as unknown as Schema, []));

function rowsOf(key: string, schema: Schema, modes: readonly string[]): Row[] {
  const inner = unwrapped(schema);
  if (inner.type === "variant") {
    const preset = schema.default as { readonly mode: string } | undefined;
    return variantRows(key, inner.options as readonly Schema[]).map((row) =>
      row.wanted === `\`${JSON.stringify(preset?.mode)}\`` ? { ...row, preset: "the default" } : row,
    );
  }
  if (inner.entries !== undefined && described(schema) === "") {
    return Object.entries(inner.entries).flatMap(([name, entry]) => rowsOf(`${key}.${name}`, entry, modes));
  }
  return [{ key, modes, wanted: wantedOf(schema), preset: presetOf(schema), words: described(schema) }];
}

/** A key that several modes share is told once, with their names; `mode` itself with what each means. */
function variantRows(key: string, options: readonly Schema[]): Row[] {
  const rows = options.flatMap((option) => {
    const mode = unwrapped(option).entries?.mode?.literal ?? "";
    return rowsOf(key, option, [mode]);
  });
  const merged = new Map<string, Row>();
  for (const row of rows) {
    const mode = row.key.endsWith(".mode");
    const id = mode ? `${row.key} ${row.modes[0]}` : `${row.key} ${row.wanted} ${row.preset} ${row.words}`;
    const before = merged.get(id);
    merged.set(id, before === undefined ? row : { ...before, modes: [...before.modes, ...row.modes] });
  }
  const all = options.length;
  return [...merged.values()].map((row) =>
    row.key.endsWith(".mode") || row.modes.length === all ? { ...row, modes: [] } : row,
  );
}

function unwrapped(schema: Schema): Schema {
  return (schema.type === "optional" || schema.type === "nullable") && schema.wrapped !== undefined
    ? unwrapped(schema.wrapped)
    : schema;
}

const described = (schema: Schema): string =>
  v.getDescription(schema as unknown as v.GenericSchema) ??
  (schema.wrapped === undefined ? "" : described(schema.wrapped));

function presetOf(schema: Schema): string {
  if (schema.type !== "optional") return "needed";
  if (schema.default === undefined) return "none";
  // Of an object with defaults inside: what comes out.
  const value = v.parse(schema as unknown as v.GenericSchema, undefined);
  return `\`${JSON.stringify(value)}\``;
}

function wantedOf(schema: Schema): string {
  const { type, literal, options, item, entries, pipe, message } = unwrapped(schema);
  const check = checkOf(pipe ?? []);
  if (literal !== undefined) return `\`"${literal}"\``;
  if (check !== undefined && type !== "array") return check;
  if (type === "picklist") return (options ?? []).map((option) => `\`${JSON.stringify(option)}\``).join(", ");
  if (typeof message === "string") return message;
  if (type === "array" && item !== undefined) return `list: ${wantedOf(item)}`;
  if (entries !== undefined)
    return Object.keys(entries)
      .map((name) => `\`${name}\``)
      .join(", ");
  const kinds: Readonly<Record<string, string>> = { boolean: "true or false", record: "names and values" };
  return kinds[type] ?? type;
}

/** The words of the first check in a chain, which may be in a chain of its own. */
function checkOf(parts: readonly Schema[]): string | undefined {
  for (const { message, pipe } of parts) {
    if (typeof message === "string") return message;
    const inner = checkOf(pipe ?? []);
    if (inner !== undefined) return inner;
  }
  return undefined;
}

function table(rows: readonly Row[]): string {
  const cell = (text: string) => text.replaceAll("|", "\\|");
  const lines = rows.map(({ key, modes, wanted, preset, words }) => {
    const where = modes.length === 0 ? "" : ` (mode ${modes.map((mode) => `\`${mode}\``).join(" or ")})`;
    return `| \`${key}\`${where} | ${cell(wanted)} | ${cell(preset)} | ${cell(words)} |`;
  });
  return ["| key | value | default | meaning |", "| --- | --- | --- | --- |", ...lines].join("\n");
}
