/** Pieces that matter to a splitter, some of which only open something. */
const PIECES = [
  ..."'|\"|''|\"\"|E'|e'|U&'|U&\"|b'|N'|\\|\\'|$$|$a$|$é$|$1|$|--|/*|*/|(|)|;|;;|\n|\r|\r\n|\t| |\u00a0|\ufeff".split(
    "|",
  ),
  ..."SELECT 1|SELECT|a|é|😀|1|1e5|1E|::|:|:=|-|+|*|/|,|.|[1:2]|AS end|BEGIN|BEGIN ATOMIC|END|CASE|CASE WHEN a THEN 1 END|\\;|\\g".split(
    "|",
  ),
  ..."CREATE|OR REPLACE|FUNCTION|PROCEDURE|f()|RETURNS int|COPY|FROM stdin|AS|RETURN 1|LANGUAGE sql|DO|INSERT INTO a VALUES|/* ; */|--;\n".split(
    "|",
  ),
];
const TOKEN = /[\p{L}\p{N}_$]+|\s+|./gu;

/** A number below another, from a seeded source. */
export type Below = (most: number) => number;

function pick<T>(below: Below, from: readonly T[]): T {
  return from[below(from.length)] as T;
}

/** A few statements of the corpus, mostly spoilt in some way. */
export function mutated(below: Below, statements: readonly string[]): string {
  const whole = Array.from({ length: 1 + below(4) }, () =>
    below(6) === 0 ? pick(below, PIECES) : pick(below, statements),
  );
  let text = whole.join(pick(below, [";", "; ", ";\n", " ;--a\n", ";/* ; */", " "]));
  for (let left = below(4); left > 0; left--) text = spoilt(below, text, statements);
  return text;
}

function spoilt(below: Below, text: string, statements: readonly string[]): string {
  const at = below(text.length + 1);
  const [head, tail] = [text.slice(0, at), text.slice(at)];
  switch (below(6)) {
    case 0:
      return head;
    case 1:
      return head + tail.slice(below(4));
    case 2: {
      // Tokens of another statement in the place of one of these.
      const tokens = pick(below, statements).match(TOKEN) ?? [];
      const from = below(tokens.length + 1);
      const more = tokens.slice(from, from + 1 + below(5)).join("");
      return `${head} ${more} ${tail.replace(TOKEN_AT_START, "")}`;
    }
    case 3:
      return `${head}/* ; ' */${tail}`;
    default:
      return head + pick(below, PIECES) + tail;
  }
}

const TOKEN_AT_START = /^(?:[\p{L}\p{N}_$]+|\s+|.)/u;
