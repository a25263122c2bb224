import type { JsonMember } from "../bundle/json_text.ts";

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

const isFlag = (value: unknown): boolean => typeof value === "boolean";
const KIND_WANTED = '"kind": "identifier", "literal" or "raw"';

const TAKES: Readonly<
  Record<keyof Placeholder, { readonly takes: (value: unknown) => boolean; readonly wants: string }>
> = {
  kind: { takes: (value) => PLACEHOLDER_KINDS.some((kind) => kind === value), wants: KIND_WANTED },
  default: { takes: (value) => typeof value === "string", wants: '"default" in quotes' },
  secret: { takes: isFlag, wants: '"secret": true or false' },
  in_dollar_quotes: { takes: isFlag, wants: '"in_dollar_quotes": true or false' },
};

interface Wrong {
  /** Where it stands, as an offset. */
  readonly at: number;
  readonly message: string;
}

/** What of the placeholders `bundle.json` may not say. */
export function wrongPlaceholders({ key, at, node }: JsonMember): readonly Wrong[] {
  if (node.kind !== "object") {
    return [{ at, message: `${JSON.stringify(key)} has to be an object: a name, and its "kind"` }];
  }
  return [...twice(node.members), ...node.members.flatMap(wrongPlaceholder)];
}

function wrongPlaceholder({ key: name, at, node }: JsonMember): readonly Wrong[] {
  const whose = `placeholder ${JSON.stringify(name)}`;
  if (!PLACEHOLDER_NAME.test(name)) {
    return [{ at, message: `${whose}: its name has to be of letters, digits and \`_\`` }];
  }
  if (node.kind !== "object") return [{ at, message: `${whose} has to be an object with a ${KIND_WANTED}` }];
  const value = (key: string): unknown => {
    const found = node.members.find((member) => member.key === key)?.node;
    return found?.kind === "scalar" ? found.value : undefined;
  };
  const secret = value("secret") === true;
  const members = node.members.flatMap((member): readonly Wrong[] => {
    const wrong = (said: string) => [{ at: member.at, message: `${whose} ${said}` }];
    if (!Object.hasOwn(TAKES, member.key)) {
      return wrong(
        `has the unknown key ${JSON.stringify(member.key)}; known are ${Object.keys(TAKES).join(", ")}`,
      );
    }
    const { takes, wants } = TAKES[member.key as keyof Placeholder];
    if (!takes(value(member.key))) return wrong(`needs ${wants}`);
    return secret && member.key === "default" ? wrong("is secret: a default would be none") : [];
  });
  const unkind = node.members.some((member) => member.key === "kind")
    ? []
    : [{ at, message: `${whose} needs a ${KIND_WANTED}` }];
  return [...twice(node.members), ...unkind, ...members];
}

const twice = (members: readonly JsonMember[]): readonly Wrong[] =>
  members
    .filter(({ key }, i) => members.findIndex((other) => other.key === key) < i)
    .map(({ key, at }) => ({ at, message: `the key ${JSON.stringify(key)} is there twice` }));

/** What `wrongPlaceholders` has nothing against, with the defaults filled in. */
export const toPlaceholders = (given: Readonly<Record<string, Partial<Placeholder>>>): Placeholders =>
  new Map(
    Object.entries(given).map(([name, one]) => [
      name,
      { kind: one.kind ?? "literal", default: null, secret: false, in_dollar_quotes: false, ...one },
    ]),
  );
