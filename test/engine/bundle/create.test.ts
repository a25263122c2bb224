import { describe, expect, test } from "vitest";
import { type Created, createMigration } from "#engine/bundle/create.ts";
import type { Template } from "#engine/bundle/templates.ts";
import { statusOf } from "#engine/errors.ts";
import { bundleOf, faultsOf } from "../../support/source_files.ts";

const NOW = new Date("2026-11-22T12:13:16.789Z");
const create = (
  paths: readonly string[] = [],
  { name = "Add Rooms", template = "plain" as Template, now = NOW } = {},
): Created => createMigration({ name, template, now, paths });
const pathsOf = (created: Created) => created.files.map(({ path }) => path);

describe("names and versions", () => {
  test("plain: fourteen digits of UTC", () => {
    const created = create();
    expect(created).toMatchObject({ version: 20261122121316n, label: "20261122121316", name: "add_rooms" });
    expect(pathsOf(created)).toEqual([
      "20261122121316_add_rooms.sql",
      "rollback/20261122121316_add_rooms_rollback.sql",
      "verify/20261122121316_add_rooms_verify.sql",
    ]);
  });

  test("story: STORY-007's spelling", () => {
    const created = create([], { template: "story" });
    expect(created).toMatchObject({ version: 20261122121316n, label: "20261122_121316" });
    expect(pathsOf(created)).toEqual([
      "20261122_121316_add_rooms.sql",
      "rollback/20261122_121316_add_rooms_rollback.sql",
      "verify/20261122_121316_add_rooms_verify.sql",
    ]);
  });

  test.each([
    ["the same second", "20261122121316_x.sql", 20261122121317n],
    ["a clock that is ahead", "20261231_235959_x.sql", 20270101000000n],
    ["a date alone", "20270228_x.sql", 20270228000001n],
    ["older ones", "20251231235959_x.sql", 20261122121316n],
    ["numbers", "007_x.sql", 20261122121316n],
  ])("above the newest version: %s", (_, newest, version) => {
    const paths = ["001_first.sql", newest, "no_version.sql", "20260101_x.sql", "rollback/20990101_x.sql"];
    expect(create(paths).version).toBe(version);
  });

  test.each(["999999999999999999_x.sql", "20991231235959_x.sql", "30000101000000_x.sql"])(
    "no date is above %s",
    (newest) => {
      const found = faultsOf(() => create([newest]));
      expect(found).toMatchObject([{ code: "version-ahead" }]);
      expect(found.map(statusOf)).toEqual(["bad_input"]);
    },
  );

  test.each(["", "///", "a/b", "x".repeat(101), "__"])("the name %j is refused", (name) => {
    const found = faultsOf(() => create([], { name }));
    expect(found).toMatchObject([{ code: "bad-name" }]);
    expect(found.map(statusOf)).toEqual(["bad_input"]);
  });
});

describe("the folder layout that the bundle uses", () => {
  const folders = (...paths: readonly string[]) =>
    pathsOf(create(paths)).map((path) => path.split("/").slice(0, -1).join("/"));

  test.each<[string, readonly string[], readonly string[]]>([
    ["none yet", [], ["", "rollback", "verify"]],
    ["all at the root", ["1_a.sql", "rollback/1_rollback.sql"], ["", "rollback", "verify"]],
    ["groups, without scripts", ["a/1_a.sql", "b/2_b.sql"], ["b", "rollback", "verify"]],
    ["the newest's group", ["z/1_a.sql", "b/2_b.sql"], ["b", "rollback", "verify"]],
    [
      "groups, scripts at the root",
      ["a/1_a.sql", "rollback/1_rollback.sql", "verify/1_verify.sql"],
      ["a", "rollback", "verify"],
    ],
    [
      "groups, scripts beside",
      ["a/1_a.sql", "a/rollback/1_rollback.sql", "a/verify/1_verify.sql"],
      ["a", "a/rollback", "a/verify"],
    ],
    [
      "one each",
      ["a/1_a.sql", "a/rollback/1_rollback.sql", "verify/1_verify.sql"],
      ["a", "a/rollback", "verify"],
    ],
    ["as the other script", ["a/1_a.sql", "a/verify/1_verify.sql"], ["a", "a/rollback", "a/verify"]],
    [
      "as the newest, where it changed",
      ["a/1_a.sql", "rollback/1_rollback.sql", "b/2_b.sql", "b/rollback/2_rollback.sql"],
      ["b", "b/rollback", "b/verify"],
    ],
    [
      "STORY-007's",
      ["01_core/20250102_000000_a.sql", "rollback/rollback_template.sql", "seed/03_b.sql"],
      ["01_core", "rollback", "verify"],
    ],
  ])("%s", (_, paths, expected) => {
    expect(folders(...paths)).toEqual(expected);
  });
});

describe.each(["plain", "story"] as const)("the %s template", (template) => {
  const created = create(["a/1_a.sql", "a/rollback/1_rollback.sql"], {
    template,
    name: " Add  Rooms-Table ",
  });
  const [up, rollback, verify] = created.files.map(({ text }) => text);

  test("is a bundle as it stands, without a warning", () => {
    const bundle = bundleOf(Object.fromEntries(created.files.map(({ path, text }) => [path, text])));
    expect(bundle.warnings).toEqual([]);
    expect(bundle.left_alone).toEqual([]);
    expect(bundle.migrations).toMatchObject([
      {
        version: created.version,
        label: created.label,
        name: "add_rooms_table",
        rollback: { path: created.files[1].path },
        rollback_inline: false,
        verify: { path: created.files[2].path },
      },
    ]);
    expect(bundle.migrations[0]?.header.date).toBe("2026-11-22");
  });

  test("is filled in", () => {
    for (const text of [up, rollback, verify]) {
      expect(text).toContain("Add  Rooms-Table");
      expect(text).not.toMatch(/DESCRIPTION|TIMESTAMP|\bDATE\b|MIGRATION_NAME|undefined/);
      expect(text).toMatch(/[^\n]\n$/);
    }
    expect(rollback).toContain(created.label);
    expect(verify).toContain(created.label);
    expect(up).toContain("2026-11-22");
  });

  test("has no statement in rollback and verification, an example in the latter", () => {
    for (const text of [rollback, verify]) expect(text).toMatch(/^(?:(?:--.*)?\n)+$/);
    expect(verify).toMatch(/^-- .*'PASS' ELSE 'FAIL' END AS status;$/m);
  });

  test("has nothing in the forward file but the pair for what is to come", () => {
    expect(up?.replace(/^--.*\n/gm, "").replace(/\s+/g, " ")).toBe(" BEGIN; COMMIT; ");
  });
});

test("the story template keeps STORY-007's sections, and says where rollback and verification are", () => {
  const [{ text }] = create([], { template: "story" }).files;
  const headings = text.match(/^-- [A-Z][\w ()]+(?=:|$)/gm);
  expect(headings).toEqual([
    "-- Migration",
    "-- Description",
    "-- Author",
    "-- Date",
    "-- Epic",
    "-- Story",
    "-- MIGRATION UP",
    "-- Step 1",
    "-- Step 2",
    "-- Verification",
    "-- MIGRATION DOWN (Rollback)",
    "-- NOTES",
    "-- Dependencies",
    "-- Breaking Changes",
    "-- Data Migration",
    "-- Estimated Duration",
  ]);
  expect(text).toContain("-- In rollback/20261122_121316_add_rooms_rollback.sql, which wins");
  expect(text).toContain("verify/20261122_121316_add_rooms_verify.sql");
});
