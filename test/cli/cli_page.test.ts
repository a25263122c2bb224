import { readFileSync } from "node:fs";
import { Command } from "commander";
import { expect, test } from "vitest";
import { EXIT_STATUS, exitStatus } from "#engine/status.ts";
import { ENVIRONMENT, LIBPQ_ENVIRONMENT } from "#io/contract.ts";
import { addCommonOptions } from "../../cli/options.ts";
import type { VerbEntry } from "../../cli/verb_entry.ts";
import { VERBS } from "../../cli/verbs.ts";
import { CLI_PAGE, generatedPage } from "../support/generated_docs.ts";

const page = readFileSync(CLI_PAGE, "utf8");
// Remedies name options too.
const [written = ""] = page.split("## Error codes");

/** Those that help lists. */
const verbs = Object.entries<VerbEntry>(VERBS).filter(([, { hidden }]) => hidden !== true);

const longOptions = (command: Command): readonly string[] =>
  command.options.flatMap(({ long }) => long ?? []);

test("the table of error codes is the code's (UPDATE_DOCS=1 writes it anew)", () => {
  const { found, wanted } = generatedPage();
  expect(found).toBe(wanted);
});

test("the exit statuses are the code's", () => {
  const rows = [...written.matchAll(/^\| (\d+) \| `(\w+)` \|/gm)].map(([, exit, status]) => [
    Number(exit),
    status,
  ]);
  const statuses = Object.entries(EXIT_STATUS).map(([status, exit]) => [exit, status]);
  expect(rows).toEqual([...statuses, [exitStatus("interrupted", "SIGTERM"), "interrupted"]]);
});

test("it names every option there is, and no other", () => {
  const program = new Command();
  addCommonOptions(program);
  const commands = verbs.map(([, { define }]) => {
    const command = new Command();
    define(command);
    return command;
  });
  const defined = [program, ...commands].flatMap(longOptions);
  const named = [...written.matchAll(/`(--[a-z0-9-]+)/g)].map(([, option]) => option);
  expect(new Set(named)).toEqual(new Set([...defined, "--help", "--version"]));
});

test("each option that every verb takes has a line of its own", () => {
  const program = new Command();
  addCommonOptions(program);
  const lines = [...written.matchAll(/^\| `(--[a-z-]+)[^`]*` \|/gm)].map(([, option]) => option);
  expect(lines).toEqual(longOptions(program));
});

test("it names every verb, in the order of help", () => {
  const named = [...written.matchAll(/^\| `([a-z]+)[^`]*`(?: \(also `[a-z]+`\))? \| [A-Z]/gm)].map(
    ([, verb]) => verb,
  );
  expect(named).toEqual([...verbs.map(([verb]) => verb), "help"]);
});

test("it names every environment variable", () => {
  const missing = [...Object.values(ENVIRONMENT), ...Object.values(LIBPQ_ENVIRONMENT)].filter(
    (variable) => !written.includes(`\`${variable}\``),
  );
  expect(missing).toEqual([]);
});
