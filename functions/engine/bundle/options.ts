import { type Fault, fault } from "../errors.ts";
import { toPlaceholders, wrongPlaceholders } from "../placeholders/declared.ts";
import { locate, type Place } from "../sql/position.ts";
import type { BundleOptions, SourceFile } from "./bundle.ts";
import { JsonFault, type JsonMember, type JsonNode, parseJson } from "./json_text.ts";
import { readSource } from "./source.ts";
import { decode } from "./text.ts";

const MAX_BYTES = 1 << 20;
/** Names and versions become parts of file names and of keys in a store. */
export const BUNDLE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
export const BUNDLE_VERSION = /^[A-Za-z0-9][A-Za-z0-9.+_-]{0,99}$/;
/** A schema's name as the catalog has it, unquoted. */
const SCHEMA = /^(?!pg_)[^\0]{1,63}$/;
const PATTERN = /^[^/\\][^\\]*$/;

/** One key: whether a value is taken, and in words what is. `docs/bundle.schema.json` says the same. */
interface Key {
  readonly takes: (node: JsonNode) => boolean;
  readonly wants: string;
}

const text = (pattern: RegExp) => (node: JsonNode) =>
  node.kind === "scalar" && typeof node.value === "string" && pattern.test(node.value);
const oneOf = (...values: readonly string[]) => text(new RegExp(`^(?:${values.join("|")})$`));
const listOf = (item: (node: JsonNode) => boolean) => (node: JsonNode) =>
  node.kind === "array" && node.items.every(item);

const KEYS = {
  $schema: { takes: text(/^/), wants: "a string" },
  name: { takes: text(BUNDLE_NAME), wants: "1 to 100 letters, digits, `.`, `_` or `-`" },
  version: { takes: text(BUNDLE_VERSION), wants: "1 to 100 letters, digits, `.`, `+`, `_` or `-`" },
  ignore: {
    takes: listOf(text(PATTERN)),
    wants: "a list of paths or globs from the bundle's root, with `/`",
  },
  out_of_order: { takes: oneOf("refuse", "allow"), wants: '"refuse" or "allow"' },
  allow: { takes: listOf(oneOf("dblink", "copy-program")), wants: 'a list of "dblink" and "copy-program"' },
  session: { takes: oneOf("isolated", "shared"), wants: '"isolated" or "shared"' },
  schemas: { takes: listOf(text(SCHEMA)), wants: "a list of names of schemas, unquoted" },
  // What is wrong there is told with its own place.
  placeholders: { takes: () => true, wants: "" },
  layout: { takes: oneOf("plain", "story"), wants: '"plain" or "story"' },
} as const satisfies Record<string, Key>;

/**
 * Reads `bundle.json`, which may be missing. `name` and `version` are the bundle's where the file gives none. Every
 * fault is `bundle-options-invalid` (or one of its bytes) and points at the key or the place that is not JSON.
 */
export function readOptions(
  file: SourceFile | undefined,
  name: string,
  version: string | null = null,
): { readonly options: BundleOptions; readonly faults: readonly Fault[] } {
  const defaults: BundleOptions = {
    name,
    version,
    ignore: [],
    out_of_order: "refuse",
    allow: [],
    session: "isolated",
    schemas: null,
    layout: "plain",
    placeholders: null,
  };
  if (file === undefined) return { options: defaults, faults: [] };
  const invalid = (message: string, position: Partial<Place> = {}): Fault =>
    fault("bundle-options-invalid", `${file.path}: ${message}.`, { file: file.path, ...position });
  const read = readSource(file);
  if (read.bytes.length > MAX_BYTES) return { options: defaults, faults: [invalid("larger than 1 MiB")] };
  const decoded = decode(read);
  if (decoded.text === null) return { options: defaults, faults: decoded.faults };

  const json = decoded.text;
  const at = (offset: number, message: string): Fault => invalid(message, locate(json, offset));
  let root: JsonNode;
  try {
    root = parseJson(json);
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
    return { options: defaults, faults: [at(error.at, error.message)] };
  }
  if (root.kind !== "object") return { options: defaults, faults: [at(root.at, "expected an object")] };
  const faults = root.members.flatMap((member, index, all) => {
    const wrong = whatIsWrong(member, all.slice(0, index));
    if (wrong !== null) return [at(member.at, wrong)];
    return member.key === "placeholders"
      ? wrongPlaceholders(member).map((one) => at(one.at, one.message))
      : [];
  });
  // Each value was held against KEYS just now, which is what makes it the type.
  const given = Object.fromEntries(root.members.map(({ key, node }) => [key, plain(node)]));
  const { $schema, placeholders, ...options } = given;
  if (faults.length > 0) return { options: defaults, faults };
  const declared = placeholders === undefined ? null : toPlaceholders(placeholders as Declared);
  return { options: { ...defaults, ...(options as Partial<BundleOptions>), placeholders: declared }, faults };
}

type Declared = Parameters<typeof toPlaceholders>[0];

function whatIsWrong({ key, node }: JsonMember, before: readonly JsonMember[]): string | null {
  if (!Object.hasOwn(KEYS, key)) {
    return `unknown key ${JSON.stringify(key)}; known are ${Object.keys(KEYS).slice(1).join(", ")}`;
  }
  if (before.some((earlier) => earlier.key === key)) return `the key ${JSON.stringify(key)} is there twice`;
  const { takes, wants } = KEYS[key as keyof typeof KEYS];
  return takes(node) ? null : `${JSON.stringify(key)} has to be ${wants}`;
}

/** The value as JSON.parse gives it. */
function plain(node: JsonNode): unknown {
  if (node.kind === "scalar") return node.value;
  if (node.kind === "array") return node.items.map(plain);
  return Object.fromEntries(node.members.map(({ key, node: value }) => [key, plain(value)]));
}
