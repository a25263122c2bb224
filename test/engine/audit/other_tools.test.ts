import { expect, test } from "vitest";
import { audit } from "#engine/audit/audit.ts";
import type { Pile, PileMigration } from "#engine/layouts/pile.ts";
import { saidOf } from "../../support/audited.ts";

const migration = (more: Partial<PileMigration>): PileMigration => ({
  id: "1",
  name: "rooms",
  up: { path: "00001_rooms.sql", line: 2, text: "CREATE TABLE rooms ();\n" },
  down: null,
  verify: null,
  repeatable: false,
  also: [],
  transactional: null,
  down_transactional: null,
  notes: [],
  stand_in: false,
  ...more,
});

/** Of a pile as a reader of layouts may give it; the files themselves are not looked at again. */
async function found(...migrations: readonly PileMigration[]) {
  const pile: Pile = { tool: "goose", migrations, left: [], untranslated: [], faults: [] };
  return audit(pile, { files: [], stats: new Map(), faults: [] }, "sql");
}

test("parts of one file are one row, and their lines are the file's", async () => {
  const up = { path: "00001_rooms.sql", line: 2, text: "CREATE TABLE rooms ();\nDROP TABLE halls;\n" };
  const down = { path: "00001_rooms.sql", line: 9, text: "\nDROP TABLE rooms CASCADE;\nSELEC;\n" };
  const { files, findings } = await found(migration({ up, down }));
  expect(files).toMatchObject([{ path: "00001_rooms.sql", rollback: "00001_rooms.sql", statements: 4 }]);
  expect(files[0]?.objects.map(({ change, name }) => `${change} ${name}`)).toEqual([
    "makes rooms",
    "drops halls",
    "drops rooms",
  ]);
  const said = findings.filter(({ code, line }) => line !== null && code !== "no-verification");
  const places = said.map(({ code, line }) => `${code} ${line}`);
  expect(places).toEqual(["drops-data 3", "cascade 10", "unparsable 11"]);
});

test("what its tool runs outside of a transaction may stand there", async () => {
  const up = { path: "00001_rooms.sql", line: 2, text: "CREATE INDEX CONCURRENTLY i ON rooms (a);\n" };
  const said = async (transactional: boolean | null) =>
    saidOf(await found(migration({ up, transactional }))).filter((one) => /outside|transactional/.test(one));
  expect(await said(false)).toEqual(["outside-transaction 00001_rooms.sql:2"]);
  expect(await said(null)).toEqual(["non-transactional 00001_rooms.sql:2"]);
});

test("of a way back its tool says by itself whether it runs outside of a transaction", async () => {
  const down = { path: "00001_rooms.sql", line: 5, text: "DROP INDEX CONCURRENTLY i;\n" };
  const said = async (of_up: boolean | null, of_down: boolean | null) =>
    saidOf(await found(migration({ down, transactional: of_up, down_transactional: of_down }))).filter(
      (one) => /outside|transactional/.test(one),
    );
  expect(await said(false, null)).toEqual([
    "outside-transaction 00001_rooms.sql:2",
    "non-transactional 00001_rooms.sql:5",
  ]);
  expect(await said(null, false)).toEqual(["outside-transaction 00001_rooms.sql:5"]);
});

test("lines of statements that stand elsewhere are the files'", async () => {
  const text = "CREATE TABLE a ();\n";
  const { findings } = await found(
    migration({ id: "1", up: { path: "1_a.sql", line: 2, text } }),
    migration({ id: "2", up: { path: "2_b.sql", line: 4, text: `${text}SELECT 1;` } }),
  );
  const [twice] = findings.filter(({ code }) => code === "duplicate-statement");
  expect(twice).toMatchObject({ line: 4, message: "2_b.sql:4 says what 1_a.sql:2 says." });
});

test("what is applied anew needs neither version nor rollback", async () => {
  const { files, findings } = await found(migration({ id: "views", repeatable: true }));
  expect(files).toMatchObject([{ role: "repeatable", proposed_name: null }]);
  expect(findings).toEqual([]);
});

test("what is no SQL keeps its row, and its stand-in is not read", async () => {
  const up = { path: "2_b.go", line: 1, text: "DO $$ BEGIN RAISE EXCEPTION 'no'; END $$;" };
  const { files } = await found(migration({ up, stand_in: true }));
  expect(files).toMatchObject([{ path: "2_b.go", statements: null, verification: null }]);
});

test("of several migrations of one file each is told what it has not", async () => {
  const { findings } = await found(
    migration({ id: "1", up: { path: "log.sql", line: 2, text: "CREATE TABLE a ();\n" } }),
    migration({ id: "2", up: { path: "log.sql", line: 5, text: "CREATE TABLE b ();\n" } }),
  );
  const missing = findings.filter(({ code }) => code === "no-rollback");
  expect(missing.map(({ file, line }) => [file, line])).toEqual([
    ["log.sql", 2],
    ["log.sql", 5],
  ]);
});

test("several migrations of one file are not held to be each other's copies", async () => {
  const { files, findings } = await found(
    migration({ id: "1", up: { path: "log.sql", line: 1, text: "CREATE TABLE a ();\n" } }),
    migration({ id: "2", up: { path: "log.sql", line: 3, text: "CREATE TABLE a ();\n" } }),
  );
  expect(files).toMatchObject([{ path: "log.sql", migrations: ["1", "2"], statements: 2 }]);
  expect(findings.map(({ code }) => code).filter((code) => code.startsWith("duplicate"))).toEqual([]);
});
