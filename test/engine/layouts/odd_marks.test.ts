import { expect, it } from "vitest";
import { cpuTimed } from "../../support/cpu_time.ts";
import { type OddPile, pileOf, placesOf } from "../../support/layouts.ts";

const PLAN = "%project=x\n\n";
const AT = "2024-01-01T00:00:00Z Ada <ada@example.test>";

/** What the one fault is, and where: `code file:line`. */
const CASES: readonly OddPile[] = [
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
    "layout-duplicate a.sql:3",
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
];

it.each(CASES)("says where %s stands in a pile of %s", (_, tool, files, wanted) => {
  expect(placesOf(pileOf(files, tool).faults)).toEqual([wanted]);
});

it("reads what is large in little time", () => {
  const { cpu_ms } = cpuTimed(() => {
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
  });
  expect(cpu_ms).toBeLessThan(5_000);
});
