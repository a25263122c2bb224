import { parseSync } from "libpg-query";
import { expect, test } from "vitest";
import { lex } from "#engine/sql/lex.ts";
import { loadParser, parseStatement } from "#engine/sql/parse.ts";
import { advanceBytes } from "#engine/sql/position.ts";

await loadParser();

/** Pieces that matter to a lexer, some of which only open something. */
const PIECES = [
  ..."'|\"|''|\"\"|E'|e'|U&'|U&\"|b'|N'|\\|\\'|$$|$a$|$é$|$1|$|--|/*|*/|(|)|;|;;|\n|\r|\r\n|\t| ".split("|"),
  ..."SELECT 1|SELECT|a|é|😀|1|1e5|1E|::|:|:=|-|+|*|/|,|.|[1:2]|AS end|BEGIN|BEGIN ATOMIC|END|CASE|CASE WHEN a THEN 1 END".split(
    "|",
  ),
  ..."CREATE|OR REPLACE|FUNCTION|PROCEDURE|f()|RETURNS int|COPY|FROM stdin|AS|RETURN 1|LANGUAGE sql|DO|INSERT INTO a VALUES".split(
    "|",
  ),
];
const WHOLE = [
  "SELECT 'a;b'",
  "SELECT E'\\';' -- '",
  "SELECT $a$;$$;$a$",
  'SELECT ";" /* ; /* ; */ */ ',
  "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END",
  "CREATE RULE r AS ON INSERT TO a DO ALSO (DELETE FROM b; DELETE FROM c)",
  "INSERT INTO a VALUES (1, 'é😀')",
  "DO $$ BEGIN NULL; END $$",
  "SELECT E'a'\n'\\';'",
  "SELECT U&'\\0061' UESCAPE '!'",
];

/** mulberry32: the same inputs on every machine. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

function pick<T>(random: (below: number) => number, from: readonly T[]): T {
  return from[random(from.length)] as T;
}

/** Mostly statements that parse, with something odd put in, or only odd things. */
function input(random: (below: number) => number): string {
  const length = 1 + random(6);
  const parts = Array.from({ length }, () => pick(random, random(3) === 0 ? PIECES : WHOLE));
  const text = parts.join(pick(random, [";", "; ", ";\n", " ;--a\n", " "]));
  if (random(2) === 0) return text;
  const at = random(text.length);
  return text.slice(0, at) + pick(random, PIECES) + text.slice(at);
}

/** Where the parser sees statements begin, or null where it refuses the text. */
function parserStarts(text: string): readonly number[] | null {
  try {
    return (parseSync(text).stmts ?? []).map(({ stmt_location = 0 }) => advanceBytes(text, 0, stmt_location));
  } catch {
    return null;
  }
}

/** Where ours begin, or null where the file would be refused. */
function ourStarts(text: string): readonly number[] | null {
  const { statements, faults, metas, copy_rows } = lex(text);
  if (faults.length + metas.length + copy_rows.length > 0) return null;
  const parsed = [...statements].every(
    ({ start, end }) => parseStatement(text.slice(start, end)).kind === "statement",
  );
  return parsed ? Array.from(statements, ({ start }) => start) : null;
}

test("what is accepted is split as the parser splits it", () => {
  const random = randomOf(20_251_122);
  let accepted = 0;
  for (let round = 0; round < 6_000; round++) {
    const text = input(random);
    const ours = text === "" ? null : ourStarts(text);
    if (ours === null) continue;
    accepted++;
    expect(ours, JSON.stringify(text)).toEqual(parserStarts(text));
  }
  // A splitter that refuses everything would agree too.
  expect(accepted).toBeGreaterThan(1_000);
});

test("what the parser takes is not refused without a reason", () => {
  const random = randomOf(7);
  for (let round = 0; round < 3_000; round++) {
    const text = Array.from({ length: 1 + random(5) }, () => pick(random, WHOLE)).join(
      pick(random, [";", ";\n-- é\n"]),
    );
    expect(ourStarts(text), JSON.stringify(text)).toEqual(parserStarts(text));
  }
});
