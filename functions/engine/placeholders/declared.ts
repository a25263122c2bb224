import type { JsonNode } from "../bundle/json_text.ts";

/** How a value becomes SQL: a quoted name, a quoted literal, or the text as it is. */
const PLACEHOLDER_KINDS = ["identifier", "literal", "raw"] as const;

/** A placeholder as `bundle.json` declares it. */
export interface Placeholder {
  readonly kind: (typeof PLACEHOLDER_KINDS)[number];
  /** The value where a target gives none; null for none. */
  readonly default: string | null;
  /** Its value is shown nowhere, and is not taken from a command line. */
  readonly secret: boolean;
  /** It is filled in within dollar quotes too: there everything else is the text of a function. */
  readonly in_dollar_quotes: boolean;
}

/** By name; null where the bundle has none, and `${x}` is text. */
export type Placeholders = ReadonlyMap<string, Placeholder>;

const NAME = "[A-Za-z_][A-Za-z0-9_]{0,62}";
/** What may stand between `${` and `}`. */
export const PLACEHOLDER_NAME = new RegExp(`^${NAME}$`);
/** A placeholder in a text; its name is the first group. */
export const PLACEHOLDER = new RegExp(String.raw`\$\{(${NAME})\}`, "g");

export const PLACEHOLDERS_WANTED =
  'an object of names (letters, digits, `_`), each with a "kind" ("identifier", "literal" or "raw"), and where wanted a "default" text, "secret" and "in_dollar_quotes" (true or false)';

const TAKES: Readonly<Record<keyof Placeholder, (value: unknown) => boolean>> = {
  kind: (value) => PLACEHOLDER_KINDS.some((kind) => kind === value),
  default: (value) => typeof value === "string",
  secret: (value) => typeof value === "boolean",
  in_dollar_quotes: (value) => typeof value === "boolean",
};

/** Whether `bundle.json` may say so; a secret has no default, for that would be no secret. */
export function declaresPlaceholders(node: JsonNode): boolean {
  if (node.kind !== "object") return false;
  const names = node.members.map(({ key }) => key);
  if (new Set(names).size < names.length) return false;
  return node.members.every(({ key, node: one }) => PLACEHOLDER_NAME.test(key) && isPlaceholder(one));
}

function isPlaceholder(node: JsonNode): boolean {
  if (node.kind !== "object") return false;
  const given = new Map(node.members.map((member) => [member.key, member.node]));
  if (given.size < node.members.length || !given.has("kind")) return false;
  const value = (key: string): unknown => {
    const found = given.get(key);
    return found?.kind === "scalar" ? found.value : undefined;
  };
  if (given.has("default") && value("secret") === true) return false;
  return [...given.keys()].every(
    (key) => Object.hasOwn(TAKES, key) && TAKES[key as keyof Placeholder](value(key)),
  );
}

/** What `declaresPlaceholders` has taken, with the defaults filled in. */
export const toPlaceholders = (given: Readonly<Record<string, Partial<Placeholder>>>): Placeholders =>
  new Map(
    Object.entries(given).map(([name, one]) => [
      name,
      { kind: one.kind ?? "literal", default: null, secret: false, in_dollar_quotes: false, ...one },
    ]),
  );
