import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { layoutFolder } from "../support/layouts.ts";
import { expectValidReport } from "../support/report_schema.ts";
import { sqlFolder } from "../support/sql_folder.ts";
import { useProgram } from "../support/terminal.ts";

const program = useProgram();

/** Half of it is no SQL that a server would take. */
const ODD = {
  "V1__a.sql": "CREATE TABLE a (id int);\n",
  "V2__b.sql": `-- what it is\nINSERT INTO a VALUES (\${id});\n\\i c.sql\n`,
  "V3__c.java": "class V3__c {}",
};

it("writes a bundle that check takes, and says what became what", async () => {
  const cwd = program.folder();
  const made = await program.run(["import", layoutFolder("goose"), "--to", "db/desk"], { cwd });
  expect(made.status).toBe(0);
  expect(made.stdout).toContain(
    "migrations/00003_title_index.sql    rollback    rollback/00003_title_index_rollback.sql",
  );
  expect(made.stdout).toMatch(/5 migrations, 11 files\. Next: paws-migrate check db\/desk\n$/);
  expect(readFileSync(join(cwd, "db/desk/00003_title_index.sql"), "utf8")).toContain(
    "-- migrate: no-transaction\n",
  );
  expect((await program.run(["check", "db/desk"], { cwd })).status).toBe(0);

  const again = await program.run(["import", layoutFolder("goose"), "--to", "db/desk", "--json"], { cwd });
  expect(again.status).toBe(2);
  expect(JSON.parse(again.stdout).error).toMatchObject({ code: "import-target-exists", file: "db/desk" });
});

it.runIf(existsSync("/proc/self"))("ends where a folder cannot be made", async () => {
  const cwd = program.folder();
  const from = sqlFolder({ "1_a.sql": "SELECT 1;" });
  const nowhere = await program.run(["import", from, "--to", "/proc/x", "--json"], { cwd });
  expect([nowhere.status, JSON.parse(nowhere.stdout).error.code]).toEqual([2, "unwritable-file"]);
});

it("names the next command as a shell takes it", async () => {
  const from = sqlFolder({ "1_a.sql": "SELECT 1;" });
  const made = await program.run(["import", from, "--to", "it's new"], { cwd: program.folder() });
  expect(made.stdout).toMatch(/Next: paws-migrate check 'it'\\''s new'\n$/);
});

it("writes nothing while something cannot be translated, and with --skip says it and goes on", async () => {
  const cwd = program.folder();
  const from = sqlFolder(ODD);
  const refused = await program.run(["import", from, "--to", "new", "--json"], { cwd });
  expect(refused.status).toBe(1);
  const report = JSON.parse(refused.stdout);
  expectValidReport(report);
  const places = (faults: readonly { code: string; file: string | null; line: number | null }[]) =>
    faults.map(({ code, file, line }) => [code, file, line]);
  const wanted = [
    ["untranslated-variable", "V2__b.sql", 2],
    ["untranslated-psql", "V2__b.sql", 3],
    ["untranslated-migration", "V3__c.java", 1],
  ];
  expect(places(report.refusals)).toEqual(wanted);
  expect(report).toMatchObject({ command: "import", status: "failed", written: false });
  expect(existsSync(join(cwd, "new"))).toBe(false);

  const skipped = await program.run(["import", from, "--to", "new", "--skip", "--json"], { cwd });
  expect(skipped.status).toBe(0);
  const done = JSON.parse(skipped.stdout);
  expectValidReport(done);
  expect(places(done.warnings)).toEqual(wanted);
  expect(done).toMatchObject({ written: true, refusals: [], tool: "flyway" });
  expect(readdirSync(join(cwd, "new")).sort()).toEqual(["1_a.sql", "2_b.sql", "3_c.sql", "imported.json"]);
  expect(readFileSync(join(cwd, "new/2_b.sql"), "utf8")).toBe(ODD["V2__b.sql"]);
});

it("lists the same and writes nothing with --dry-run", async () => {
  const cwd = program.folder();
  mkdirSync(join(cwd, "empty"));
  const words = ["import", layoutFolder("diesel"), "--to", "empty", "--json"];
  const dry = JSON.parse((await program.run([...words, "--dry-run"], { cwd })).stdout);
  expect(readdirSync(join(cwd, "empty"))).toEqual([]);
  expectValidReport(dry);
  const real = JSON.parse((await program.run(words, { cwd })).stdout);
  expect([dry.written, real.written]).toEqual([false, true]);
  expect(dry).toMatchObject({ status: "ok", files: real.files, map: real.map, left: real.left });
  expect(real.map[1]).toEqual({
    version: "20240501101010",
    name: "create_notes",
    id: "20240501101010",
    path: "migrations/2024-05-01-101010_create_notes/up.sql",
  });
});

it("asks for the tool where two may have written the files, and takes --from", async () => {
  const cwd = sqlFolder({ "V1__a.sql": "SELECT 1;", "2_b.sql": "-- +goose Up\nSELECT 2;" });
  const ambiguous = await program.run(["import", ".", "--to", "new"], { cwd });
  expect(ambiguous.status).toBe(2);
  expect(ambiguous.stderr).toContain("--from flyway or --from goose");
  writeFileSync(join(cwd, "file"), "");
  const onFile = await program.run(["import", ".", "--from", "goose", "--to", "file", "--json"], { cwd });
  expect(JSON.parse(onFile.stdout).error.code).toBe("import-target-exists");
  const wrong = await program.run(["import", ".", "--from", "cobol", "--to", "new"], { cwd });
  expect([wrong.status, wrong.stderr]).toEqual([2, expect.stringContaining("golang-migrate")]);
});
