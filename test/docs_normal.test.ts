import { describe, expect, it } from "vitest";
import { filledIn, normal, withoutProgress } from "./support/docs_normal.ts";
import { examplesOf, parsePage } from "./support/docs_page.ts";

const RUN = `shop  bundle (1 migration, sha256 c3b9d85c...)  ->  shop@localhost:5432 (PostgreSQL 18.4)
  001  create_rooms   done   39 ms   1 check
1 applied, 1 check passed, 0.28 s. Run 01a20359-9666-7177-b0c6-54ff103696de.`;

describe("two runs of one command are equal", () => {
  it.each([
    ["a duration", RUN.replace("  39 ms", " 1.2 s").replace("0.28 s", "1.4 s")],
    ["a digest", RUN.replace("c3b9d85c", "00000000")],
    ["a server", RUN.replace("localhost:5432", "127.0.0.1:41234").replace("18.4", "15.13")],
    ["a run", RUN.replace("01a20359", "01a2ffff")],
    ["a line that was too long", RUN.replace("  ->  ", "\n  ->  ")],
  ])("but for %s", (_, other) => {
    expect(other).not.toBe(RUN);
    expect(normal(other)).toBe(normal(RUN));
  });
});

it.each([
  "bundle",
  "1 migration",
  "shop",
  "001",
  "create_rooms",
  "done",
  "1 check",
  "applied",
  "passed",
  "Run",
  "->",
])("%s is compared", (word) => {
  expect(normal(RUN.replace(word, "other"))).not.toBe(normal(RUN));
});

it("a live line's text is left out, and nothing else", () => {
  const progress =
    "connected to shop (PostgreSQL 18.4)\n001 create_rooms: applying\n001 create_rooms: done, 3 ms\n";
  expect(withoutProgress(progress + RUN)).toBe(RUN);
});

it("... stands for any lines, and what is around it must be there", () => {
  expect(filledIn("...\nb\n...", "a\nb\nc")).toBe("a\nb\nc");
  expect(filledIn("...\nx\n...", "a\nb\nc")).toBe("...\nx\n...");
  expect(filledIn("a.c", "abc")).toBe("a.c");
});

it("commands and their output are told apart", () => {
  const text =
    "<!-- file: a/b.sql -->\n```console\n$ one\n1\n$ two\n```\n```console one\n$ three\n$ 3\n```\n";
  const { blocks } = parsePage("page.md", text);
  expect(blocks.map(({ at, file }) => [at, file])).toEqual([
    ["page.md:2", "a/b.sql"],
    ["page.md:7", null],
  ]);
  expect(blocks.flatMap(examplesOf).map(({ command, output }) => [command, output])).toEqual([
    ["one", "1"],
    ["two", ""],
    ["three", "$ 3"],
  ]);
});
