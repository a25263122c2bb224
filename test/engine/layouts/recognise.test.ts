import { describe, expect, it } from "vitest";
import { MigrationFault } from "#engine/errors.ts";
import type { Tool } from "#engine/layouts/pile.ts";
import { pileOf } from "../../support/layouts.ts";

const GOOSE = "-- +goose Up\nSELECT 1;\n";

const CASES: readonly [what: string, files: Readonly<Record<string, string>>, tool: Tool][] = [
  ["names of any kind", { "a.sql": "SELECT 1;" }, "plain"],
  ["numbers alone", { "1_a.sql": "SELECT 1;", "2_b.sql": "SELECT 2;" }, "plain"],
  ["a rollback folder of ours", { "1_a.sql": "", "rollback/1_a_rollback.sql": "" }, "paws-migrate"],
  [
    "a rollback beside its migration",
    { "1_a.sql": "", "1_a_rollback.sql": "", "rollback/2_b_rollback.sql": "", "2_b.sql": "" },
    "plain",
  ],
  ["a directive of ours", { "1_a.sql": "-- migrate: no-transaction\nVACUUM;" }, "paws-migrate"],
  ["bundle.json", { "1_a.sql": "", "bundle.json": "{}" }, "paws-migrate"],
  ["Supabase's folder", { "supabase/migrations/20240101000000_a.sql": "" }, "supabase"],
  ["a version with V", { "db/V1__a.sql": "" }, "flyway"],
  ["R__ alone", { "R__a.sql": "" }, "flyway"],
  ["R__ among numbers", { "R__a.sql": "", "1_a.sql": "" }, "paws-migrate"],
  ["a folder repeatable/ among numbers", { "repeatable/a.sql": "", "1_a.sql": "" }, "paws-migrate"],
  ["a folder repeatable/ of goose's", { "repeatable/2_a.sql": "", "1_a.sql": GOOSE }, "goose"],
  ["R__ among numbers and a version with V", { "R__a.sql": "", "1_a.sql": "", "V1__b.sql": "" }, "flyway"],
  ["R__ beside ways back", { "R__a.sql": "", "1_a.sql": "", "1_a_rollback.sql": "" }, "plain"],
  [".up.sql", { "1_a.up.sql": "" }, "golang-migrate"],
  [".up.sql with milliseconds", { "1700000000000_a.up.sql": "" }, "node-pg-migrate"],
  [".up.sql with a date and milliseconds", { "20240101000000123_a.up.sql": "" }, "node-pg-migrate"],
  ["a mark of node-pg-migrate", { "1_a.sql": "--- up   migration\n" }, "node-pg-migrate"],
  ["an annotation of goose, in any case", { "1_a.sql": "-- +GOOSE up\nSELECT 1;" }, "goose"],
  ["a block of dbmate", { "1_a.sql": "-- migrate:up\n" }, "dbmate"],
  [
    "a plan",
    { "sqitch.plan": "%project=x\n\na 2024-01-01T00:00:00Z A <a@b>\n", "deploy/a.sql": "" },
    "sqitch",
  ],
  [
    "a structure",
    { "db/structure.sql": "INSERT INTO \"schema_migrations\" (version) VALUES ('1');" },
    "rails",
  ],
  ["Prisma's folders", { "1_a/migration.sql": "" }, "prisma"],
  ["Diesel's folders", { "1_a/up.sql": "" }, "diesel"],
  ["a changelog", { "a.sql": "--liquibase formatted sql\n--changeset a:1\nSELECT 1;" }, "liquibase"],
];

describe("recognises a pile", () => {
  it.each(CASES)("by %s", (_, files, tool) => {
    expect(pileOf(files).tool).toBe(tool);
  });

  it("of Supabase by the folder that was named itself", () => {
    const files = { "20240101000000_a.sql": "" };
    expect(pileOf(files, null, "/home/x/supabase/migrations").tool).toBe("supabase");
    expect(pileOf(files, null, "C:\\x\\supabase\\migrations").tool).toBe("supabase");
    expect(pileOf(files, null, "/home/x/migrations").tool).toBe("plain");
  });

  it("of ours with what is repeatable, in either place", () => {
    const files = {
      "1_a.sql": "",
      "bundle.json": "{}",
      "R__b.sql": "",
      "x/repeatable/a.sql": "",
      "verify/R__b_verify.sql": "",
    };
    const { migrations, faults, left } = pileOf(files);
    expect(faults).toEqual([]);
    expect(migrations.map(({ id, repeatable }) => `${id} ${repeatable}`)).toEqual([
      "1 false",
      "a true",
      "b true",
    ]);
    expect(migrations.map(({ verify }) => verify?.path ?? null)).toEqual([
      null,
      null,
      "verify/R__b_verify.sql",
    ]);
    expect(left.map(({ path }) => path)).toEqual(["bundle.json"]);
  });

  it("of ours without what its options leave out, and tells what of it does not come along", () => {
    const files = {
      "1_a.sql": "",
      "bundle.json": '{"ignore": ["tools/**"], "session": "shared"}',
      "consolidated.json": "{}",
      "tools/x.sql": "",
    };
    const { migrations, faults, left } = pileOf(files);
    expect([migrations.length, faults]).toEqual([1, []]);
    expect(left.map(({ path }) => path)).toEqual(["bundle.json", "consolidated.json", "tools/x.sql"]);
    expect(left[2]?.why).toContain("bundle.json");
  });

  it("not by what stands in a string or behind other SQL", () => {
    expect(pileOf({ "1_a.sql": "SELECT '-- +goose Up';\nSELECT 'x -- migrate:up';" }).tool).toBe("plain");
  });
});

const faultOf = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    if (error instanceof MigrationFault) return error.faults[0];
    throw error;
  }
  return null;
};

it("names what speaks of which tool where more than one may have written the files", () => {
  const files = { "1_a.sql": GOOSE, "V2__b.sql": "SELECT 1;" };
  const found = faultOf(() => pileOf(files));
  expect(found?.code).toBe("layout-ambiguous");
  expect(found?.message).toBe(
    "This may be of 2 tools: flyway (V2__b.sql is named as Flyway wants it), goose (1_a.sql has an annotation of goose).",
  );
  expect(found?.remedy).toContain("--from flyway or --from goose");
  expect(pileOf(files, "goose").migrations.map(({ id }) => id)).toEqual(["1"]);
  expect(pileOf(files, "flyway").migrations.map(({ id }) => id)).toEqual(["2"]);
});

it.each<[string, Readonly<Record<string, string>>, Tool | null]>([
  ["nothing", {}, null],
  ["no SQL", { "package.json": "{}", "main.go": "" }, null],
  ["nothing of the tool that is named", { "1_a.sql": "" }, "flyway"],
])("has no reading for %s", (_, files, from) => {
  const found = faultOf(() => pileOf(files, from));
  expect(found?.code).toBe("layout-unknown");
  expect(found?.remedy).toContain("--from TOOL");
});
