import { describe, expect, it } from "vitest";
import { planImport } from "#engine/layouts/import.ts";
import type { Tool } from "#engine/layouts/pile.ts";
import { loadParser } from "#engine/script/script.ts";
import { pileOf, placesOf } from "../../support/layouts.ts";

await loadParser();

type Files = Readonly<Record<string, string>>;
const PLAN = "%project=x\na 2024-01-01T00:00:00Z A <a@b>\n";

const CASES: readonly [what: string, tool: Tool, files: Files, wanted: readonly string[]][] = [
  [
    "a placeholder of Flyway, in a string and a body too, and not in a comment",
    "flyway",
    { "V1__a.sql": `-- \${no}\nSELECT '\${yes}';\nDO $$ BEGIN PERFORM \${too}; END $$;\n/* \${no} */` },
    ["untranslated-variable V1__a.sql:2", "untranslated-variable V1__a.sql:3"],
  ],
  ["no placeholder where another tool runs the file", "supabase", { "1_a.sql": `SELECT '\${x}';` }, []],
  [
    "a template, but not within a string",
    "plain",
    { "1_a.sql": "SELECT '{{ a }}';\nSELECT {{ b }};\n-- {{ c }}" },
    ["untranslated-variable 1_a.sql:2"],
  ],
  [
    "psql's commands, but for those that do nothing here",
    "plain",
    {
      "1_a.sql":
        "\\set ON_ERROR_STOP on\n\\timing\nSELECT 1;\n\\i other.sql\n\\copy t from 'x'\nSELECT E'\\\\i';",
    },
    ["untranslated-psql 1_a.sql:4", "untranslated-psql 1_a.sql:5"],
  ],
  [
    "psql's variables, which look like slices and casts",
    "sqitch",
    {
      "sqitch.plan": PLAN,
      "deploy/a.sql": "SELECT a[1:n], b[:n], c::text, ':d', :'e', :\"f\", (:g) FROM t WHERE x = :h;\n-- :i",
    },
    [
      "untranslated-variable deploy/a.sql:1",
      "untranslated-variable deploy/a.sql:1",
      "untranslated-variable deploy/a.sql:1",
      "untranslated-variable deploy/a.sql:1",
    ],
  ],
  [
    "what goose takes from the environment",
    "goose",
    {
      "1_a.sql": `-- +goose Up\nSELECT '\${A}';\n-- +goose ENVSUB ON\nSELECT '\${B}', $C; -- $D\nSELECT $1;\n-- +goose ENVSUB OFF\nSELECT '\${E}';\n`,
    },
    ["untranslated-variable 1_a.sql:4", "untranslated-variable 1_a.sql:4"],
  ],
  [
    "what stands in the way back, by the lines of the file",
    "goose",
    { "1_a.sql": "-- +goose Up\nSELECT 1;\n-- +goose Down\nSELECT 2;\n\\gexec\n" },
    ["untranslated-psql 1_a.sql:5"],
  ],
  [
    "Go",
    "goose",
    { "1_a.sql": "-- +goose Up\n", "2_b.go": "", "2_b_test.go": "" },
    ["untranslated-migration 2_b.go:1"],
  ],
  ["Java", "flyway", { "V1__a.sql": "", "V2__b.java": "" }, ["untranslated-migration V2__b.java:1"]],
  [
    "JavaScript",
    "node-pg-migrate",
    { "1_a.sql": "-- Up Migration\n", "2_b.js": "", "3_c.ts": "" },
    ["untranslated-migration 2_b.js:1", "untranslated-migration 3_c.ts:1"],
  ],
  [
    "Ruby that the structure does not know",
    "rails",
    {
      "db/structure.sql": "INSERT INTO schema_migrations VALUES ('1');",
      "db/migrate/1_a.rb": "",
      "db/migrate/2_b.rb": "",
    },
    ["untranslated-migration db/migrate/2_b.rb:1"],
  ],
  [
    "another setting in a .conf",
    "flyway",
    { "V1__a.sql": "", "V1__a.sql.conf": "# x\nexecuteInTransaction=true\nencoding=UTF-16\n" },
    ["untranslated-option V1__a.sql.conf:3"],
  ],
  [
    "another option of dbmate",
    "dbmate",
    { "1_a.sql": "-- migrate:up transaction:false shard:2\n" },
    ["untranslated-option 1_a.sql:1"],
  ],
  [
    "another setting of Diesel",
    "diesel",
    { "1_a/up.sql": "", "1_a/metadata.toml": "run_in_transaction = true\nmood = 1\n" },
    ["untranslated-option 1_a/metadata.toml:2"],
  ],
  [
    "settings of Flyway that are others here",
    "flyway",
    {
      "V1__a.sql": "SELECT 1;",
      "conf/flyway.conf":
        "# flyway.initSql=SELECT 0\nflyway.url=jdbc:x\nflyway.schemas=public\nflyway.defaultSchema=app\nflyway.initSql=SET ROLE x\n",
      "flyway.toml":
        '[flyway]\nsqlMigrationSuffixes = [".sql"]\nexecuteInTransaction = false\nplaceholderPrefix = "#["\n',
    },
    [
      "untranslated-option conf/flyway.conf:4",
      "untranslated-option conf/flyway.conf:5",
      "untranslated-option flyway.toml:3",
      "untranslated-option flyway.toml:4",
    ],
  ],
  [
    "conditions of Liquibase",
    "liquibase",
    {
      "a.sql":
        '--liquibase formatted sql\n--property name:x value:y\n--changeset a:1 context:test labels:"a b" runAlways:true\n--preconditions onFail:MARK_RAN\n--precondition-sql-check expectedResult:0 SELECT 1\nSELECT 1;\n--rollback changesetId:0 changesetAuthor:a\n',
    },
    [
      "untranslated-option a.sql:2",
      "untranslated-option a.sql:3",
      "untranslated-option a.sql:3",
      "untranslated-option a.sql:3",
      "untranslated-option a.sql:4",
      "untranslated-option a.sql:5",
      "untranslated-option a.sql:7",
    ],
  ],
  [
    "a delimiter that is a pattern",
    "liquibase",
    { "a.sql": "--liquibase formatted sql\n--changeset a:1 endDelimiter:\\n/\\s*\\n\nSELECT 1\n" },
    ["untranslated-option a.sql:2"],
  ],
  [
    "changesets in XML and YAML",
    "liquibase",
    {
      "m.xml":
        '<databaseChangeLog>\n<changeSet id="1" author="a">\n<dropTable tableName="t"/></changeSet>\n<include file="n.yaml"/></databaseChangeLog>',
      "n.yaml":
        "databaseChangeLog:\n  - changeSet:\n      id: 2\n      author: b\n  - include:\n      file: a.sql\n",
      "a.sql": "--liquibase formatted sql\n--changeset a:3\nSELECT 1;\n",
    },
    ["untranslated-migration m.xml:2", "untranslated-migration n.yaml:2"],
  ],
  [
    "what a changelog in XML or YAML says of the files it includes",
    "liquibase",
    {
      "m.xml":
        '<databaseChangeLog>\n<property name="x" value="y"/>\n<preConditions><dbms type="h2"/></preConditions>\n<include file="a.sql"\n contextFilter="test" labels="l"/>\n<include file="n.yaml"/>\n<changeSet id="1" author="a">\n<preConditions/></changeSet></databaseChangeLog>',
      "n.yaml":
        "databaseChangeLog:\n  - property:\n      name: x\n  - preConditions:\n      - dbms:\n          type: h2\n  - include:\n      file: b.sql\n      context: test\n",
      "a.sql": "--liquibase formatted sql\n--changeset a:1\nSELECT 1;\n",
      "b.sql": "--liquibase formatted sql\n--changeset a:2\nSELECT 1;\n",
    },
    [
      "untranslated-option m.xml:2",
      "untranslated-option m.xml:3",
      "untranslated-option m.xml:4",
      "untranslated-option m.xml:4",
      "untranslated-migration m.xml:7",
      "untranslated-option n.yaml:2",
      "untranslated-option n.yaml:4",
      "untranslated-option n.yaml:7",
    ],
  ],
];

describe("what cannot be translated", () => {
  it.each(CASES)("lists %s", (_, tool, files, wanted) => {
    const pile = pileOf(files, tool);
    expect(pile.faults).toEqual([]);
    expect(placesOf(pile.untranslated)).toEqual(wanted);
  });

  it("refuses the import, unless it is to be skipped: then all of it is a warning", () => {
    for (const [, tool, files, wanted] of CASES) {
      const pile = pileOf(files, tool);
      const whole = planImport(pile, false);
      expect(placesOf(whole.refusals)).toEqual(wanted);
      const skipped = planImport(pile, true);
      expect(skipped.refusals).toEqual([]);
      for (const one of wanted) expect(placesOf(skipped.warnings)).toContain(one);
      expect(skipped.bundle.migrations.map(({ id }) => id)).toEqual(pile.migrations.map(({ id }) => id));
    }
  });

  it("keeps the place of what is no SQL by a statement that raises", () => {
    const pile = pileOf({ "1_a.sql": "-- +goose Up\n", "2_b.go": "", "3_c.sql": "-- +goose Up\nSELECT 1;" });
    expect(pile.migrations.map(({ stand_in }) => stand_in)).toEqual([false, true, false]);
    const { files } = planImport(pile, true).bundle;
    expect(files.map(({ path }) => path)).toEqual(["1_a.sql", "2_b.sql", "3_c.sql", "imported.json"]);
    expect(files[1]?.text).toMatch(/^-- 2_b\.go is no SQL\.[^\n]*\nDO [\s\S]*RAISE EXCEPTION/);
  });

  it("lists no more places of one script than a person reads", () => {
    const { untranslated } = pileOf({ "V1__a.sql": `SELECT '\${x}';\n`.repeat(50) });
    expect(untranslated).toHaveLength(20);
    expect(untranslated.at(-1)?.message).toContain("30 more");
    expect(untranslated.at(-1)?.line).toBe(20);
    const substituted = `-- +goose Up\n-- +goose ENVSUB ON\n${"SELECT '$X';\n".repeat(50)}`;
    expect(pileOf({ "1_a.sql": substituted }).untranslated).toHaveLength(20);
  });
});
