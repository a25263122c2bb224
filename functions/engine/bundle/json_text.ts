/** A JSON value that knows where it stands in its text: offsets are UTF-16. */
export type JsonNode =
  | { readonly kind: "scalar"; readonly at: number; readonly value: string | number | boolean | null }
  | { readonly kind: "array"; readonly at: number; readonly items: readonly JsonNode[] }
  | { readonly kind: "object"; readonly at: number; readonly members: readonly JsonMember[] };

export interface JsonMember {
  readonly key: string;
  readonly at: number;
  readonly node: JsonNode;
}

/** Where a text stops being JSON, and what was wanted there. */
export class JsonFault extends Error {
  override readonly name = "JsonFault";
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

const MAX_DEPTH = 100;
const BLANK = /[ \t\n\r]*/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON refuses exactly these.
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const NUMBER_OR_WORD = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|(?:true|false|null)(?!\w)/y;

/**
 * What JSON.parse accepts, with the place of every key and value, repeated keys included: JSON.parse tells
 * neither. Throws a JsonFault.
 */
export function parseJson(text: string): JsonNode {
  let at = 0;

  const take = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0] ?? null;
    if (found !== null) at += found.length;
    return found;
  };
  /** Takes one character, with the blanks around it. */
  const takes = (character: string): boolean => {
    take(BLANK);
    if (text[at] !== character) return false;
    at++;
    take(BLANK);
    return true;
  };
  const expected = (what: string): JsonFault => {
    const found =
      at < text.length ? JSON.stringify(String.fromCodePoint(text.codePointAt(at) ?? 0)) : "the end";
    return new JsonFault(`expected ${what}, found ${found}`, at);
  };

  const value = (depth: number): JsonNode => {
    take(BLANK);
    const start = at;
    if (depth > MAX_DEPTH) throw new JsonFault("nested too deeply", at);
    if (takes("{")) return { kind: "object", at: start, members: list("}", () => member(depth)) };
    if (takes("[")) return { kind: "array", at: start, items: list("]", () => value(depth + 1)) };
    const scalar = take(STRING) ?? take(NUMBER_OR_WORD);
    if (scalar === null) throw expected("a value");
    return { kind: "scalar", at: start, value: JSON.parse(scalar) };
  };
  const member = (depth: number): JsonMember => {
    const start = at;
    const key = take(STRING);
    if (key === null) throw expected("a key in double quotes");
    if (!takes(":")) throw expected("a colon");
    return { key: JSON.parse(key), at: start, node: value(depth + 1) };
  };
  const list = <Item>(close: string, item: () => Item): Item[] => {
    const items: Item[] = [];
    if (takes(close)) return items;
    do items.push(item());
    while (takes(","));
    if (!takes(close)) throw expected(`a comma or ${close}`);
    return items;
  };

  const root = value(0);
  take(BLANK);
  if (at < text.length) throw expected("the end");
  return root;
}
