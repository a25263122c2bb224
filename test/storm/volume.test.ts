import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { generatedFiles } from "../support/generated_bundle.ts";
import { runFolder, type Volume } from "../support/volume.ts";

const LONG = process.env.PAWS_STORM === "long";
const MB = 1_000_000;
const BACKEND_MIB = 64;

let db: TestDatabase;
let folder: string;
beforeEach(async () => {
  db = await createDatabase("volume");
  folder = mkdtempSync(join(tmpdir(), "paws-migrate-volume-"));
});
afterEach(async () => {
  rmSync(folder, { recursive: true, force: true });
  await db.drop();
});

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

const TABLE = "CREATE TABLE big (id int, name text, note text);\n";
const NOTE = "lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt";
const row = (i: number) => `(${i}, 'name of row ${i}', '${NOTE}')`;

function insertsOf(bytes: number): string {
  const texts = [TABLE];
  let length = TABLE.length;
  for (let i = 1; length < bytes; i++) {
    const text = `INSERT INTO big (id, name, note) VALUES ${row(i)};\n`;
    texts.push(text);
    length += text.length;
  }
  return texts.join("");
}

/** One COPY with all the rows. */
function copyOf(bytes: number): string {
  const texts = [TABLE, "COPY big FROM stdin;\n"];
  let length = TABLE.length;
  for (let i = 1; length < bytes; i++) {
    const text = `${i}\tname of row ${i}\t${NOTE}\n`;
    texts.push(text);
    length += text.length;
  }
  return `${texts.join("")}\\.\n`;
}

/** INSERTs of a hundred rows on as many lines. */
function multiLineOf(bytes: number): string {
  const texts = [TABLE];
  let length = TABLE.length;
  for (let i = 1; length < bytes; i += 100) {
    const rows = Array.from({ length: 100 }, (_, n) => row(i + n)).join(",\n  ");
    const text = `INSERT INTO big (id, name, note) VALUES\n  ${rows};\n`;
    texts.push(text);
    length += text.length;
  }
  return texts.join("");
}

function print(what: string, { seconds, client_mib, backend_mib, statements, steps }: Volume): void {
  const each = statements > steps ? `${statements} statements` : `${steps} steps`;
  const rate = Math.round(Math.max(statements, steps) / seconds);
  process.stderr.write(
    `volume: ${what}: ${each}, ${seconds.toFixed(1)} s, ${rate} per second, client ${client_mib.toFixed(0)} MiB, backend ${backend_mib.toFixed(0)} MiB private\n`,
  );
}

/**
 * Bytes of the script, and what its client may have: Node with the parser takes 100 MiB before anything is read, and
 * for a moment the bytes and the text made of them are both there.
 */
const [BYTES, CLIENT_MIB] = LONG ? ([100 * MB, 300] as const) : ([10 * MB, 185] as const);

test.each([
  ["one row a statement", insertsOf],
  ["a hundred lines a statement", multiLineOf],
  ["rows behind a COPY", copyOf],
])(
  `a script of ${BYTES / MB} MB, %s, in bounded memory`,
  async (what, scriptOf) => {
    write({ "001_big.sql": scriptOf(BYTES) });
    const done = await runFolder(db, folder, "up");
    print(`${BYTES / MB} MB, ${what}`, done);
    expect(done).toMatchObject({ status: "ok", error: null });
    expect(done.client_mib).toBeLessThan(CLIENT_MIB);
    expect(done.backend_mib).toBeLessThan(BACKEND_MIB);
    const { rows } = await (await db.connect()).query("SELECT count(*)::int AS n FROM big");
    expect(rows[0].n).toBeGreaterThan(BYTES / 300);
  },
  600_000,
);

const [STATEMENTS, MIGRATIONS] = LONG ? [100_000, 10_000] : [10_000, 100];

test(`a file of ${STATEMENTS} statements`, async () => {
  const statements = Array.from({ length: STATEMENTS }, (_, i) => `SELECT ${i};\n`);
  write({ "001_many.sql": statements.join("") });
  const done = await runFolder(db, folder, "up");
  print("one file", done);
  expect(done).toMatchObject({ status: "ok", error: null, statements: STATEMENTS });
}, 600_000);

test(`a bundle of ${MIGRATIONS} migrations: up, nothing to do, status`, async () => {
  write(generatedFiles(MIGRATIONS));
  const up = await runFolder(db, folder, "up");
  print("up", up);
  expect(up).toMatchObject({ status: "ok", error: null, steps: MIGRATIONS });
  const nothing = await runFolder(db, folder, "up");
  print("nothing to do", nothing);
  expect(nothing).toMatchObject({ status: "ok", error: null, steps: 0 });
  const status = await runFolder(db, folder, "status");
  print("status", status);
  expect(status).toMatchObject({ status: "ok", error: null });
}, 600_000);
