import { beforeAll, describe, expect, it } from "vitest";
import { consolidate } from "#engine/consolidate/consolidation.ts";
import { joinMigrations } from "#engine/consolidate/join.ts";
import { MigrationFault } from "#engine/errors.ts";
import { loadParser } from "#engine/script/script.ts";
import { runOptions } from "../../support/engine.ts";
import { codes } from "../../support/faults.ts";
import { bundleOf, sourceFiles } from "../../support/source_files.ts";

beforeAll(loadParser);

const SCRIPT = { allow: [], history_schema: "public", under_role: false, placeholders: null } as const;

const joined = (files: Readonly<Record<string, string>>, shared = false) =>
  joinMigrations(bundleOf(files).migrations, { name: "all", script: SCRIPT, shared, left_out: [] });

/** What is left of one file, without the banner and what the new file says of itself. */
const partOf = (text: string, shared = false): string =>
  joined({ "1_a.sql": text, "2_b.sql": "SELECT 2;" }, shared)
    .up.split("1_a.sql\n")[1]
    ?.split("\n\n-- ===")[0]
    ?.replace(/^-- =+\n?/, "") ?? "";

describe("a part", () => {
  it.each([
    ["is taken as it is", "SELECT 1;", "SELECT 1;"],
    ["loses its BEGIN and COMMIT", "-- a\nBEGIN;\nSELECT 1;\nCOMMIT;\n", "-- a\nSELECT 1;"],
    ["also on one line", "BEGIN; SELECT 1; COMMIT;", "SELECT 1;"],
    ["with a comment before the semicolon", "BEGIN /* ; */ -- ;\n;\nSELECT 1;\nEND;", "SELECT 1;"],
    ["gets the semicolon that it lacks", "SELECT 1 -- one", "SELECT 1;"],
    [
      "keeps the rows of a COPY, and the line that ends them",
      "COPY t FROM stdin; -- rows\n1\t;\n-- MIGRATION DOWN\nCOMMIT;\n\\.\n-- done\n",
      "COPY t FROM stdin; -- rows\n1\t;\n-- MIGRATION DOWN\nCOMMIT;\n\\.",
    ],
    ["also where there are none", "COPY t FROM stdin;\n\\.", "COPY t FROM stdin;\n\\."],
    [
      "also with the ends of lines that they have",
      "BEGIN;\r\nCOPY t FROM stdin;\r\n1\r\n\\.\r\nCOMMIT;\r\n",
      "COPY t FROM stdin;\r\n1\r\n\\.",
    ],
    ["keeps a semicolon in a string", "SELECT ';' AS a;\n-- done", "SELECT ';' AS a;"],
    [
      "keeps what stands within",
      "SELECT 1;\n\n\n-- b\nSELECT 'a\n\n\nb';",
      "SELECT 1;\n\n\n-- b\nSELECT 'a\n\n\nb';",
    ],
    ["loses its directives", "-- migrate: irreversible so\nSELECT 1;", "SELECT 1;"],
    [
      "loses a rollback in a comment",
      "-- MIGRATION UP\nSELECT 1;\n-- MIGRATION DOWN\n/* SELECT 0; */\n-- NOTES\n",
      "-- MIGRATION UP\nSELECT 1;",
    ],
    ["without a statement is nothing", "-- nothing\n", ""],
    [
      "puts back what it sets",
      "SET search_path TO a;\nSELECT 1;",
      "SET search_path TO a;\nSELECT 1;\nRESET search_path;",
    ],
    ["and what it sets for the transaction", "SET LOCAL jit = off;", "SET LOCAL jit = off;\nRESET jit;"],
    [
      "also by set_config()",
      "SELECT set_config('app.User-id', '1', true);",
      "SELECT set_config('app.User-id', '1', true);\nRESET app.\"user-id\";",
    ],
    ["not what it has put back itself", "SET jit = off;\nRESET jit;", "SET jit = off;\nRESET jit;"],
    [
      "nor what a function sets",
      "CREATE FUNCTION f() RETURNS int LANGUAGE sql SET jit = off AS 'SELECT 1';",
      "CREATE FUNCTION f() RETURNS int LANGUAGE sql SET jit = off AS 'SELECT 1';",
    ],
    [
      "of pg_dump sends what the job sends",
      "SET lock_timeout = 0;\nSET xmloption = content;\nSET row_security = off;\nSELECT 1;",
      "SET LOCAL xmloption = content;\nSET LOCAL row_security = off;\nSELECT 1;\nRESET row_security;\nRESET xmloption;",
    ],
  ])("%s", (_, text, wanted) => {
    expect(partOf(text)).toBe(wanted);
  });

  it("puts nothing back where the bundle's files share a session", () => {
    expect(partOf("SET jit = off;", true)).toBe("SET jit = off;");
  });
});

describe("the new files", () => {
  const down = (n: number): string => `DROP TABLE t${n};`;
  const files = {
    "001_a.sql": "CREATE TABLE t1 ();",
    "002_b.sql": "CREATE TABLE t2 ();\n-- MIGRATION DOWN\n/*\nDROP TABLE t2;\n*/",
    "rollback/001_rollback.sql": down(1),
    "verify/002_verify.sql": "SELECT true AS status;",
  };
  it("undo in reverse order, and verify in order", () => {
    const { rollback, verify, warnings } = joined(files);
    expect(rollback?.replaceAll(/^--.*\n|^\n/gm, "")).toBe("DROP TABLE t2;\nDROP TABLE t1;\n");
    expect(verify).toContain("From verify/002_verify.sql");
    expect(warnings).toEqual([]);
  });

  it.each([
    ["has none", { "rollback/001_rollback.sql": "" }, "001_a has no rollback"],
    [
      "says that it cannot be",
      { "001_a.sql": "-- migrate: irreversible rows are gone\nSELECT 1;" },
      "001_a: rows are gone",
    ],
  ])("cannot be undone where one of them %s", (_, more, why) => {
    const { up, rollback, warnings } = joined({ ...files, ...more });
    expect(rollback).toBeNull();
    expect(up).toContain(`\n-- migrate: irreversible ${why}\n`);
    expect(codes(warnings)).toEqual(["irreversible"]);
  });

  it("have the limit that all of them have", () => {
    const limited = "-- migrate: lock-timeout 5s\nSELECT 1;";
    const { up, faults } = joined({ "1_a.sql": limited, "2_b.sql": "SET lock_timeout = '5s'; SELECT 2;" });
    expect([up.includes("\n-- migrate: lock-timeout 5000ms\n"), faults]).toEqual([true, []]);
    const other = joined({ "1_a.sql": limited, "2_b.sql": "SELECT 2;" });
    expect(other.faults).toMatchObject([{ code: "cannot-consolidate", file: "2_b.sql" }]);
  });

  it("cannot hold what runs outside of a transaction", () => {
    const { faults } = joined({ "1_a.sql": "-- migrate: no-transaction\nVACUUM;", "2_b.sql": "SELECT 2;" });
    expect(faults).toMatchObject([{ code: "cannot-consolidate", file: "1_a.sql" }]);
  });

  it("do not read a file's name as a banner", () => {
    const { faults, up } = joined({
      "1_a MIGRATION DOWN '; DROP TABLE x; --.sql": "SELECT 1;",
      "2_b.sql": "SELECT 2;",
    });
    expect(faults).toEqual([]);
    expect(codes(joined({ "1_x.sql": up, "2_b.sql": "SELECT 2;" }).faults)).toEqual([]);
  });
});

describe("consolidate", () => {
  const FILES = {
    "1_a.sql": "SELECT 1;",
    "2_b.sql": "SELECT 2;",
    "core/3_c.sql": "SELECT 3;",
    "core/rollback/3_c_rollback.sql": "SELECT 0;",
    "4_d.sql": "SELECT 4;",
    "rollback/1_rollback.sql": "SELECT 0;",
  };
  const asked = (versions: string, name = "all", more = {}, leave_out: readonly string[] = []) =>
    consolidate(
      sourceFiles({ ...FILES, ...more }),
      { name: "b", path: "/b" },
      { versions, name, leave_out },
      runOptions(),
    );
  const refusal = async (asking: Promise<unknown>) => {
    const error = await asking.then(
      () => null,
      (thrown: unknown) => thrown,
    );
    return error instanceof MigrationFault ? codes(error.faults) : error;
  };

  it("takes a range or a list, the last one's version, spelling and folder, and says what lies between", async () => {
    const range = await asked("1..3");
    expect(range.chosen.migrations.map(({ label }) => label)).toEqual(["1", "2", "3"]);
    expect(range.after.migrations.map(({ up }) => up.path)).toEqual(["core/3_all.sql", "4_d.sql"]);
    expect(codes(range.warnings)).toEqual(["irreversible"]);
    const list = await asked("3,1");
    expect(list.written.map(({ path }) => path)).toEqual([
      "core/rollback/3_all_rollback.sql",
      "core/3_all.sql",
    ]);
    expect(list.moved.map(({ from }) => from)).toEqual([
      "core/3_c.sql",
      "core/rollback/3_c_rollback.sql",
      "1_a.sql",
      "rollback/1_rollback.sql",
    ]);
    expect(list.warnings).toMatchObject([{ code: "moved-behind", file: "2_b.sql" }]);
    expect(list.after.consolidated[0]?.replaces.map(({ version }) => version)).toEqual([1n, 3n]);
  });

  it.each([
    ["an unknown version", () => asked("1,9"), ["unknown-version"]],
    ["no range", () => asked("1..2..3"), ["unknown-version"]],
    ["no version", () => asked("x"), ["unknown-version"]],
    ["one alone", () => asked("2"), ["bad-argument"]],
    ["nothing", () => asked("3..1"), ["bad-argument"]],
    ["a hostile name", () => asked("1..3", "../x"), ["bad-name"]],
    [
      "a file that is there",
      () => asked("1,3", "all", { "core/rollback/3_all_rollback.sql": "" }),
      ["orphan-script"],
    ],
    ["a verification that is not there", () => asked("1..3", "all", {}, ["1"]), ["unknown-version"]],
  ])("refuses %s", async (_, asking, wanted) => {
    expect(await refusal(asking())).toEqual(wanted);
  });

  it("refuses what was consolidated before, and keeps its entry otherwise", async () => {
    const first = await asked("1..2");
    const more = Object.fromEntries([...first.written, first.list].map(({ path, text }) => [path, text]));
    const { "1_a.sql": _, "2_b.sql": __, "rollback/1_rollback.sql": ___, ...left } = FILES;
    const again = (versions: string) =>
      consolidate(
        sourceFiles({ ...left, ...more }),
        { name: "b", path: "/b" },
        { versions, name: "x", leave_out: [] },
        runOptions(),
      );
    expect(await refusal(again("2..3"))).toEqual(["cannot-consolidate"]);
    expect((await again("3..4")).after.consolidated.map(({ version }) => version)).toEqual([2n, 4n]);
  });

  it("refuses what would leave another setting to those behind, where files share a session", async () => {
    const files = (session: string) => ({
      "bundle.json": JSON.stringify({ name: "b", session }),
      "1_a.sql": "SET search_path = a;",
      "2_b.sql": "SET search_path = b;",
    });
    expect(await refusal(asked("1,4", "all", files("shared")))).toEqual(["cannot-consolidate"]);
    expect(await refusal(asked("1,4", "all", files("isolated")))).toBeNull();
    expect(await refusal(asked("1..4", "all", files("shared")))).toBeNull();
  });
});
