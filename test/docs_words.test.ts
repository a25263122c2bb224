import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ERROR_CODES } from "#engine/error_codes.ts";
import { EXIT_STATUS } from "#engine/status.ts";
import { parseArguments } from "../cli/arguments.ts";
import { codesOf, deadLinks } from "./support/docs_links.ts";
import { readPages, root } from "./support/docs_page.ts";

const pages = readPages();
const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

describe.each(pages)("$path", (page) => {
  const codes = codesOf(page);

  it("its links lead somewhere", () => {
    expect(deadLinks(page)).toEqual([]);
  });

  it("the command lines in its text are understood", () => {
    const lines = codes.filter((code) => /^paws-migrate (?!VERB)/.test(code));
    const wrong = lines.filter((line) => parseArguments(line.split(" ").slice(1), 100).kind === "fault");
    expect(wrong).toEqual([]);
  });

  it("the npm scripts that it names are there", () => {
    const named = codes.flatMap((code) => /^npm run ([\w:-]+)/.exec(code)?.[1] ?? []);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });

  it("the files of the repository that it names are there", () => {
    const named = codes.filter((code) => /^(functions|cli|test|bench|seed|docs|dist)\/[\w./-]+$/.test(code));
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });
});

describe("the runbook", () => {
  const text = pages.find(({ path }) => path === "docs/runbook.md")?.text ?? "";
  const sections = text.split(/^## /m).map((section) => ({
    statuses: [...(/exit status ([^)]*)\)/.exec(section)?.[1] ?? "").matchAll(/\d+/g)].map(Number),
    codes: [...section.matchAll(/^### `([a-z0-9-]+)`$/gm)].map(([, code = ""]) => code),
  }));

  it("has a heading for every exit status", () => {
    const found = sections.flatMap(({ statuses }) => statuses);
    expect(found).toEqual([...Object.values(EXIT_STATUS), 143]);
  });

  const named = new Map(
    sections.flatMap(({ codes, statuses }) => codes.map((code) => [code, statuses[0]] as const)),
  );
  // Of bad input the report's own remedy is enough: its author corrects a file or an argument.
  const acted = Object.entries(ERROR_CODES).filter(([, { status }]) => !["ok", "bad_input"].includes(status));

  it.each(acted)("has a heading for %s, under the exit status that it leads to", (code, { status }) => {
    expect(named.get(code)).toBe(EXIT_STATUS[status]);
  });

  it("has none for a code that is not there", () => {
    expect([...named.keys()].filter((code) => !(code in ERROR_CODES))).toEqual([]);
  });
});
