import { describe, expect, it } from "vitest";
import { consolidatedText, readConsolidated } from "#engine/bundle/consolidated.ts";
import { isBundleFile } from "#engine/bundle/layout.ts";
import { bundleOf, faultsOf, sourceFiles } from "../../support/source_files.ts";

const SUM = "0f".repeat(32);
const LIST = [
  {
    version: 3n,
    replaces: [
      { version: 1n, label: "001", name: "a", checksum: SUM },
      { version: 3n, label: "003", name: "c", checksum: SUM },
    ],
  },
];
const FILES = { "003_all.sql": "SELECT 1;", "consolidated.json": consolidatedText(LIST) };

it("what was consolidated is read as it was written, and belongs to the digest", () => {
  expect(isBundleFile("consolidated.json")).toBe(true);
  expect(bundleOf(FILES).consolidated).toEqual(LIST);
  const without = bundleOf({ "003_all.sql": "SELECT 1;" });
  expect(without.consolidated).toEqual([]);
  expect(without.digest).not.toBe(bundleOf(FILES).digest);
});

const text = (migrations: unknown): string => JSON.stringify({ format: 1, migrations });
const entry = (version: string, replaces: readonly unknown[]) => ({ version, replaces });
const replaced = (version: string, more = {}) => ({ version, label: "x", name: "x", checksum: SUM, ...more });

describe("is refused:", () => {
  it.each([
    ["no JSON", "{", "is not JSON"],
    ["another format", '{"format": 2}', "is not of format 1"],
    ["no migrations", '{"format": 1}', "lists no migrations"],
    ["an entry of null", text([null]), "in place 1"],
    ["one in the place of one", text([entry("3", [replaced("3")])]), "in place 1"],
    ["out of order", text([entry("1", [replaced("3"), replaced("1")])]), "in place 1"],
    ["not the highest one's version", text([entry("2", [replaced("1"), replaced("3")])]), "in place 1"],
    [
      "a checksum that is none",
      text([entry("3", [replaced("1", { checksum: "x" }), replaced("3")])]),
      "in place 1",
    ],
    ["a label that is none", text([entry("3", [replaced("1", { label: 1 }), replaced("3")])]), "in place 1"],
    [
      "twice",
      text([entry("3", [replaced("1"), replaced("3")]), entry("4", [replaced("1"), replaced("4")])]),
      "version 1 replaced twice",
    ],
  ])("%s", (_, json, says) => {
    const [file] = sourceFiles({ "consolidated.json": json });
    const { consolidated, faults } = readConsolidated(file);
    expect([consolidated, faults.map(({ code }) => code)]).toEqual([[], ["consolidated-invalid"]]);
    expect(faults[0]?.message).toContain(says);
    expect(faultsOf(() => bundleOf({ "003_all.sql": "SELECT 1;", "consolidated.json": json }))).toMatchObject(
      [{ code: "consolidated-invalid" }],
    );
  });

  it("a folder in which replaced files are there still, and one in which the new file is not", () => {
    const faults = faultsOf(() => bundleOf({ ...FILES, "001_a.sql": "SELECT 1;" }));
    expect(faults).toMatchObject([
      { code: "consolidated-invalid", message: expect.stringContaining("001_a.sql is replaced") },
    ]);
    const { "003_all.sql": _, ...gone } = FILES;
    expect(faultsOf(() => bundleOf({ ...gone, "002_b.sql": "SELECT 1;" }))).toMatchObject([
      { code: "consolidated-invalid", message: expect.stringContaining("version 3, which has no file") },
    ]);
  });
});
