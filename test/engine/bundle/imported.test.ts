import { describe, expect, it } from "vitest";
import { importedText, readImported } from "#engine/bundle/imported.ts";
import { bundleOf, faultsOf, sourceFiles } from "../../support/source_files.ts";

const IMPORTED = {
  tool: "flyway",
  migrations: [
    { version: 5n, name: "five", id: "1.5", path: "V1_5__five.sql" },
    { version: null, name: "views", id: "views", path: "R__views.sql" },
  ],
} as const;

it("what was imported is read as it was written", () => {
  const files = { "1_a.sql": "SELECT 1;", "imported.json": importedText(IMPORTED) };
  expect(bundleOf(files).imported).toEqual(IMPORTED);
  expect(bundleOf({ "1_a.sql": "SELECT 1;" }).imported).toBeNull();
});

it("belongs to the bundle's digest", () => {
  const digest = (id: string) =>
    bundleOf({
      "1_a.sql": "SELECT 1;",
      "imported.json": importedText({ ...IMPORTED, migrations: [{ ...IMPORTED.migrations[0], id }] }),
    }).digest;
  expect(digest("a")).not.toBe(digest("b"));
});

describe("is refused:", () => {
  it.each([
    ["no JSON", "{", "is not JSON"],
    ["another format", '{"format": 2}', "is not of format 1"],
    ["a list", "[]", "is not of format 1"],
    ["an unknown tool", '{"format": 1, "tool": "x"}', "names no tool of"],
    ["no migrations", '{"format": 1, "tool": "goose"}', "lists no migrations"],
    [
      "a version that is none",
      '{"format": 1, "tool": "goose", "migrations": [{"version": "01", "name": "", "id": "", "path": ""}]}',
      "in place 1",
    ],
    ["an entry of null", '{"format": 1, "tool": "goose", "migrations": [null]}', "in place 1"],
  ])("%s", (_, text, says) => {
    const [file] = sourceFiles({ "imported.json": text });
    expect(readImported(file).faults).toMatchObject([{ code: "imported-invalid", file: "imported.json" }]);
    expect(readImported(file).faults[0]?.message).toContain(says);
    expect(faultsOf(() => bundleOf({ "1_a.sql": "SELECT 1;", "imported.json": text }))).toMatchObject([
      { code: "imported-invalid" },
    ]);
  });
});
