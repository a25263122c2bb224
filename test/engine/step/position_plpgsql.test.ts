import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundleOf, run } from "../../support/engine.ts";
import { nextLabel, openStage, type Stage } from "./attempt.ts";
import { onLine40 } from "./marked.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage("position plpgsql", {
    "001_base.sql": `CREATE TABLE base (a int, b text); INSERT INTO base VALUES (1, 'é');
      CREATE FUNCTION older() RETURNS int LANGUAGE plpgsql AS $$
      BEGIN
        RETURN 1 / 0;
      END $$`,
  });
});
afterAll(() => stage.db.drop());

type Row = [what: string, source: string, sqlstate: string];

// The server tells the statement's line within the block, counted from where its text begins.
const blocks: Row[] = [
  ["a RAISE", "DO $$\nBEGIN\n  PERFORM 1;\n  ¦RAISE 'é';\nEND $$;", "P0001"],
  ["a RAISE on the first line", "DO $$ ¦BEGIN RAISE 'é'; END $$;", "P0001"],
  ["a RAISE on the first line after a line's end", "DO\n$body$\n ¦BEGIN RAISE 'é'; END\n$body$;", "P0001"],
  ["a RAISE after blank lines", "DO $é$\n\n\nDECLARE x int;\n\nBEGIN\n\n\t¦RAISE '😀';\nEND $é$;", "P0001"],
  ["a language named first", "DO LANGUAGE plpgsql $$\nBEGIN\n  ¦RAISE 'é';\nEND $$;", "P0001"],
  ["a language named first, quoted", "DO LANGUAGE 'plpgsql' $$\nBEGIN\n  ¦RAISE 'é';\nEND $$;", "P0001"],
  ["a language named last", "DO $$\nBEGIN\n  ¦RAISE 'é';\nEND $$ LANGUAGE plpgsql;", "P0001"],
  ["a comment with quotes before", "DO -- don't\n/* '$$' */ $$\nBEGIN\n  ¦RAISE 'é';\nEND $$;", "P0001"],
  ["a body in quotes", "DO 'BEGIN\n  PERFORM ''x'';\n  ¦RAISE ''é'';\nEND';", "P0001"],
  ["a body in E quotes", "DO E'BEGIN\n  PERFORM \\'x\\';\n  ¦RAISE \\'é\\';\nEND';", "P0001"],
  ["a constraint", "DO $$ BEGIN\n  PERFORM 1;\n  ¦INSERT INTO base\n    VALUES (1 / 0);\nEND $$;", "22012"],
  [
    "a loop",
    "DO $$ DECLARE r record; BEGIN\n  FOR r IN SELECT a FROM base LOOP\n    ¦PERFORM 1 / 0;\n  END LOOP;\nEND $$;",
    "22012",
  ],
  ["an older function", "DO $$ BEGIN\n  PERFORM 'é';\n  ¦PERFORM older();\nEND $$;", "22012"],
  [
    "a block within a block",
    "DO $a$ BEGIN\n  PERFORM 1;\n  ¦EXECUTE 'DO $b$ BEGIN RAISE ''x''; END $b$';\nEND $a$;",
    "P0001",
  ],
];

// The server tells the query, and a position in it.
const queries: Row[] = [
  ["a query", "DO $$ BEGIN\n  INSERT INTO base SELECT '😀', ¦nosuch FROM base;\nEND $$;", "42703"],
  ["a query on more lines", "DO $$ BEGIN\n  UPDATE base SET b = 'é',\n    a = ¦nosuch;\nEND $$;", "42703"],
  ["a PERFORM", "DO $$ BEGIN\n  PERFORM 'é', ¦nosuch FROM base;\nEND $$;", "42703"],
  ["a SELECT INTO", "DO $$ DECLARE x text; BEGIN\n  SELECT 'é', ¦nosuch INTO x FROM base;\nEND $$;", "42703"],
  ["an expression", "DO $$ DECLARE x text; BEGIN\n  x := 'é' || ¦nosuch;\nEND $$;", "42703"],
  ["a condition", "DO $$ BEGIN\n  IF true AND ¦nosuch THEN NULL; END IF;\nEND $$;", "42703"],
  [
    "the second of two equal queries",
    "DO $$ BEGIN\n  IF false THEN PERFORM nosuch; END IF;\n  PERFORM ¦nosuch;\nEND $$;",
    "42703",
  ],
  [
    "the second of two equal blocks",
    "DO $$ BEGIN IF false THEN PERFORM nosuch; END IF; END $$;\nDO $$ BEGIN\n  PERFORM ¦nosuch;\nEND $$;",
    "42703",
  ],
  [
    "a loop's query",
    "DO $$ DECLARE r record; BEGIN\n  FOR r IN SELECT 'é' AS x, ¦nosuch FROM base LOOP NULL; END LOOP;\nEND $$;",
    "42703",
  ],
  [
    "a function of the same file",
    "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN\n  RETURN (SELECT a + ¦nosuch FROM base);\nEND $$;\nSELECT 'é';\nSELECT f();",
    "42703",
  ],
  [
    "a function of the same file, by a block",
    "CREATE FUNCTION g() RETURNS int LANGUAGE plpgsql AS $$ BEGIN\n  RETURN (SELECT b - ¦nosuch FROM base);\nEND $$;\nDO $$ BEGIN\n  PERFORM g();\nEND $$;",
    "42703",
  ],
];

// A line of the block is shown by its first token.
describe.each([
  ["the line of a block", blocks],
  ["the place in a query", queries],
] as const)("%s", (_title, rows) => {
  it.each(rows)("%s", async (_what, source, sqlstate) => {
    const place = onLine40(source);
    expect(place.line).toBe(40);
    const path = `${nextLabel(stage)}_step.sql`;
    const report = await run(stage.db, bundleOf({ ...stage.applied, [path]: place.text }));
    const { line, column, excerpt } = place;
    expect(report.error).toMatchObject({ code: "sql-error", sqlstate, file: path, line, column, excerpt });
  });
});

it("a line end of CR alone does not begin a line in a block", async () => {
  const text = "SELECT 1;\nDO $$ BEGIN\r  PERFORM 1;\n  RAISE 'é';\nEND $$;";
  const report = await run(stage.db, bundleOf({ ...stage.applied, "100_cr.sql": text }));
  expect(report.error?.excerpt).toMatch(/RAISE 'é';/);
});
