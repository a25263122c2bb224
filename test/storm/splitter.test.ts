import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openScript } from "#engine/bundle/migration.ts";
import { loadParser } from "#engine/script/script.ts";
import type { Session } from "#engine/seam.ts";
import { lex } from "#engine/sql/lex.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { worldFor } from "../support/engine.ts";
import { runSeed, seeded } from "../support/random.ts";
import { refused } from "../support/read_script.ts";
import { type Boundaries, ours, parsers, readCorpus } from "../support/splitter.ts";
import { mutated } from "../support/splitter_inputs.ts";

await loadParser();
const LONG = process.env.PAWS_STORM === "long";
const INPUTS = LONG ? 100_000 : 4_000;
const ON_SERVER = LONG ? 4_000 : 400;
const corpus = readCorpus();

describe.each(corpus)("$name", ({ text, expected }) => {
  test("is split as a person reads it", () => {
    expect(Array.from(lex(text).statements, ({ start, end }) => text.slice(start, end))).toEqual(expected);
  });

  test("is split as PostgreSQL's parser reads the whole", () => {
    const split = ours(text);
    expect(split).toHaveLength(expected.length);
    expect(split).toEqual(parsers(text));
  });

  test("is split alike with other line ends, and behind a byte order mark", () => {
    const crlf = text.replaceAll("\n", "\r\n");
    expect(Array.from(lex(crlf).statements, ({ start, end }) => crlf.slice(start, end))).toEqual(
      expected.map((statement) => statement.replaceAll("\n", "\r\n")),
    );
    expect(ours(crlf)).toEqual(parsers(crlf));
    const { script } = openScript({ path: "a.sql", bytes: Buffer.from(`\ufeff${text}`) });
    expect(script?.file.text).toBe(text);
  });
});

describe("is refused, with its place", () => {
  test.each([
    ["SELECT 1 \\; SELECT 2;", "1:10 meta-command"],
    ["SELECT 1 \\gset\n", "1:10 meta-command"],
    ["\\i other.sql\nSELECT 1;", "1:1 meta-command"],
    ["SELECT :variable;", "1:8 syntax-error"],
    ["COPY a FROM stdin;\n1\n\\. \nSELECT 1;", "1:1 copy-from-stdin"],
    ["SELECT 123abc;", "1:8 syntax-error"],
    ["SELECT 1__0;", "1:8 syntax-error"],
    ["SELECT 'a;", "1:8 unterminated"],
    ['SELECT "a;', "1:8 unterminated"],
    ["SELECT $a$;$A$;", "1:8 unterminated"],
    ["/* /* */ SELECT 1;", "1:1 unterminated"],
    ["SELECT (1;", "1:8 unbalanced-parenthesis"],
    ["CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1;", "1:33 unterminated"],
    ["SELECT E'a' '\\'; SELECT 2;", "1:13 syntax-error"],
    ["CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1 end; SELECT 2; END;", "1:58 syntax-error"],
    // The server goes on with a string behind a comment; the parser does not.
    ["SELECT 'a' -- ;\n'b;';", "2:1 syntax-error"],
    ["SELECT E'a' -- b\n'\\';';", "2:1 syntax-error"],
  ])("%j", (text, place) => {
    expect(refused(text)[0]).toBe(place);
  });

  test("NUL, by which the parser would end", () => {
    const { faults } = openScript({ path: "a.sql", bytes: Buffer.from("SELECT 1;\0 DROP TABLE a;") });
    expect(faults.map(({ code, line, column }) => `${line}:${column} ${code}`)).toEqual(["1:10 nul-byte"]);
  });
});

describe("spoilt inputs", () => {
  let db: TestDatabase;
  let session: Session;
  beforeAll(async () => {
    db = await createDatabase("splitter");
    const client = await db.connect();
    await client.query("CREATE TABLE corpus_table (id int); CREATE TABLE corpus_other (id int)");
    session = await worldFor(db).connect("splitter");
  });
  afterAll(async () => {
    await session.close();
    await db.drop();
  });

  test(`${INPUTS} of them: what is not refused is split as PostgreSQL reads and runs it`, async () => {
    const random = seeded(runSeed("splitter"));
    const below = (most: number): number => Math.floor(random() * most);
    const statements = corpus.flatMap(({ expected }) => expected);
    const counts = { inputs: 0, accepted: 0, parser_only: 0, ran_whole: 0, ran_partly: 0 };
    for (; counts.inputs < INPUTS; counts.inputs++) {
      const text = mutated(below, statements);
      const split = ours(text);
      const read = parsers(text);
      if (split === null) {
        if (read !== null) counts.parser_only++;
        continue;
      }
      counts.accepted++;
      expect(split, JSON.stringify(text)).toEqual(read);
      if (counts.ran_whole + counts.ran_partly >= ON_SERVER || /stdin/i.test(text)) continue;
      counts[await runs(text, split)]++;
    }
    process.stderr.write(`splitter: ${JSON.stringify(counts)}\n`);
    // A splitter that refuses everything would agree too; so would one that never met the server.
    expect(counts.accepted).toBeGreaterThan(INPUTS / 8);
    expect(counts.ran_whole).toBeGreaterThan(ON_SERVER / 10);
    // Most of what only the parser takes stands behind a backslash or in a COPY.
    expect(counts.parser_only).toBeLessThan(INPUTS / 20);
  });

  /** The server is sent the whole as one message: it completes as many statements as were split, or fails on one of them. */
  async function runs(text: string, split: NonNullable<Boundaries>): Promise<"ran_whole" | "ran_partly"> {
    const [, answer] = await session.send([{ text: "BEGIN" }, { text }, { text: "ROLLBACK" }]);
    if (answer?.kind === "done") {
      expect(answer.results.length, JSON.stringify(text)).toBe(split.length);
      return "ran_whole";
    }
    if (answer?.kind !== "error") throw new Error(`the connection was lost over ${JSON.stringify(text)}`);
    expect(answer.results.length, JSON.stringify(text)).toBeLessThan(split.length);
    return "ran_partly";
  }
});
