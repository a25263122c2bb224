import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readSource } from "#engine/bundle/source.ts";
import { expectNewFolder } from "#io/new_folder.ts";
import { readPileFolder } from "#io/pile_folder.ts";
import { faultsOf } from "../support/source_files.ts";

let root: string;
let folder: string;

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "pile-")));
  folder = join(root, "pile");
  mkdirSync(folder);
});
afterEach(() => rmSync(root, { recursive: true }));

const write = (path: string, content: string | Uint8Array = "SELECT 1;\n") => {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), content);
};
const codes = (act: () => unknown) => faultsOf(act).map(({ code, file }) => [code, file]);

test("a pile has the SQL of its folder and what tools keep beside it, in order of path", () => {
  const wanted = [
    "V1__a.sql",
    "V1__a.sql.conf",
    "b/down.SQL",
    "db/1_a.rb",
    "m.xml",
    "m.yaml",
    "seed/x.sql",
    "sqitch.plan",
    "x.toml",
  ];
  for (const path of [
    ...wanted,
    "README.md",
    ".git/x.sql",
    "a/.b.sql",
    "node_modules/x/1_a.sql",
    "photo.png",
  ])
    write(path);
  const { files, path } = readPileFolder(folder);
  expect(files.map((file) => file.path)).toEqual(wanted);
  expect(path).toBe(folder);
  expect(files.map((file) => readSource(file).bytes.length > 0)).toEqual(
    wanted.map((name) => !name.endsWith(".rb")),
  );
});

test("links that may lead to SQL elsewhere are not left out unnoticed", () => {
  write("1_a.sql");
  symlinkSync("1_a.sql", join(folder, "2_b.sql"));
  expect(readPileFolder(folder).files.map(({ path }) => path)).toEqual(["1_a.sql", "2_b.sql"]);
  writeFileSync(join(root, "out.sql"), "");
  symlinkSync("../out.sql", join(folder, "3_c.sql"));
  symlinkSync("nowhere", join(folder, "4_d.sql"));
  symlinkSync("..", join(folder, "up"));
  expect(codes(() => readPileFolder(folder)).sort()).toEqual([
    ["unreadable-file", "3_c.sql"],
    ["unreadable-file", "4_d.sql"],
    ["unreadable-file", "up"],
  ]);
});

test("a folder that is none, or holds too much, is a fault", () => {
  expect(codes(() => readPileFolder(join(root, "none")))).toEqual([["no-such-folder", null]]);
  write("1_a.sql", "x".repeat(100));
  write("2_b.sql", "x".repeat(100));
  const limits = { files: 10, file_bytes: 1_000, total_bytes: 1_000 };
  expect(readPileFolder(folder, limits).files).toHaveLength(2);
  expect(codes(() => readPileFolder(join(folder, "1_a.sql")))).toEqual([["no-such-folder", null]]);
  expect(codes(() => readPileFolder(folder, { ...limits, files: 1 }))).toEqual([["unreadable-file", folder]]);
  expect(codes(() => readPileFolder(folder, { ...limits, file_bytes: 99 }))).toHaveLength(2);
  expect(codes(() => readPileFolder(folder, { ...limits, total_bytes: 150 }))).toEqual([
    ["unreadable-file", folder],
  ]);
});

test("a new folder is one that is not there, or is empty", () => {
  expectNewFolder(join(root, "none"), "none");
  expectNewFolder(folder, "pile");
  write("x");
  expect(codes(() => expectNewFolder(folder, "pile"))).toEqual([["import-target-exists", "pile"]]);
  expect(codes(() => expectNewFolder(join(folder, "x"), "x"))).toEqual([["import-target-exists", "x"]]);
});
