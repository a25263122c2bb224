import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { consolidate } from "#engine/consolidate/consolidation.ts";
import { readFolder } from "#io/folder.ts";
import { type FolderChange, LOCK_FILE, writeConsolidation } from "#io/write_consolidation.ts";
import { runOptions } from "../support/engine.ts";
import { bundleOf, faultsOf } from "../support/source_files.ts";
import { sqlFolder } from "../support/sql_folder.ts";

const FILES = { "1_a.sql": "a", "2_b.sql": "b", "rollback/2_rollback.sql": "undo" };
const CHANGE: FolderChange = {
  list: { path: "consolidated.json", text: "new" },
  moved: [
    { from: "2_b.sql", to: ".replaced/2_all/2_b.sql" },
    { from: "rollback/2_rollback.sql", to: ".replaced/2_all/rollback/2_rollback.sql" },
    { from: "1_a.sql", to: ".replaced/2_all/1_a.sql" },
  ],
  written: [
    { path: "verify/2_all_verify.sql", text: "check" },
    { path: "2_all.sql", text: "ab" },
  ],
};

/** Every file below a folder with its text. */
function contents(folder: string): Record<string, string> {
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(
    paths.sort().map((path) => [path.slice(folder.length + 1), readFileSync(path, "utf8")]),
  );
}

it("writes the list, moves what is replaced, and writes what is new", () => {
  const folder = sqlFolder({ ...FILES, "consolidated.json": "old" });
  writeConsolidation(folder, CHANGE, () => true);
  expect(contents(folder)).toEqual({
    ".replaced/2_all/1_a.sql": "a",
    ".replaced/2_all/2_b.sql": "b",
    ".replaced/2_all/rollback/2_rollback.sql": "undo",
    "2_all.sql": "ab",
    "consolidated.json": "new",
    "verify/2_all_verify.sql": "check",
  });
});

describe("puts everything back where", () => {
  it.each<[string, Record<string, string>, Partial<FolderChange>, string]>([
    ["a new file is there already", { "2_all.sql": "mine" }, {}, "file-exists"],
    ["a file was moved there before", { ".replaced/2_all/1_a.sql": "older" }, {}, "file-exists"],
    [
      "a file to move is gone",
      {},
      { moved: [...CHANGE.moved, { from: "9.sql", to: ".replaced/9.sql" }] },
      "unwritable-file",
    ],
    ["a folder cannot be made", { verify: "a file" }, {}, "unwritable-file"],
    ["a list is half written", { "consolidated.json.next": "other" }, {}, "unwritable-file"],
  ])("%s", (_, more, change, code) => {
    for (const list of [{}, { "consolidated.json": "old" }]) {
      const folder = sqlFolder({ ...FILES, ...list, ...more });
      const before = contents(folder);
      const faults = faultsOf(() => writeConsolidation(folder, { ...CHANGE, ...change }, () => true));
      expect(faults.map((one) => one.code)).toEqual([code]);
      expect(contents(folder)).toEqual(before);
      expect(existsSync(join(folder, ".replaced"))).toBe(
        Object.keys(more).some((path) => path.startsWith(".rep")),
      );
    }
  });

  it("the files were changed meanwhile", () => {
    const folder = sqlFolder(FILES);
    expect(faultsOf(() => writeConsolidation(folder, CHANGE, () => false))).toMatchObject([
      { code: "bundle-differs" },
    ]);
    expect(contents(folder)).toEqual(FILES);
  });
});

it("does nothing while another is at work, and leaves its mark", () => {
  const folder = sqlFolder({ ...FILES, [LOCK_FILE]: "1\n" });
  expect(faultsOf(() => writeConsolidation(folder, CHANGE, () => true))).toMatchObject([
    { code: "other-run" },
  ]);
  expect(contents(folder)).toEqual({ ...FILES, [LOCK_FILE]: "1\n" });
});

it("whoever is cut off half way leaves no bundle that would be taken", async () => {
  const files = {
    "1_a.sql": "SELECT 1;",
    "2_b.sql": "SELECT 2;",
    "3_c.sql": "SELECT 3;",
    "verify/2_verify.sql": "SELECT true AS status;",
  };
  const { files: given, source } = readFolder(sqlFolder(files));
  const wanted = { versions: "1..2", name: "all", leave_out: [] };
  const { list, moved, written } = await consolidate(given, source, wanted, runOptions());
  const steps: readonly ((texts: Map<string, string>) => void)[] = [
    (texts) => void texts.set(list.path, list.text),
    ...moved.map(
      ({ from }) =>
        (texts: Map<string, string>) =>
          void texts.delete(from),
    ),
    ...written.map(
      ({ path, text }) =>
        (texts: Map<string, string>) =>
          void texts.set(path, text),
    ),
  ];
  const texts = new Map(Object.entries(files));
  for (const [i, step] of steps.entries()) {
    step(texts);
    const faults = faultsOf(() => bundleOf(Object.fromEntries(texts)));
    expect(faults.length > 0, `after ${i + 1} of ${steps.length}`).toBe(i + 1 < steps.length);
  }
});
