import { beforeAll, describe, expect, it } from "vitest";
import { createDatabase, type TestDatabase } from "./support/database.ts";
import { assertBuilt } from "./support/docs_built.ts";
import { filledIn, normal } from "./support/docs_normal.ts";
import { type Example, examplesOf, type Page, readPages } from "./support/docs_page.ts";
import { openShell, type Shell } from "./support/docs_shell.ts";

const pages = readPages().filter(({ blocks }) => blocks.some(({ language }) => language === "console"));

beforeAll(assertBuilt);

it("there are pages with examples", () => {
  expect(pages.length).toBeGreaterThan(3);
});

describe.each(pages)("$path", (page) => {
  it("its commands print what it says", { timeout: 600_000 }, async () => {
    const database = await createDatabase("docs");
    const shell = await openShell(page, database);
    try {
      await walk(page, shell, database);
    } finally {
      shell.remove();
      await database.drop();
    }
  });
});

/** Writes its files and runs its commands, in the order in which a reader does. */
async function walk(page: Page, shell: Shell, database: TestDatabase): Promise<void> {
  for (const block of page.blocks) {
    if (block.empty_database) await empty(database);
    if (block.file !== null) shell.write(block.file, block.text);
    if (block.language !== "console") continue;
    const examples = examplesOf(block);
    for (const [i, example] of examples.entries()) {
      const { output, status } = await shell.run(example.command);
      const printed = normal(output);
      expect(printed, where(example)).toBe(filledIn(normal(example.output), printed));
      if (examples[i + 1]?.command === "echo $?") continue;
      expect(status, `${where(example)}\nfails; the page says so by "$ echo $?"`).toBe(0);
    }
  }
}

const where = ({ at, command }: Example): string => `${at}: $ ${command}`;

const NO_SCHEMA = `DO $$
DECLARE found name;
BEGIN
  FOR found IN SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_|^information_schema$' LOOP
    EXECUTE format('DROP SCHEMA %I CASCADE', found);
  END LOOP;
  CREATE SCHEMA public;
END $$`;

async function empty(database: TestDatabase): Promise<void> {
  const client = await database.connect();
  await client.query(NO_SCHEMA);
  await client.end();
}
