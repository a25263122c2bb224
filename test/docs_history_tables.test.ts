import { appendFileSync, cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createDatabase, type TestDatabase } from "./support/database.ts";
import { generatedColumns, HISTORY_PAGE, type Relation, relationsIn } from "./support/docs_columns.ts";
import { readPages } from "./support/docs_page.ts";
import { useProgram, variablesOf } from "./support/terminal.ts";

const page = readPages().find(({ path }) => path === HISTORY_PAGE);
const queries = (page?.blocks ?? []).filter(({ language }) => language === "sql");
const program = useProgram();
let db: TestDatabase;
let relations: readonly Relation[];

/** A run that fails, one that does not, and a file that is recorded anew: there is something to be asked for. */
beforeAll(async () => {
  db = await createDatabase("docs history tables");
  const folder = program.folder();
  writeFileSync(join(folder, "bundle.json"), '{"name": "paws360"}');
  writeFileSync(join(folder, "001_initial_schema.sql"), "SELECT 1 / 0;");
  const changed = program.folder();
  cpSync("migrations/paws360", changed, { recursive: true });
  appendFileSync(join(changed, "001_initial_schema.sql"), "-- more\n");
  for (const [verb, dir, exit] of [
    ["up", folder, 1],
    ["up", "migrations/paws360", 0],
    ["repair", changed, 0],
  ] as const) {
    const ended = await program.run([verb, "--dir", dir, "--reason", "a comment"], { env: variablesOf(db) });
    expect(ended.status, ended.stdout + ended.stderr).toBe(exit);
  }
  relations = await relationsIn(await db.connect(), "public");
});
afterAll(() => db.drop());

it("it has every table, view and column of the database (UPDATE_DOCS=1 writes them anew)", () => {
  expect(relations.map(({ name }) => name)).toContain("schema_migrations");
  const { found, wanted } = generatedColumns(relations);
  expect(found).toBe(wanted);
});

it("every table, view and column of a table has a comment", () => {
  const bare = relations.flatMap(({ name, is_view, comment, columns }) => [
    ...(comment === null ? [name] : []),
    ...columns
      .filter((column) => column.comment === null && !is_view)
      .map((column) => `${name}.${column.name}`),
  ]);
  expect(bare).toEqual([]);
});

it("there are queries", () => {
  expect(queries.length).toBeGreaterThan(3);
});

it.each(queries)("the query of $at gives rows", async ({ text }) => {
  const client = await db.connect();
  expect((await client.query(text)).rows).not.toEqual([]);
});
