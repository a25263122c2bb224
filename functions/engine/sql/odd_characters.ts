/** What a character was probably meant to be, by code point. The server takes most of them for letters. */
const MEANT: ReadonlyMap<string, string> = new Map([
  ...pairs("\u2018\u2019\u201A\u201B\u2032\u00B4", "'"),
  ...pairs("\u201C\u201D\u201E\u201F\u2033\u00AB\u00BB`", '"'),
  ...pairs("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
  ...pairs(
    "\u00A0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200A\u202F\u205F\u3000",
    "a space",
  ),
  ...pairs("\u200B\u200C\u200D\u2060\uFEFF\u00AD", "nothing"),
  ...pairs("\u2028\u2029\u0085", "a line end"),
  ...pairs("\uFF08", "("),
  ...pairs("\uFF09", ")"),
  ...pairs("\uFF0C\u3001", ","),
  ...pairs("\uFF1B\u037E", ";"),
  ...pairs("\uFF1D", "="),
]);

/** A better answer than the parser's: what stands there, and where (a UTF-16 offset). */
export interface OddPlace {
  readonly offset: number;
  readonly message: string;
}

const PSQL_VARIABLE =
  /:(?:'[\w\u0080-\uffff]+'|"[\w\u0080-\uffff]+"|[\w\u0080-\uffff]+|\{\?[\w\u0080-\uffff]+\})/y;

/** The variable of psql that stands at an offset (`:name`, `:'name'`), or null. */
export function psqlVariableAt(sql: string, offset: number): string | null {
  PSQL_VARIABLE.lastIndex = offset;
  return PSQL_VARIABLE.exec(sql)?.[0] ?? null;
}

/**
 * Looks at the place where the parser failed: the token there and the one before it. Elsewhere such
 * characters are left alone: `größe` is a name, and `a[1:n]` is a slice.
 */
export function oddPlace(sql: string, offset: number): OddPlace | null {
  const variable = psqlVariableAt(sql, offset);
  if (variable !== null)
    return { offset, message: `found ${variable}, a variable of psql; wanted its value` };
  const before = /[^ \t\r\n\f\v(),;]*[ \t\r\n\f\v(),;]*$/.exec(sql.slice(Math.max(0, offset - 200), offset));
  const start = offset - (before?.[0].length ?? 0);
  const token = /^[^ \t\r\n\f\v(),;]*/.exec(sql.slice(offset, offset + 200))?.[0] ?? "";
  return oddIn(sql, start, offset) ?? oddIn(sql, offset, offset + token.length);
}

/** Within quotes such characters are text. */
function oddIn(sql: string, start: number, end: number): OddPlace | null {
  const part = sql.slice(start, end);
  if (/['"]/.test(part)) return null;
  for (let at = 0; at < part.length; at++) {
    const character = part.charAt(at);
    const meant = MEANT.get(character);
    if (meant === undefined) continue;
    const code = character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
    const shown = /^[a-z]/.test(meant) ? "" : `${character} `;
    return { offset: start + at, message: `found ${shown}(U+${code}), wanted ${meant}` };
  }
  return null;
}

function pairs(characters: string, meant: string): readonly (readonly [string, string])[] {
  return Array.from(characters, (character) => [character, meant] as const);
}
