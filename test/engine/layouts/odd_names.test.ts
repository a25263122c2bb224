import { expect, it } from "vitest";
import { type OddPile, pileOf, placesOf } from "../../support/layouts.ts";

/** What the one fault is, and where: `code file:line`. */
const CASES: readonly OddPile[] = [
  // versions
  ["two of one version", "flyway", { "V1__a.sql": "", "V1.0__b.sql": "" }, "layout-duplicate V1__a.sql:1"],
  [
    "a version spelled twice",
    "flyway",
    { "V1_02__a.sql": "", "x/V1.2__b.sql": "" },
    "layout-duplicate x/V1.2__b.sql:1",
  ],
  [
    "two undos of one version",
    "flyway",
    { "V1__a.sql": "", "U1__a.sql": "", "U01__b.sql": "" },
    "layout-duplicate U1__a.sql:1",
  ],
  ["an undo of nothing", "flyway", { "V1__a.sql": "", "U2__a.sql": "" }, "layout-incomplete U2__a.sql:1"],
  ["one underscore", "flyway", { "V1__a.sql": "", "V2_b.sql": "" }, "layout-bad-name V2_b.sql:1"],
  [
    "two repeatable ones of one description",
    "flyway",
    { "R__a b.sql": "", "x/R__a_b.sql": "" },
    "layout-duplicate x/R__a_b.sql:1",
  ],
  [
    "two of one number",
    "golang-migrate",
    { "1_a.up.sql": "", "001_b.up.sql": "" },
    "layout-duplicate 1_a.up.sql:1",
  ],
  [
    "a way back alone",
    "golang-migrate",
    { "1_a.up.sql": "", "2_b.down.sql": "" },
    "layout-incomplete 2_b.down.sql:1",
  ],
  [
    "two of one version",
    "dbmate",
    { "1_a.sql": "-- migrate:up\n", "1_b.sql": "-- migrate:up\n" },
    "layout-duplicate 1_b.sql:1",
  ],
  ["two of one version", "supabase", { "1_a.sql": "", "1_b.sql": "" }, "layout-duplicate 1_b.sql:1"],
  ["a version without a name", "supabase", { "1_a.sql": "", "2.sql": "" }, "layout-bad-name 2.sql:1"],
  [
    "two of one version",
    "diesel",
    { "2024-01-01_a/up.sql": "", "20240101_b/up.sql": "" },
    "layout-duplicate 20240101_b/up.sql:1",
  ],
  [
    "a way back alone",
    "diesel",
    { "1_a/up.sql": "", "2_b/down.sql": "" },
    "layout-incomplete 2_b/down.sql:1",
  ],
  [
    "a way back alone",
    "prisma",
    { "1_a/migration.sql": "", "2_b/down.sql": "" },
    "layout-incomplete 2_b/down.sql:1",
  ],
  [
    "another server",
    "prisma",
    { "1_a/migration.sql": "", "migration_lock.toml": '# x\nprovider = "mysql"\n' },
    "layout-bad-marker migration_lock.toml:2",
  ],
  [
    "a rollback of nothing",
    "plain",
    { "1_a.sql": "", "rollback/2_b_rollback.sql": "" },
    "layout-incomplete rollback/2_b_rollback.sql:1",
  ],
  [
    "a rollback of nothing by its first word",
    "plain",
    { "1_a.sql": "", "rollback_b.sql": "" },
    "layout-incomplete rollback_b.sql:1",
  ],
  ["two of one name", "plain", { "x/a.sql": "", "y/a.sql": "" }, "layout-duplicate y/a.sql:1"],
  ["version 0", "goose", { "0_a.sql": "-- +goose Up\n" }, "layout-bad-name 0_a.sql:1"],
  // Rails
  ["no structure", "rails", { "db/migrate/1_a.rb": "" }, "layout-incomplete db/migrate/1_a.rb:1"],
  [
    "two structures",
    "rails",
    { "a/structure.sql": "INSERT INTO schema_migrations VALUES ('1');", "b/structure.sql": "" },
    "layout-duplicate b/structure.sql:1",
  ],
  [
    "a structure without versions",
    "rails",
    { "db/structure.sql": "SELECT 1;" },
    "layout-incomplete db/structure.sql:1",
  ],
  // bytes and names
  [
    "bytes that are no text",
    "plain",
    { "1_a.sql": new Uint8Array([0x53, 0xff, 0x0a]) },
    "invalid-utf8 1_a.sql:1",
  ],
  [
    "a byte order mark inside",
    "flyway",
    { "V1__a.sql": "SELECT 1;\n\uFEFFSELECT 2;" },
    "bom-inside V1__a.sql:2",
  ],
  ["a NUL", "flyway", { "V1__a.sql": "SELECT 1;\n\0" }, "nul-byte V1__a.sql:2"],
  [
    "a control character in a name",
    "plain",
    { "1_a\u001b[2J.sql": "" },
    "layout-bad-name 1_a\u001b[2J.sql:null",
  ],
];

it.each(CASES)("says where %s stands in a pile of %s", (_, tool, files, wanted) => {
  expect(placesOf(pileOf(files, tool).faults)).toEqual([wanted]);
});

it("refuses a name that no folder could hold", () => {
  const { faults } = pileOf({ [`1_${"a".repeat(300)}.sql`]: "" }, "plain");
  expect(faults.map(({ code }) => code)).toEqual(["layout-bad-name"]);
  expect(faults[0]?.message).toContain("306 bytes");
});
