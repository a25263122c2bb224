import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ERROR_CODES } from "#engine/errors.ts";
import { exitStatus, type Status } from "#engine/status.ts";
import { root } from "./support/docs_page.ts";

const page = readFileSync(join(root, "docs", "runbook.md"), "utf8");

/** Sections by the exit status in their heading, each with the headings below it. */
const sections = new Map(
  page
    .split(/^## /m)
    .slice(1)
    .flatMap((text) => {
      const [, exit] = /^.*\(exit status (\d+)[^)]*\)/.exec(text) ?? [];
      return exit === undefined
        ? []
        : [[Number(exit), [...text.matchAll(/^### `(.+)`$/gm)].map(([, code]) => code)]];
    }) as [number, string[]][],
);

/** Of these the report's own remedy is enough: a file or an argument is to be corrected. */
const CORRECTED_BY_AUTHOR: readonly Status[] = ["ok", "bad_input"];

describe("the runbook", () => {
  const codes = Object.entries(ERROR_CODES).filter(([, { status }]) => !CORRECTED_BY_AUTHOR.includes(status));
  it.each(codes)("has a heading for %s, under its exit status", (code, { status }) => {
    expect(sections.get(exitStatus(status))).toContain(code);
  });

  it("has none for a code that is not there", () => {
    const known = new Set(Object.keys(ERROR_CODES));
    expect([...sections.values()].flat().filter((code) => !known.has(code))).toEqual([]);
  });

  it("has a heading for bad input too", () =>
    expect([...sections.keys()]).toContain(exitStatus("bad_input")));
});
