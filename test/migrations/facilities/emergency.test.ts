import { readFile } from "node:fs/promises";
import type pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import { runLockKey } from "#engine/run/lock_keys.ts";
import { readStatus } from "#engine/run/status.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { run, runOptions, UP, worldFor } from "../../support/engine.ts";
import { picture } from "../../support/picture.ts";
import { facilities, migrations } from "./apply.ts";

let db: TestDatabase;
let client: pg.Client;
let script: string;
beforeAll(async () => {
  script = await readFile("migrations/facilities/rollback/emergency_rollback.sql", "utf8");
  db = await createDatabase("facilities emergency");
  client = await db.connect();
  expect((await run(db, facilities, UP)).error).toBeNull();
});
afterAll(() => db.drop());

/** As a session that has set nothing but what is given. */
async function emergency(to: string | null, schema: string | null = null): Promise<void> {
  const session = await db.connect();
  try {
    if (to !== null) await session.query("SELECT set_config('paws.rollback_to', $1, false)", [to]);
    if (schema !== null) await session.query("SELECT set_config('paws.history_schema', $1, false)", [schema]);
    await session.query(script);
  } finally {
    await session.end();
  }
}

const versions = async (): Promise<string[]> => {
  const { rows } = await client.query<{ version: string }>(
    "SELECT version FROM schema_migrations ORDER BY 1",
  );
  return rows.map(({ version }) => version);
};

it.each<[what: string, to: string | null, before: string, after: string, reason: RegExp]>([
  ["no version", null, "", "", /Say which version stays/],
  ["a word for a version", "latest", "", "", /Say which version stays/],
  ["a version that is not applied", "20250104", "", "", /20250104 is not applied/],
  [
    "a version that the file does not know",
    "20250104000000",
    "INSERT INTO schema_migrations (version, name, applied_seq, state) VALUES (20260101000000, 'later', 99, 'applied')",
    "DELETE FROM schema_migrations WHERE version = 20260101000000",
    /does not know how to remove version 20260101000000/,
  ],
  [
    "another bundle's history",
    "0",
    "UPDATE schema_migrations SET bundle = 'courses'",
    "UPDATE schema_migrations SET bundle = 'facilities'",
    /of another bundle: courses/,
  ],
  [
    "a run at work",
    "0",
    `SELECT pg_advisory_lock(${runLockKey("public")})`,
    `SELECT pg_advisory_unlock(${runLockKey("public")})`,
    /A run of paws-migrate is at work/,
  ],
  [
    "what others have built",
    "20250102000000",
    "CREATE VIEW theirs AS SELECT title FROM facilities.schedules",
    "DROP VIEW theirs",
    /cannot drop table facilities.schedules because other objects depend on it/,
  ],
])("refuses %s, and changes nothing", async (_, to, before, after, reason) => {
  const [was, applied] = [await picture(db), await versions()];
  await client.query(before);
  await expect(emergency(to)).rejects.toThrow(reason);
  await client.query(after);
  expect(await picture(db)).toBe(was);
  expect(await versions()).toEqual(applied);
});

it("removes what is above a version, with its history, and the next up applies it again", async () => {
  const full = await picture(db, { rows: false });
  const older = await createDatabase("facilities older");
  const { version } = migrations[3] ?? { version: 0n };
  await run(older, facilities, { ...UP, target: { to: "version", version } } as typeof UP);
  await emergency(String(version));
  expect(await picture(db, { rows: false })).toBe(await picture(older, { rows: false }));
  await older.drop();
  const status = await readStatus(loadedSource(facilities), runOptions(), worldFor(db));
  expect(status).toMatchObject({
    status: "ok",
    error: null,
    current_version: "20250104000000",
    missing: [],
    changed: [],
  });
  expect(status.pending).toHaveLength(5);
  const again = await run(db, facilities, UP);
  expect(again).toMatchObject({ error: null, refusals: [], current_version: "20250109000000" });
  expect(again.steps).toHaveLength(5);
  expect(await picture(db, { rows: false })).toBe(full);
});

it("says so where nothing is above; 0 removes all, in the history's schema", async () => {
  await emergency("20250109000000");
  expect(await versions()).toHaveLength(9);
  await expect(emergency("0", "elsewhere")).rejects.toThrow(/elsewhere.schema_migrations/);
  await emergency("0", "public");
  expect(await versions()).toEqual([]);
  const { rows } = await client.query("SELECT to_regnamespace('facilities') AS schema");
  expect(rows).toEqual([{ schema: null }]);
});

it("its statements are those of the rollback scripts", () => {
  for (const { version, label, name, rollback } of migrations) {
    const [, statements] =
      new RegExp(`-- ${label}_${name}\\n +IF ${version} = ANY \\(going\\) THEN\\n([^]*?)\\n    END IF;`).exec(
        script,
      ) ?? [];
    expect(words(statements ?? ""), label).toEqual(words(rollback?.text ?? ""));
  }
});

/** Without comments and the outer pair. */
const words = (sql: string): string[] =>
  sql
    .replaceAll(/--.*$/gm, "")
    .replace(/^\s*BEGIN;/, "")
    .replace(/COMMIT;\s*$/, "")
    .trim()
    .split(/\s+/);
