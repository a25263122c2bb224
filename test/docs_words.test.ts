import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ERROR_CODES, type ErrorCode } from "#engine/errors.ts";
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
    codes: [...section.matchAll(/^- ((?:`[a-z-]+`(?:, )?)+):/gm)].flatMap(([, list = ""]) =>
      [...list.matchAll(/`([a-z-]+)`/g)].map(([, code = ""]) => code),
    ),
  }));

  it("has a heading for every exit status", () => {
    const found = sections.flatMap(({ statuses }) => statuses);
    expect(found).toEqual([...Object.values(EXIT_STATUS), 143]);
  });

  it("names codes that there are, under the exit status that they lead to", () => {
    const named = sections.flatMap(({ codes, statuses }) =>
      codes.map((code) => ({ code, exit: statuses[0] })),
    );
    expect(named.length).toBeGreaterThan(15);
    const wrong = named.filter(({ code, exit }) => {
      const entry = code in ERROR_CODES ? ERROR_CODES[code as ErrorCode] : null;
      return entry === null || EXIT_STATUS[entry.status] !== exit;
    });
    expect(wrong).toEqual([]);
  });
});
