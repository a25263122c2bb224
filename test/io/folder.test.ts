import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readBundle } from "#engine/bundle/bundle.ts";
import { readSource } from "#engine/bundle/source.ts";
import { statusOf } from "#engine/errors.ts";
import { listFolder, readFolder } from "#io/folder.ts";
import { faultsOf } from "../support/source_files.ts";

let root: string;
let folder: string;

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "folder-")));
  folder = join(root, "facilities");
  mkdirSync(folder);
});
afterEach(() => rmSync(root, { recursive: true }));

const write = (path: string, content: string | Uint8Array = "SELECT 1;\n") => {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), content);
};
const paths = () => readFolder(folder).files.map(({ path }) => path);
const refusals = (act: () => unknown) => {
  const faults = faultsOf(act);
  expect(faults.map(statusOf)).toEqual(faults.map(() => "bad_input"));
  return faults.map(({ code, file, message }) => ({ code, file, message }));
};

describe("a folder", () => {
  test("gives its SQL files and bundle.json, in order of path", () => {
    for (const path of [
      "b/002_b.sql",
      "001_a.SQL",
      "B.sql",
      "a.sql/003_c.sql",
      "rollback/001_rollback.sql",
      "verify/deep/001_verify.sql",
      "bundle.json",
    ]) {
      write(path);
    }
    expect(paths()).toEqual([
      "001_a.SQL",
      "B.sql",
      "a.sql/003_c.sql",
      "b/002_b.sql",
      "bundle.json",
      "rollback/001_rollback.sql",
      "verify/deep/001_verify.sql",
    ]);
    expect(listFolder(folder)).toEqual(paths());
  });

  test("passes over what is no part of a bundle", () => {
    for (const path of [
      "README.md",
      "migrate.sh",
      "deep/bundle.json",
      ".001_swap.sql",
      ".git/002_x.sql",
      "seed/01_x.sql",
      "core/seed/01_x.sql",
    ]) {
      write(path);
    }
    write("001_a.sql");
    expect(paths()).toEqual(["001_a.sql"]);
  });

  test("gives bytes as they are", () => {
    const bytes = Uint8Array.from([0xef, 0xbb, 0xbf, 0x0d, 0x0a, 0x00, 0xff]);
    write("001_a.sql", bytes);
    expect(readFolder(folder).files.map((file) => [...readSource(file).bytes])).toEqual([[...bytes]]);
  });

  test("is called by its own name, however it is reached", () => {
    write("001_a.sql");
    const source = { name: "facilities", path: folder };
    expect(readFolder(folder).source).toEqual(source);
    expect(readFolder(`${folder}/`).source).toEqual(source);
    expect(readFolder(relative(process.cwd(), folder)).source).toEqual(source);
    expect(readFolder(join(folder, "..", basename(folder), ".")).source).toEqual(source);
  });

  test("that is empty is an empty bundle", () => {
    const { files, source } = readFolder(folder);
    expect(files).toEqual([]);
    expect(refusals(() => readBundle(files, source))).toMatchObject([{ code: "empty-bundle" }]);
  });

  test("that does not exist", () => {
    const missing = join(root, "nowhere");
    for (const act of [() => readFolder(missing), () => listFolder(missing)]) {
      expect(refusals(act)).toEqual([
        { code: "no-such-folder", file: null, message: `There is no folder ${missing}.` },
      ]);
    }
  });

  test("that is a file", () => {
    write("001_a.sql");
    expect(refusals(() => readFolder(join(folder, "001_a.sql")))).toMatchObject([
      { code: "no-such-folder", message: expect.stringContaining("is not a folder") },
    ]);
  });
});

describe("links", () => {
  const link = (path: string, target: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    symlinkSync(target, join(folder, path));
  };

  test("to files inside are followed, as a mounted ConfigMap has them", () => {
    write("..2026_11_22/001_a.sql", "SELECT 1;");
    link("..data", "..2026_11_22");
    link("001_a.sql", "..data/001_a.sql");
    expect(
      readFolder(folder).files.map((file) => [file.path, new TextDecoder().decode(readSource(file).bytes)]),
    ).toEqual([["001_a.sql", "SELECT 1;"]]);
  });

  test("the folder itself may be one", () => {
    write(".data/002_b.sql");
    write("001_a.sql");
    link("002_b.sql", ".data/002_b.sql");
    symlinkSync(folder, join(root, "current"));
    const { files, source } = readFolder(join(root, "current"));
    expect(files.map(({ path }) => path)).toEqual(["001_a.sql", "002_b.sql"]);
    expect(source.name).toBe("current");
  });

  test.each([
    ["out of the folder", "../outside.sql", "the link leads out of the folder"],
    [
      "to a folder beside with the same beginning",
      "../facilities-2/x.sql",
      "the link leads out of the folder",
    ],
    ["to nothing", "nowhere.sql", "there is nothing at the end of the link"],
    ["to itself", "002_link.sql", "its links lead in a circle"],
    ["to a device", "/dev/null", "it is not a regular file"],
  ])("%s are refused", (_, target, because) => {
    writeFileSync(join(root, "outside.sql"), "SELECT 1;");
    mkdirSync(join(root, "facilities-2"));
    writeFileSync(join(root, "facilities-2", "x.sql"), "SELECT 1;");
    write("001_a.sql");
    link("002_link.sql", target);
    for (const act of [() => readFolder(folder), () => listFolder(folder)]) {
      expect(refusals(act)).toEqual([
        {
          code: "unreadable-file",
          file: "002_link.sql",
          message: `002_link.sql cannot be read: ${because}.`,
        },
      ]);
    }
  });

  test("to folders are refused wherever SQL could be, also one that leads in a circle", () => {
    write("001_a.sql");
    link("core/again", "..");
    expect(refusals(() => readFolder(folder))).toMatchObject([
      { code: "unreadable-file", file: "core/again", message: expect.stringContaining("not followed") },
    ]);
  });

  test("that nobody would read do not matter", () => {
    write("001_a.sql");
    link("README.md", "../nowhere.md");
    link("seed", "..");
    link(".cache", "..");
    link("notes.txt", "/dev/null");
    expect(paths()).toEqual(["001_a.sql"]);
  });
});

describe("what cannot be read", () => {
  test("a pipe is refused, not waited for", () => {
    execFileSync("mkfifo", [join(folder, "001_pipe.sql")]);
    expect(refusals(() => readFolder(folder))).toMatchObject([
      { code: "unreadable-file", file: "001_pipe.sql", message: expect.stringContaining("regular file") },
    ]);
  });

  test("files above the limits, each with its size", () => {
    write("001_a.sql", "x".repeat(11));
    write("002_b.sql", "x".repeat(10));
    write("003_c.sql", "x".repeat(12));
    const limits = { files: 100, file_bytes: 10, total_bytes: 100 };
    expect(refusals(() => readFolder(folder, limits))).toEqual([
      {
        code: "unreadable-file",
        file: "001_a.sql",
        message: "001_a.sql cannot be read: it has 11 bytes, and 10 are the limit.",
      },
      {
        code: "unreadable-file",
        file: "003_c.sql",
        message: "003_c.sql cannot be read: it has 12 bytes, and 10 are the limit.",
      },
    ]);
    expect(readFolder(folder, { ...limits, file_bytes: 12 }).files).toHaveLength(3);
  });

  test("too many files, and too many bytes together", () => {
    for (const path of ["001_a.sql", "002_b.sql", "003_c.sql"]) write(path, "x".repeat(10));
    const limits = { files: 3, file_bytes: 10, total_bytes: 30 };
    expect(readFolder(folder, limits).files).toHaveLength(3);
    expect(refusals(() => readFolder(folder, { ...limits, files: 2 }))).toMatchObject([
      { code: "unreadable-file", message: expect.stringContaining("it holds 3 files, and 2 are the limit") },
    ]);
    expect(refusals(() => readFolder(folder, { ...limits, total_bytes: 29 }))).toMatchObject([
      { code: "unreadable-file", message: expect.stringContaining("more than 29 bytes together") },
    ]);
  });

  test.skipIf(process.getuid?.() === 0)("files and folders without permission", () => {
    write("001_a.sql");
    write("core/002_b.sql");
    execFileSync("chmod", ["000", join(folder, "001_a.sql"), join(folder, "core")]);
    const found = refusals(() => readFolder(folder));
    execFileSync("chmod", ["700", join(folder, "core")]);
    expect(found.map(({ message }) => message)).toEqual([
      "core cannot be read: permission denied.",
      "001_a.sql cannot be read: permission denied.",
    ]);
  });
});
