import { describe, expect, test } from "vitest";
import { momentOfName, wordsOf } from "#engine/audit/name_dates.ts";
import { keepsConvention, proposedMoments, slugOf } from "#engine/audit/proposed_names.ts";
import type { Tool } from "#engine/layouts/pile.ts";
import { auditOf, type PileFiles, saidOf } from "../../support/audited.ts";

test.each([
  ["20250102_030405_x.sql", "20250102030405", "x.sql"],
  ["20250102030405_x", "20250102030405", "x"],
  ["20250102030405123_x", "20250102030405", "x"],
  ["2025-01-02-030405_x", "20250102030405", "x"],
  ["V20250102030405__x", "20250102030405", "x"],
  ["20250102_x", "20250102000000", "x"],
  ["2025-01-02 x", "20250102000000", "x"],
  ["2025_01_02_x", "20250102000000", "x"],
  ["1735787045_x", "20250102030405", "x"],
  ["1735787045678_x", "20250102030405", "x"],
  ["20250230_x", null, "x"],
  ["20250102_250000_x", "20250102000000", "x"],
  ["0042_x", null, "x"],
  ["V1.2__x", null, "x"],
  ["R__views", null, "views"],
  ["rooms", null, "rooms"],
] as const)("the moment of %s is %s", (name, moment, words) => {
  expect(momentOfName(name)).toBe(moment);
  if (!name.includes("250000")) expect(wordsOf(name)).toBe(words);
});

test.each([
  ["20250102_keys-table", "keys_table"],
  ["AddAuditLog", "add_audit_log"],
  ["0042_Größe  der Räume", "größe_der_räume"],
  ["__x__", "x"],
  ["20250102", "migration"],
  ["a|`b`", "a_b"],
  [`1_${"x".repeat(300)}`, "x".repeat(100)],
])("%s says %s", (name, slug) => {
  expect(slugOf(name)).toBe(slug);
});

test.each([
  ["20250102_030405_x", true, false],
  ["20250102030405_x", false, true],
  ["20250230_030405_x", false, false],
  ["20250102_240000_x", false, false],
  ["20250102_030405", false, false],
  ["20250102_030405_X", false, false],
  ["20250102_030405_a-b", false, false],
  ["29990102_030405_x", false, false],
  ["20250102_x", false, false],
])("%s keeps the convention of a story (%s), of plain names (%s)", (stem, story, plain) => {
  expect([keepsConvention(stem, "story"), keepsConvention(stem, "plain")]).toEqual([story, plain]);
});

describe("proposed moments", () => {
  const base = "20250101000000";
  test.each<[string, (string | null)[], string[]]>([
    ["are their own", ["20250102000000", "20250103000000"], ["20250102000000", "20250103000000"]],
    [
      "of one day are seconds apart",
      ["20250102000000", "20250102000000", "20250102000000"],
      ["20250102000000", "20250102000001", "20250102000002"],
    ],
    ["keep the order", ["20250103000000", "20250102000000"], ["20250103000000", "20250103000001"]],
    [
      "of those before the first are before it",
      [null, null, "20250102000000"],
      ["20250101235958", "20250101235959", "20250102000000"],
    ],
    ["begin with the base where none has any", [null, null], [base, "20250101000001"]],
    ["go over midnight", ["20241231235959", null], ["20241231235959", base]],
    ["of nothing are none", [], []],
  ])("%s", (_, known, wanted) => {
    const moments = proposedMoments(known, base);
    expect(moments).toEqual(wanted);
    expect([...new Set(moments)].sort()).toEqual(moments);
  });
});

const named = (...paths: string[]): PileFiles =>
  Object.fromEntries(paths.map((path, i) => [path, `CREATE TABLE t${i} ();`]));
const OPTIONS = { "bundle.json": '{"layout": "plain"}' };
const CASES: readonly (readonly [string, Tool, PileFiles, ...string[]])[] = [
  ["the convention", "plain", named("20250102_030405_x.sql", "20250103_000000_y.sql")],
  ["no version", "plain", named("keys.sql"), "name-unusable keys.sql"],
  ["no real date", "plain", named("20250230_x.sql"), "name-unusable 20250230_x.sql"],
  ["a day alone", "plain", named("20250102_x.sql"), "name-convention 20250102_x.sql"],
  [
    "one day twice",
    "plain",
    named("20250102_x.sql", "20250102_y.sql"),
    "name-convention 20250102_x.sql",
    "same-version 20250102_y.sql",
  ],
  ["numbers alone", "plain", named("1_x.sql", "2_y.sql"), "name-numbered 1_x.sql", "name-numbered 2_y.sql"],
  ["numbers among dates", "plain", named("1_x.sql", "20250102_030405_y.sql"), "name-convention 1_x.sql"],
  ["14 digits, as most are", "plain", named("20250102030405_x.sql", "20250103000000_y.sql")],
  [
    "14 digits, where the options want them",
    "paws-migrate",
    { ...OPTIONS, ...named("20250102_030405_x.sql", "20250103000000_y.sql") },
    "name-convention 20250102_030405_x.sql",
  ],
  [
    "a template's names, where the options want them",
    "paws-migrate",
    { "bundle.json": '{"layout": "story"}', ...named("20250102030405_x.sql", "20250103000000_y.sql") },
    "name-convention 20250102030405_x.sql",
    "name-convention 20250103000000_y.sql",
  ],
  [
    "a nameless file of ours",
    "paws-migrate",
    named("20250102_030405_x.sql", "keys.sql"),
    "name-unusable keys.sql",
  ],
  [
    "one version twice of ours",
    "paws-migrate",
    named("20250102_030405_x.sql", "20250102_030405_y.sql"),
    "same-version 20250102_030405_y.sql",
  ],
  [
    "another tool's own rule",
    "flyway",
    named("V1__x.sql", "V2__y.sql", "R__v.sql"),
    "name-other-tool V1__x.sql",
    "name-other-tool V2__y.sql",
  ],
  [
    "another tool's other names",
    "supabase",
    named("20250102030405_x.sql", "20250103_y.sql"),
    "name-other-tool 20250102030405_x.sql",
    "name-convention 20250103_y.sql",
  ],
];

const named_cases = CASES.map(([of, tool, files, ...said]) => ({ of, tool, files, said }));

test.each(named_cases)("$of ($tool)", async ({ tool, files, said }) => {
  const found = saidOf(await auditOf(files, tool)).filter((one) => /^(name|same)-/.test(one));
  expect(found).toEqual(said);
});

test("a name that is to be is told with the file, and keeps the pile's order", async () => {
  const { files, findings } = await auditOf(named("20250102_x.sql", "20250102_y.sql", "keys.sql"));
  expect(files.map(({ proposed_name }) => proposed_name)).toEqual([
    "20250102_000000_x",
    "20250102_000001_y",
    "20250102_000002_keys",
  ]);
  expect(findings.find(({ code }) => code === "name-unusable")?.message).toMatch(/20250102_000002_keys\.$/);
});

test.each<[Tool, PileFiles]>([
  ["paws-migrate", named("20250102_030405_x.sql", "20250102_030405_y.sql")],
  ["plain", named("20250102_030405_x.sql", "more/20250102_030405_x.sql")],
])("of a version that is there twice it is told once, with the name to be (%s)", async (tool, files) => {
  const found = (await auditOf(files, tool)).findings.filter(({ code }) => code === "same-version");
  expect(found).toHaveLength(1);
  expect(found[0]?.message).toMatch(/ By the convention: 20250102_030406_[xy]\.$/);
});

test("a nameless file of ours stands where its name does", async () => {
  const { files } = await auditOf(
    named("20250102_030405_x.sql", "20250102-y.sql", "20250103_030405_z.sql"),
    "paws-migrate",
  );
  expect(files.map(({ path }) => path)).toEqual([
    "20250102-y.sql",
    "20250102_030405_x.sql",
    "20250103_030405_z.sql",
  ]);
});

test("a date is the name's, else the disk's", async () => {
  const { files } = await auditOf(named("20250102_x.sql", "keys.sql"));
  expect(files.map(({ date, date_from }) => [date, date_from])).toEqual([
    ["2025-01-02T00:00:00.000Z", "name"],
    ["2025-03-04T05:06:07.000Z", "file"],
  ]);
});
