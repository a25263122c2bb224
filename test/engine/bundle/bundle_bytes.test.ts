import { describe, expect, test } from "vitest";
import { statusOf } from "#engine/errors.ts";
import { bundleOf, faultsOf } from "../../support/source_files.ts";

const bytes = (...parts: readonly (string | readonly number[])[]): number[] =>
  parts.flatMap((part) => (typeof part === "string" ? [...new TextEncoder().encode(part)] : [...part]));
const BOM = [0xef, 0xbb, 0xbf];
const utf16 = (text: string, first: "low" | "high"): number[] =>
  [...text].flatMap((character) => {
    const code = character.charCodeAt(0);
    return first === "low" ? [code & 0xff, code >> 8] : [code >> 8, code & 0xff];
  });

const faultsIn = (content: string | readonly number[], path = "g/001_a.sql") => {
  const faults = faultsOf(() => bundleOf({ "g/001_a.sql": "SELECT 1;", [path]: content }));
  expect(faults.map(statusOf)).toEqual(faults.map(() => "bad_input"));
  return faults;
};

describe("NUL", () => {
  test("is refused with its place", () => {
    expect(faultsIn("SELECT 1;\r\nSELECT 'ä🎉\0';\n")).toMatchObject([
      {
        code: "nul-byte",
        file: "g/001_a.sql",
        line: 2,
        column: 11,
        excerpt: "SELECT 'ä🎉\uFFFD';\n          ^",
      },
    ]);
  });

  test("many of them are no UTF-16", () => {
    expect(faultsIn("\0".repeat(64))).toMatchObject([{ code: "nul-byte", line: 1, column: 1 }]);
  });

  test("a leading byte order mark does not move it", () => {
    expect(faultsIn(bytes(BOM, "a\0"))).toMatchObject([{ code: "nul-byte", line: 1, column: 2 }]);
  });

  test.each(["rollback/001_rollback.sql", "verify/001_verify.sql"])("also in %s", (path) => {
    expect(faultsIn("SELECT 1;\n\n\0", path)).toMatchObject([{ code: "nul-byte", file: path, line: 3 }]);
  });
});

describe("what is not UTF-8", () => {
  test.each<[string, readonly number[], string]>([
    ["Latin-1", [0xe4], "0xE4"],
    ["a continuation alone", [0x80], "0x80"],
    ["an overlong form", [0xc0, 0xaf], "0xC0"],
    ["an overlong form of three", [0xe0, 0x80, 0xaf], "0xE0"],
    ["an overlong form of four", [0xf0, 0x80, 0x80, 0xaf], "0xF0"],
    ["a surrogate", [0xed, 0xa0, 0x80], "0xED"],
    ["above U+10FFFF", [0xf4, 0x90, 0x80, 0x80], "0xF4"],
    ["five bytes", [0xf8, 0x88, 0x80, 0x80, 0x80], "0xF8"],
    ["cut off by ASCII", [0xe2, 0x82], "0xE2"],
    ["cut off by another character", [0xe2, 0x82, 0xc3, 0xa4], "0xE2"],
  ])("%s", (_, wrong, named) => {
    const [found, ...more] = faultsIn(bytes("SELECT 'größe €🎉';\nSELECT 'é", wrong, "';\nSELECT 3;\n"));
    expect(more).toEqual([]);
    expect(found).toMatchObject({ code: "invalid-utf8", file: "g/001_a.sql", line: 2, column: 10 });
    expect(found?.message).toContain(named);
    expect(found?.excerpt?.startsWith("SELECT 'é\uFFFD")).toBe(true);
    expect(found?.excerpt).toMatch(/\n {9}\^$/);
  });

  test("a character that the file's end cuts off", () => {
    const [found] = faultsIn(bytes("SELECT 1;\n", [0xe2, 0x82]));
    expect(found).toMatchObject({ code: "invalid-utf8", line: 2 });
    expect(found?.message).toContain("ends within a character");
  });

  test("NUL is named too", () => {
    expect(faultsIn(bytes("SELECT 1;\n\0", [0xff]))).toMatchObject([
      { code: "nul-byte" },
      { code: "invalid-utf8" },
    ]);
  });
});

describe("UTF-16", () => {
  test.each<[string, readonly number[]]>([
    ["little-endian with a mark", [0xff, 0xfe, ...utf16("SELECT 1;", "low")]],
    ["big-endian with a mark", [0xfe, 0xff, ...utf16("SELECT 1;", "high")]],
    ["little-endian without", utf16("SELECT 'größe';\n", "low")],
    ["big-endian without", utf16("SELECT 1;\n", "high")],
    ["little-endian, half of it Greek", utf16("-- αβγδε ζηθικ\nSELECT 1;\n", "low")],
    ["a mark alone", [0xff, 0xfe]],
    ["big-endian with a mark, and no NUL", [0xfe, 0xff, ...utf16("αβγδ", "high")]],
  ])("%s", (_, content) => {
    expect(faultsIn(content)).toMatchObject([{ code: "utf16", file: "g/001_a.sql", line: 1 }]);
  });
});

describe("a byte order mark", () => {
  test("inside is refused with its place, and shown", () => {
    expect(faultsIn("SELECT 1;\nSELECT\uFEFF 2;\n")).toMatchObject([
      { code: "bom-inside", line: 2, column: 7, excerpt: "SELECT\uFFFD 2;\n      ^" },
    ]);
  });

  test("also where a first one was dropped", () => {
    expect(faultsIn(bytes(BOM, BOM, "SELECT 1;"))).toMatchObject([
      { code: "bom-inside", line: 1, column: 1 },
    ]);
  });
});

test.each<[string, string | readonly number[]]>([
  ["an empty file", ""],
  ["a byte order mark alone", BOM],
  ["a comment", "-- nothing\n"],
  ["every width of character", "SELECT 'aé€🎉\u{10FFFF}\u0800\uFFFD';\n"],
])("%s is text", (_, content) => {
  expect(faultsIn(content)).toEqual([]);
});
