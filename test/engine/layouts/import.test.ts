import { describe, expect, it } from "vitest";
import { bundleName } from "#engine/layouts/bundle_names.ts";
import { planImport } from "#engine/layouts/import.ts";
import type { Tool } from "#engine/layouts/pile.ts";
import { loadParser } from "#engine/script/script.ts";
import { importedFiles, pileOf, placesOf } from "../../support/layouts.ts";

await loadParser();

const names = (files: Readonly<Record<string, string>>, from: Tool | null = null): readonly string[] =>
  Object.keys(importedFiles(pileOf(files, from))).slice(0, -1);

describe("names of imported migrations", () => {
  it.each<[string, Readonly<Record<string, string>>, Tool, readonly string[]]>([
    [
      "keeps whole numbers",
      { "V1__a.sql": "", "V10__c.sql": "", "V2__b.sql": "" },
      "flyway",
      ["1_a.sql", "2_b.sql", "10_c.sql"],
    ],
    [
      "numbers all where one cannot be kept",
      { "V1__a.sql": "", "V2__b.sql": "", "V2.1__c.sql": "" },
      "flyway",
      ["0001_a.sql", "0002_b.sql", "0003_c.sql"],
    ],
    [
      "keeps the order of numbers of unlike length",
      { "10_c.up.sql": "", "9_b.up.sql": "", "008_a.up.sql": "" },
      "golang-migrate",
      ["008_a.sql", "9_b.sql", "10_c.sql"],
    ],
    [
      "keeps dates",
      { "V20240102__a.sql": "", "V20240103120000__b.sql": "" },
      "flyway",
      ["20240102_a.sql", "20240103120000_b.sql"],
    ],
    [
      "numbers what is no real date",
      { "20241301_a.up.sql": "", "20241302_b.up.sql": "" },
      "golang-migrate",
      ["0001_a.sql", "0002_b.sql"],
    ],
    [
      "numbers what would be above every date",
      { "123456789012345_a.up.sql": "", "123456789012346_b.up.sql": "" },
      "golang-migrate",
      ["0001_a.sql", "0002_b.sql"],
    ],
    [
      "numbers where our order would differ",
      { "20240102_a.up.sql": "", "30000000_b.up.sql": "" },
      "golang-migrate",
      ["0001_a.sql", "0002_b.sql"],
    ],
    [
      "begins with 1 where the tool begins with 0",
      { "000_a.up.sql": "", "002_b.up.sql": "" },
      "golang-migrate",
      ["001_a.sql", "002_b.sql"],
    ],
    [
      "numbers where 0 and 1 would both be 1",
      { "0_a.up.sql": "", "1_b.up.sql": "" },
      "golang-migrate",
      ["0001_a.sql", "0002_b.sql"],
    ],
    [
      "cuts milliseconds off a date",
      { "20240102030405678_a.sql": "-- Up Migration\n" },
      "node-pg-migrate",
      ["20240102030405_a.sql"],
    ],
    [
      "orders numbers by their value, whatever stands behind them",
      { "10-c.sql": "", "9-b.sql": "", "1.10 a.sql": "", "1.9 a.sql": "", "1_z.sql": "" },
      "plain",
      ["0001_z.sql", "0002_1_9_a.sql", "0003_1_10_a.sql", "0004_9_b.sql", "0005_10_c.sql"],
    ],
    [
      "orders names as a shell does where one has no number",
      { "10-c.sql": "", "9-b.sql": "", "a.sql": "" },
      "plain",
      ["0001_10_c.sql", "0002_9_b.sql", "0003_a.sql"],
    ],
    ["numbers names alone", { "b.sql": "", "a.sql": "" }, "plain", ["0001_a.sql", "0002_b.sql"]],
    [
      "numbers a plan of one moment",
      {
        "sqitch.plan": "%project=x\na 2024-01-01T00:00:00Z A <a@b>\nb 2024-01-01T00:00:00Z A <a@b>\n",
        "deploy/a.sql": "",
        "deploy/b.sql": "",
      },
      "sqitch",
      ["0001_a.sql", "0002_b.sql"],
    ],
  ])("%s", (_, files, tool, wanted) => {
    expect(names(files, tool)).toEqual(wanted);
  });

  it.each([
    ["Add Users", "add_users"],
    ["add-users.v2", "add_users_v2"],
    ["__x__", "x"],
    ["", "migration"],
    ["--", "migration"],
    ["Größe", "größe"],
    ["../../etc/passwd", "etc_passwd"],
    ["a\u001b[2J", "a_2j"],
    ["x".repeat(300), "x".repeat(100)],
    ["ß".repeat(100), "ß".repeat(75)],
    ["😀 x", "x"],
  ])("are in our convention: %j becomes %j", (given, wanted) => {
    expect(bundleName(given)).toBe(wanted);
  });

  it("are each their own below repeatable/", () => {
    expect(names({ "R__a b.sql": "", "R__a-b.sql": "", "V1__x.sql": "" })).toEqual([
      "1_x.sql",
      "repeatable/a_b.sql",
      "repeatable/a_b_2.sql",
    ]);
  });
});

it("takes what is named a way back in front for one, not for a migration at the end", () => {
  const files = {
    "001_rooms.sql": "CREATE TABLE rooms ();",
    "rollback_001_rooms.sql": "DROP TABLE rooms;",
    "002_keys.sql": "CREATE TABLE keys ();",
    "undo/undo_002_keys.sql": "DROP TABLE keys;",
    "verify-002_keys.sql": "SELECT 1;",
    "003_undo_log.sql": "CREATE TABLE undo_log ();",
  };
  expect(names(files)).toEqual([
    "001_rooms.sql",
    "rollback/001_rooms_rollback.sql",
    "002_keys.sql",
    "rollback/002_keys_rollback.sql",
    "verify/002_keys_verify.sql",
    "003_undo_log.sql",
  ]);
});

it("numbers what is repeatable where its tool has another order than that of the names", () => {
  const view = (id: string) => `--changeset a:${id} runOnChange:true\nSELECT 1;\n`;
  const pile = pileOf({ "v.sql": `--liquibase formatted sql\n${view("z")}${view("b")}` });
  expect(planImport(pile, false).bundle.files.map(({ path }) => path)).toEqual([
    "repeatable/010_v_z.sql",
    "repeatable/020_v_b.sql",
    "imported.json",
  ]);
});

describe("what is repeatable", () => {
  it("keeps its verification", () => {
    const check = "SELECT 'b' AS check_name, 'PASS' AS status;";
    const pile = pileOf({ "R__B.sql": "SELECT 1;", "verify/R__B_verify.sql": check }, "paws-migrate");
    expect(importedFiles(pile)).toMatchObject({
      "repeatable/b.sql": "SELECT 1;",
      "verify/R__b_verify.sql": check,
    });
    expect(planImport(pile, false).refusals).toEqual([]);
  });

  it.each<[string, Readonly<Record<string, string>>]>([
    ["by its setting", { "R__a.sql": "SELECT 1;", "R__a.sql.conf": "executeInTransaction=false" }],
    ["by its statements", { "R__a.sql": "VACUUM;" }],
  ])("has no counterpart where it runs outside of a transaction: %s", (_, files) => {
    const pile = pileOf(files, "flyway");
    expect(placesOf(planImport(pile, false).refusals)).toEqual(["untranslated-option R__a.sql:1"]);
    const skipped = planImport(pile, true);
    expect(skipped.refusals).toEqual([]);
    expect(placesOf(skipped.warnings)).toEqual(["untranslated-option R__a.sql:1"]);
    expect(importedFiles(pile, true)["repeatable/a.sql"]).toBe(files["R__a.sql"]);
  });
});

describe("the text of imported migrations", () => {
  it("keeps line ends, and leaves a byte order mark off", () => {
    const files = { "V1__a.sql": "\uFEFFVACUUM;\r\n", "V2__b.sql": "SELECT 1;\rSELECT 2;" };
    expect(importedFiles(pileOf(files))).toMatchObject({
      "1_a.sql": "-- migrate: no-transaction\r\nVACUUM;\r\n",
      "2_b.sql": "SELECT 1;\rSELECT 2;",
    });
  });

  it("says no-transaction where the tool does, or says nothing and no transaction could hold it", () => {
    const conf = (said: string) => ({
      "V1__a.sql": "VACUUM;",
      "V1__a.sql.conf": `executeInTransaction=${said}`,
    });
    expect(importedFiles(pileOf(conf("true")))["1_a.sql"]).toBe("VACUUM;");
    expect(importedFiles(pileOf(conf("FALSE")))["1_a.sql"]).toBe("-- migrate: no-transaction\nVACUUM;");
    expect(importedFiles(pileOf({ "V1__a.sql": "SELECT 'VACUUM';" }))["1_a.sql"]).toBe("SELECT 'VACUUM';");
  });

  const back = (files: Readonly<Record<string, string>>) =>
    importedFiles(pileOf(files))["rollback/1_a_rollback.sql"];

  it("says no-transaction of the one way alone of which the tool says it", () => {
    const dbmate = (up: string, down: string) => ({
      "1_a.sql": `-- migrate:up ${up}\nCREATE TABLE a ();\n-- migrate:down ${down}\nDROP TABLE a;\n`,
    });
    const undo = {
      "V1__a.sql": "CREATE TABLE a ();\n",
      "U1__a.sql": "DROP TABLE a;\n",
      "U1__a.sql.conf": "executeInTransaction=false",
    };
    const piles = [dbmate("transaction:false", ""), dbmate("", "transaction:false"), undo];
    const forward = (files: Readonly<Record<string, string>>) => importedFiles(pileOf(files))["1_a.sql"];
    expect(piles.map((files) => [forward(files), back(files)])).toEqual([
      ["-- migrate: no-transaction\nCREATE TABLE a ();\n", "DROP TABLE a;\n"],
      ["CREATE TABLE a ();\n", "-- migrate: no-transaction\nDROP TABLE a;\n"],
      ["CREATE TABLE a ();\n", "-- migrate: no-transaction\nDROP TABLE a;\n"],
    ]);
  });

  it("says no-transaction of the way back too where one line of the tool speaks of both", () => {
    const goose = {
      "1_a.sql": "-- +goose Up\n-- +goose NO TRANSACTION\nVACUUM;\n-- +goose Down\nSELECT 1;\n",
    };
    const diesel = {
      "1_a/up.sql": "VACUUM;",
      "1_a/down.sql": "SELECT 1;\n",
      "1_a/metadata.toml": "run_in_transaction = false",
    };
    const flyway = {
      "V1__a.sql": "VACUUM;",
      "U1__a.sql": "SELECT 1;\n",
      "V1__a.sql.conf": "executeInTransaction=false",
    };
    expect([goose, diesel, flyway].map(back)).toEqual([
      "-- migrate: no-transaction\nSELECT 1;\n",
      "-- migrate: no-transaction\nSELECT 1;\n",
      "SELECT 1;\n",
    ]);
  });

  it("warns of a way back that is empty, and writes none", () => {
    const { bundle, warnings } = planImport(
      pileOf({ "1_a.sql": "-- +goose Up\nSELECT 1;\n-- +goose Down\n\n" }),
      false,
    );
    expect(bundle.files.map(({ path }) => path)).toEqual(["1_a.sql", "imported.json"]);
    expect(warnings.map(({ code, file, line }) => [code, file, line])).toEqual([
      ["import-empty-down", "1_a.sql", 4],
    ]);
  });

  it("refuses what our own reader would, with the place in the tool's file", () => {
    const text = "-- +goose Up\n-- migrate: sideways\nSELECT 1;\n";
    const { refusals } = planImport(pileOf({ "1_a.sql": text }), false);
    expect(refusals.map(({ code, file, line }) => [code, file, line])).toEqual([
      ["directive-unknown", "1_a.sql", 2],
    ]);
  });

  it("takes a delimiter for the end of a statement, but not within a string or a body", () => {
    const text =
      "--liquibase formatted sql\n--changeset a:1 endDelimiter:GO\nSELECT 'GO\nGO'\nGO\nDO $$ BEGIN\nGO\nEND $$\nGO\n";
    expect(importedFiles(pileOf({ "a.sql": text }))["1_a_1.sql"]).toContain(
      "SELECT 'GO\nGO'\n;\nDO $$ BEGIN\nGO\nEND $$\n;\n",
    );
  });

  it("passes over what Liquibase ignores", () => {
    const text =
      "--liquibase formatted sql\n--changeset a:1\nSELECT 1;\n--ignoreLines:start\nSELECT 2;\n--ignoreLines:end\nSELECT 3;\n--ignoreLines:1\nSELECT 4;\nSELECT 5;\n";
    const pile = pileOf({ "a.sql": text });
    expect(pile.migrations[0]?.up.text).toBe("SELECT 1;\n\n\n\nSELECT 3;\n\n\nSELECT 5;\n");
    expect(pile.left.map(({ why }) => why)).toEqual([
      "Liquibase ignores its lines 4 to 6",
      "Liquibase ignores its lines 8 to 9",
    ]);
  });

  it("follows the order of Liquibase's changelogs", () => {
    const sql = (id: number) => `--liquibase formatted sql\n--changeset a:${id}\nSELECT ${id};\n`;
    const master =
      "databaseChangeLog:\n  - include:\n      file: db/b.sql\n  - include: { file: db/sub.xml }\n";
    const sub =
      '<databaseChangeLog><includeAll path="more/" relativeToChangelogFile="true"/><include file="../last.sql" relativeToChangelogFile="true"/></databaseChangeLog>';
    const pile = pileOf({
      "m.yaml": master,
      "db/sub.xml": sub,
      "db/b.sql": sql(1),
      "db/more/z.sql": sql(3),
      "db/more/a.sql": sql(2),
      "db/lost.sql": sql(9),
      "last.sql": sql(4),
    });
    expect(pile.faults).toEqual([]);
    expect(pile.migrations.map(({ id }) => id)).toEqual([
      "db/b.sql::1::a",
      "db/more/a.sql::2::a",
      "db/more/z.sql::3::a",
      "last.sql::4::a",
    ]);
    expect(pile.left).toContainEqual({ path: "db/lost.sql", why: "no changelog includes it" });
  });
});
