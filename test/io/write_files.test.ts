import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createMigration } from "#engine/bundle/create.ts";
import { statusOf } from "#engine/errors.ts";
import { listFolder } from "#io/folder.ts";
import { writeFiles } from "#io/write_files.ts";
import { faultsOf } from "../support/source_files.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "write-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const FILES = [
  { path: "001_a.sql", text: "SELECT 'ä';\n" },
  { path: "g/rollback/001_rollback.sql", text: "" },
  { path: "g/verify/001_verify.sql", text: "SELECT 2;\n" },
];
/** Every file with its text, every folder with null. */
const contents = () =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((path) => [path.slice(folder.length + 1), readOrNull(path)]),
  );
const readOrNull = (path: string) => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
};
const refusals = () => {
  const before = contents();
  const faults = faultsOf(() => writeFiles(folder, FILES));
  expect(faults.map(statusOf)).toEqual(faults.map(() => "bad_input"));
  expect(contents(), "nothing changed").toEqual(before);
  return faults.map(({ code, file }) => ({ code, file }));
};

test("files are written, with the folders they need", () => {
  mkdirSync(join(folder, "g"));
  writeFiles(folder, FILES);
  expect(contents()).toEqual({
    "001_a.sql": "SELECT 'ä';\n",
    g: null,
    "g/rollback": null,
    "g/rollback/001_rollback.sql": "",
    "g/verify": null,
    "g/verify/001_verify.sql": "SELECT 2;\n",
  });
});

test("one that is there already: none is written, and each is named", () => {
  mkdirSync(join(folder, "g/verify"), { recursive: true });
  writeFileSync(join(folder, "g/verify/001_verify.sql"), "mine");
  expect(refusals()).toEqual([{ code: "file-exists", file: "g/verify/001_verify.sql" }]);
  writeFileSync(join(folder, "001_a.sql"), "mine too");
  expect(refusals()).toEqual([
    { code: "file-exists", file: "001_a.sql" },
    { code: "file-exists", file: "g/verify/001_verify.sql" },
  ]);
});

test("a link that leads nowhere is there too", () => {
  symlinkSync("nowhere", join(folder, "001_a.sql"));
  expect(refusals()).toEqual([{ code: "file-exists", file: "001_a.sql" }]);
});

test("one that comes into being meanwhile is not written over", () => {
  const found = faultsOf(() => writeFiles(folder, [...FILES, { path: "001_a.sql", text: "other" }]));
  expect(found).toMatchObject([{ code: "file-exists", file: "001_a.sql" }]);
  expect(contents()).toEqual({});
});

test("one that cannot be written: what was written before is taken away, with its folders", () => {
  writeFileSync(join(folder, "h"), "a file where a folder is wanted");
  const before = contents();
  const found = faultsOf(() => writeFiles(folder, [...FILES, { path: "h/001.sql", text: "" }]));
  expect(found).toMatchObject([{ code: "unwritable-file", file: "h/001.sql" }]);
  expect(found.map(statusOf)).toEqual(["bad_input"]);
  expect(contents()).toEqual(before);
});

test("`create` twice in one second gives two migrations", () => {
  const now = new Date("2026-11-22T12:13:16Z");
  for (const name of ["one", "one"]) {
    const { files } = createMigration({ name, template: "plain", now, paths: listFolder(folder) });
    writeFiles(folder, files);
  }
  expect(listFolder(folder)).toEqual([
    "20261122121316_one.sql",
    "20261122121317_one.sql",
    "rollback/20261122121316_one_rollback.sql",
    "rollback/20261122121317_one_rollback.sql",
    "verify/20261122121316_one_verify.sql",
    "verify/20261122121317_one_verify.sql",
  ]);
});
