import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, it } from "vitest";
import { HISTORY_PAGE } from "./support/docs_columns.ts";
import { type Block, examplesOf, readPages, root } from "./support/docs_page.ts";
import { reportErrors } from "./support/report_schema.ts";

const blocks = readPages().flatMap((page) => page.blocks);
const of = (language: string): readonly Block[] => blocks.filter((block) => block.language === language);

/** Its commands are for a shell with an account; another suite holds them, and runs what can be run here. */
const DEPLOYING = "docs/deploy.md:";

/** Lines of `sh` blocks, which no test of a page runs, and why not. */
const NOT_RUN = {
  "npm ci && npm start": "npm ci takes long; `npm start` is run as the README's picture",
  "npm ci && npm test": "this is what runs now; .ci/run runs the line itself",
  "umask 077": "it stands before the next line",
  'printf \'{"username":"app_job","password":"%s"}\' "$(openssl rand -hex 24)" > app_job.json':
    "it is the input of the next line",
  "aws secretsmanager create-secret --name app/job --secret-string file://app_job.json --query ARN --output text":
    "it needs an account",
  "npx cdk synth -c config=deploy/prod.json": "test/cdk/synth.test.ts runs it with each example",
  "export DB_HOST=localhost DB_PORT=5432 DB_NAME=shop DB_USER=shop_owner": "a test has its own database",
};

it("every block is of a kind that a test looks at", () => {
  const kinds = new Set(["console", "sql", "json", "sh"]);
  expect(blocks.filter(({ language }) => !kinds.has(language)).map(({ at }) => at)).toEqual([]);
});

it("what is not run is known", () => {
  const blocks = of("sh").filter(({ at }) => !at.startsWith(DEPLOYING));
  const lines = blocks.flatMap(({ at, text }) =>
    text
      .trimEnd()
      .split("\n")
      .map((line) => ({ at, line })),
  );
  expect(lines.filter(({ line }) => !(line in NOT_RUN))).toEqual([]);
  const used = new Set(lines.map(({ line }) => line));
  expect(Object.keys(NOT_RUN).filter((line) => !used.has(line))).toEqual([]);
});

it("the README has its two lines, each in a block of its own", () => {
  const found = of("sh").filter(({ at }) => at.startsWith("README.md:"));
  expect(found.map(({ text }) => text)).toEqual(["npm ci && npm start\n", "npm ci && npm test\n"]);
});

it("SQL is a file of the examples, or a query on the history", () => {
  const other = of("sql").filter(({ at, file }) => file === null && !at.startsWith(`${HISTORY_PAGE}:`));
  expect(other.map(({ at }) => at)).toEqual([]);
});

const ajv = new Ajv2020({ strict: false });
const optionsAreValid = ajv.compile(JSON.parse(readFileSync(join(root, "docs/bundle.schema.json"), "utf8")));

it.each(of("json"))("the JSON of $at is as its schema wants it", ({ file, text }) => {
  const json: unknown = JSON.parse(text);
  if (file !== null) {
    expect(file).toMatch(/\/bundle\.json$/);
    expect(optionsAreValid(json), JSON.stringify(optionsAreValid.errors)).toBe(true);
  } else {
    expect(reportErrors(json)).toEqual([]);
  }
});

it("a picture may leave lines out, another example may not", () => {
  const short = of("console").flatMap((block) =>
    examplesOf(block).filter(({ output }) => output.split("\n").includes("...")),
  );
  expect(short.map(({ command }) => command)).toEqual([
    "npm start",
    "paws-migrate checklist pre",
    "paws-migrate up --count paws360.students --run-id release-43",
    "paws-migrate checklist post --run release-43",
    "paws-migrate rollback --yes --run-id ticket-17",
    "paws-migrate rollback --yes --run-id ticket-17",
    "paws-migrate up --run-id ticket-17",
    "paws-migrate runs --run release-42",
  ]);
});
