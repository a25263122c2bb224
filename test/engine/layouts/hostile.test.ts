import { expect, it } from "vitest";
import type { Tool } from "#engine/layouts/pile.ts";
import { pileOf } from "../../support/layouts.ts";

const PLAN = "%project=x\n\n";
const AT = "2024-01-01T00:00:00Z Ada <ada@example.test>";

type Files = Readonly<Record<string, string | Uint8Array>>;
/** What the one fault is, and where: `code file:line`. */
const CASES: readonly [what: string, tool: Tool, files: Files, wanted: string][] = [
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
  ["two of one name", "plain", { "x/a.sql": "", "y/a.sql": "" }, "layout-duplicate y/a.sql:1"],
  ["version 0", "goose", { "0_a.sql": "-- +goose Up\n" }, "layout-bad-name 0_a.sql:1"],
  // marks
  ["no Up", "goose", { "1_a.sql": "-- Posts.\n" }, "layout-bad-marker 1_a.sql:1"],
  [
    "Up twice",
    "goose",
    { "1_a.sql": "-- +goose Up\nSELECT 1;\n-- +goose Up\n" },
    "layout-bad-marker 1_a.sql:3",
  ],
  [
    "Down twice",
    "goose",
    { "1_a.sql": "-- +goose Up\n-- +goose Down\n-- +goose Down\n" },
    "layout-bad-marker 1_a.sql:3",
  ],
  [
    "no StatementEnd at the end",
    "goose",
    { "1_a.sql": "-- +goose Up\n-- +goose StatementBegin\nSELECT 1;\n" },
    "layout-bad-marker 1_a.sql:2",
  ],
  [
    "no StatementEnd before Down",
    "goose",
    { "1_a.sql": "-- +goose Up\r\n-- +goose StatementBegin\r\nSELECT 1;\r\n-- +goose Down\r\n" },
    "layout-bad-marker 1_a.sql:2",
  ],
  [
    "a StatementEnd alone",
    "goose",
    { "1_a.sql": "-- +goose Up\n\n-- +goose StatementEnd\n" },
    "layout-bad-marker 1_a.sql:3",
  ],
  [
    "a StatementBegin within another",
    "goose",
    {
      "1_a.sql": "-- +goose Up\n-- +goose StatementBegin\n-- +goose StatementBegin\n-- +goose StatementEnd\n",
    },
    "layout-bad-marker 1_a.sql:3",
  ],
  [
    "an unknown annotation",
    "goose",
    { "1_a.sql": "-- +goose Up\n-- +goose Sideways\n" },
    "layout-bad-marker 1_a.sql:2",
  ],
  ["SQL before Up", "goose", { "1_a.sql": "\nSELECT 1;\n-- +goose Up\n" }, "layout-bad-marker 1_a.sql:2"],
  ["no block", "dbmate", { "1_a.sql": "SELECT 1;\n" }, "layout-bad-marker 1_a.sql:1"],
  [
    "down before up",
    "dbmate",
    { "1_a.sql": "-- migrate:down\n-- migrate:up\n" },
    "layout-bad-marker 1_a.sql:1",
  ],
  [
    "up twice",
    "dbmate",
    { "1_a.sql": "-- migrate:up\n-- migrate:down\n-- migrate:up\n" },
    "layout-bad-marker 1_a.sql:3",
  ],
  [
    "SQL before up",
    "dbmate",
    { "1_a.sql": "-- x\nSELECT 1;\n-- migrate:up\n" },
    "layout-bad-marker 1_a.sql:2",
  ],
  [
    "a way back and no way there",
    "node-pg-migrate",
    { "1_a.sql": "SELECT 1;\n-- Down Migration\n" },
    "layout-bad-marker 1_a.sql:2",
  ],
  [
    "no changeset",
    "liquibase",
    { "a.sql": "--liquibase formatted sql\nSELECT 1;\n" },
    "layout-bad-marker a.sql:1",
  ],
  [
    "SQL before the first changeset",
    "liquibase",
    { "a.sql": "--liquibase formatted sql\nSELECT 1;\n--changeset a:1\n" },
    "layout-bad-marker a.sql:2",
  ],
  [
    "a changeset without an id",
    "liquibase",
    { "a.sql": "--liquibase formatted sql\n--changeset a:1\n--changeset ada\n" },
    "layout-bad-marker a.sql:3",
  ],
  [
    "one changeset twice",
    "liquibase",
    { "a.sql": "--liquibase formatted sql\n--changeset a:1\n--changeset a:1\n" },
    "layout-duplicate a.sql:1",
  ],
  [
    "ignored lines without an end",
    "liquibase",
    { "a.sql": "--liquibase formatted sql\n--changeset a:1\n--ignoreLines:start\nSELECT 1;\n" },
    "layout-bad-marker a.sql:3",
  ],
  [
    "an include of nothing",
    "liquibase",
    { "m.xml": '<databaseChangeLog>\n<include file="a.sql"/>\n</databaseChangeLog>' },
    "layout-incomplete m.xml:2",
  ],
  // a plan
  [
    "a line that is none of a plan",
    "sqitch",
    { "sqitch.plan": `${PLAN}a ${AT}\nwhat is this\n`, "deploy/a.sql": "" },
    "layout-bad-marker sqitch.plan:4",
  ],
  [
    "a change without a time",
    "sqitch",
    { "sqitch.plan": `${PLAN}a ${AT}\nb [a] Ada <ada@example.test>\n`, "deploy/a.sql": "" },
    "layout-bad-marker sqitch.plan:4",
  ],
  [
    "dependencies that do not end",
    "sqitch",
    { "sqitch.plan": `${PLAN}a ${AT}\nb [a ${AT}\n`, "deploy/a.sql": "" },
    "layout-bad-marker sqitch.plan:4",
  ],
  [
    "a way out of the folder",
    "sqitch",
    { "sqitch.plan": `${PLAN}a ${AT}\na/../../etc/x ${AT}\n`, "deploy/a.sql": "" },
    "layout-bad-marker sqitch.plan:4",
  ],
  [
    "a name of punctuation",
    "sqitch",
    { "sqitch.plan": `${PLAN}a ${AT}\nb! ${AT}\n`, "deploy/a.sql": "" },
    "layout-bad-marker sqitch.plan:4",
  ],
  [
    "a tag twice",
    "sqitch",
    { "sqitch.plan": `${PLAN}a ${AT}\n@v1 ${AT}\n@v1 ${AT}\n`, "deploy/a.sql": "" },
    "layout-bad-marker sqitch.plan:5",
  ],
  [
    "a tag before all",
    "sqitch",
    { "sqitch.plan": `${PLAN}@v1 ${AT}\na ${AT}\n`, "deploy/a.sql": "" },
    "layout-bad-marker sqitch.plan:3",
  ],
  [
    "a change taken back",
    "sqitch",
    { "sqitch.plan": `${PLAN}a ${AT}\n-a ${AT}\n`, "deploy/a.sql": "" },
    "layout-bad-marker sqitch.plan:4",
  ],
  [
    "no project",
    "sqitch",
    { "sqitch.plan": `a ${AT}\n`, "deploy/a.sql": "" },
    "layout-bad-marker sqitch.plan:1",
  ],
  [
    "a change without its script",
    "sqitch",
    { "sqitch.plan": `${PLAN}a ${AT}\nb ${AT}\n`, "deploy/a.sql": "" },
    "layout-incomplete sqitch.plan:4",
  ],
  [
    "a change again without a tag between",
    "sqitch",
    { "sqitch.plan": `${PLAN}a ${AT}\na ${AT}\n`, "deploy/a.sql": "" },
    "layout-incomplete sqitch.plan:3",
  ],
  [
    "no plan",
    "sqitch",
    { "sqitch.conf": "[core]\n", "deploy/a.sql": "" },
    "layout-incomplete sqitch.conf:null",
  ],
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
  const { faults } = pileOf(files, tool);
  expect(faults.map(({ code, file, line }) => `${code} ${file}:${line}`)).toEqual([wanted]);
  expect(faults[0]?.message.length).toBeGreaterThan(10);
  expect(faults[0]?.remedy).not.toBe("");
});

it("cuts names that are too long, and refuses what no folder could hold", () => {
  const { faults } = pileOf({ [`1_${"a".repeat(300)}.sql`]: "" }, "plain");
  expect(faults.map(({ code }) => code)).toEqual(["layout-bad-name"]);
  expect(faults[0]?.message).toContain("306 bytes");
});

it("reads what is large in little time", () => {
  const start = performance.now();
  const changes = Array.from(
    { length: 5_000 },
    (_, i) => `c${i} [${"x ".repeat(20)}] ${AT} # ${"n".repeat(50)}`,
  );
  const bad = `${" ".repeat(50_000)}[${"[".repeat(50_000)}`;
  pileOf({ "sqitch.plan": `${PLAN}${changes.join("\n")}\n${bad}\n`, "deploy/c0.sql": "" }, "sqitch");
  const statements = `INSERT INTO t VALUES ('\${x}', '{{', 'a\\'); -- }}\n`.repeat(20_000);
  pileOf({ "1_a.sql": `-- +goose Up\n-- +goose ENVSUB ON\n${statements}` }, "goose");
  pileOf(
    { "a.sql": `--liquibase formatted sql\n${`--changeset a:${"1".repeat(20)}\n`.repeat(2_000)}` },
    "liquibase",
  );
  pileOf({ [`V${"1.".repeat(100)}1__a.sql`]: statements, [`V${"9".repeat(200)}__b.sql`]: "" }, "flyway");
  expect(performance.now() - start).toBeLessThan(5_000);
});
