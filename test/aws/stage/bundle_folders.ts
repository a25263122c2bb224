import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { GATES } from "./gate.ts";

export type Files = Readonly<Record<string, string>>;

const stem = (version: number): string => `${String(version).padStart(3, "0")}_table_${version}`;
const table = (version: number): string => `app.t${version}`;

/** A migration that makes a table, tells the journal, and can be held up at a gate; and so does its rollback. */
export const migration = (version: number, also = ""): Files => ({
  [`${stem(version)}.sql`]: [
    PATIENCE,
    gate("up", version),
    `CREATE TABLE ${table(version)} (id bigint PRIMARY KEY, note text NOT NULL);`,
    `INSERT INTO app.journal (line) VALUES ('up ${version}');`,
    also,
  ].join("\n"),
  [`rollback/${stem(version)}_rollback.sql`]: [
    PATIENCE,
    gate("down", version),
    `DROP TABLE ${table(version)};`,
    `INSERT INTO app.journal (line) VALUES ('down ${version}');`,
  ].join("\n"),
  [`verify/${stem(version)}_verify.sql`]: verification(version, "PASS"),
});

/** The job's own is short, and a gate may be closed for longer. */
const PATIENCE = "-- migrate: lock-timeout 60s";

const gate = (direction: keyof typeof GATES, version: number): string =>
  `SELECT pg_advisory_xact_lock(${GATES[direction]}, ${version});`;

const verification = (version: number, there: "PASS" | "FAIL"): string =>
  `SELECT 'table ${version} is there' AS check_name,
          CASE WHEN to_regclass('${table(version)}') IS NOT NULL THEN '${there}' ELSE 'FAIL' END AS status;\n`;

/** Of the migrations 1 to `last`. */
export const migrations = (last: number): Files =>
  Object.assign({}, ...Array.from({ length: last }, (_, at) => migration(at + 1)));

/** The second runs statement by statement, outside of a transaction, with its gate between the two that write. */
export const outsideMigrations = (): Files => ({
  ...migration(1),
  [`${stem(2)}.sql`]: [
    "-- migrate: no-transaction",
    PATIENCE,
    "INSERT INTO app.journal (line) VALUES ('begin 2');",
    gate("up", 2),
    `CREATE TABLE ${table(2)} (id bigint PRIMARY KEY);`,
    "INSERT INTO app.journal (line) VALUES ('up 2');",
  ].join("\n"),
});

/** A value that a row holds, and that no log and no error may tell. */
export const PRIVATE_VALUE = "private number 4711 of Ada";

/** The third fails in the middle, and the server's message holds a row. */
export const failingMigrations = (): Files => ({
  ...migrations(2),
  ...migration(3, `INSERT INTO app.t3 VALUES (1, '${PRIVATE_VALUE}'), (1, '${PRIVATE_VALUE}');`),
});

/** The third does what it should, and its verification says no. */
export const unverifiedMigrations = (): Files => ({
  ...migrations(3),
  [`verify/${stem(3)}_verify.sql`]: verification(3, "FAIL"),
});

/** Each takes so long. */
export const slowMigrations = (last: number, seconds: number): Files =>
  Object.assign(
    {},
    ...Array.from({ length: last }, (_, at) => migration(at + 1, `SELECT pg_sleep(${seconds});`)),
  );

/** With what names the bundle. */
export const filesOf = (name: string, files: Files): readonly (readonly [string, string])[] =>
  Object.entries({ ...files, "bundle.json": JSON.stringify({ name }) });

/** Writes a bundle's folder, for as long as `work` lasts. */
export async function inFolder<T>(
  name: string,
  files: Files,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "paws-migrate-bundle-"));
  try {
    for (const [path, text] of filesOf(name, files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    }
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
