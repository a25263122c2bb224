import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import { consolidate } from "#engine/consolidate/consolidation.ts";
import { prove } from "#engine/consolidate/prove.ts";
import { scratchOf } from "#engine/consolidate/scratch.ts";
import { runConsolidate } from "#engine/run/consolidate.ts";
import { listFolder } from "#io/folder.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { rollback, run, runOptions, worldFor } from "../../support/engine.ts";
import { stepsOf } from "../../support/faults.ts";
import { pgDump } from "../../support/schema.ts";
import { sourceFiles } from "../../support/source_files.ts";

const databases: TestDatabase[] = [];
afterEach(async () => {
  await Promise.all(databases.splice(0).map((db) => db.drop()));
});

const database = async (): Promise<TestDatabase> => {
  const db = await createDatabase("keys");
  databases.push(db);
  return db;
};

const FOLDER = join(import.meta.dirname, "../../fixtures/consolidate");
const FILES = Object.fromEntries(
  listFolder(FOLDER).map((path) => [path, readFileSync(join(FOLDER, path), "utf8")]),
);
const made = () =>
  consolidate(
    sourceFiles(FILES),
    { name: "suite", path: "/b" },
    { versions: "20250713..20250717", name: "Keys tables complete", leave_out: [] },
    runOptions(),
  );

it("five key files come to the same as one; what each run makes anew is named", async () => {
  const { objects_compared, warnings } = await prove(await made(), async () =>
    scratchOf(worldFor(await database()), runOptions()),
  );
  expect(objects_compared).toBeGreaterThan(60);
  expect(databases).toHaveLength(3);
  expect(warnings).toMatchObject([
    {
      code: "values-not-compared",
      message: expect.stringContaining("id, created_at, updated_at of public.keys"),
    },
  ]);
});

it("as one: up, verified, down and up on a fresh database; recorded where the five are applied", async () => {
  const { before, after } = await made();
  const fresh = await database();
  const [up] = (await run(fresh, after)).steps;
  expect([up?.label, up?.name, up?.status, up?.checks.length]).toEqual([
    "20250717",
    "keys_tables_complete",
    "done",
    5,
  ]);
  expect(stepsOf(await run(fresh, after, rollback(1)))).toEqual(["20250717 down done"]);
  expect(stepsOf(await run(fresh, after))).toEqual(["20250717 up done"]);
  const old = await database();
  await run(old, before);
  await sameDump(old, fresh);
  expect((await runConsolidate(loadedSource(after), runOptions(), worldFor(old))).done).toBe(true);
  expect(stepsOf(await run(old, after, rollback(1)))).toEqual(["20250717 down done"]);
  const client = await old.connect();
  const { rows } = await client.query(
    "SELECT count(*)::int AS left FROM pg_type WHERE typname ~ '_enum$' AND typnamespace = 'public'::regnamespace",
  );
  expect(rows).toEqual([{ left: 0 }]);
});

/** As pg_dump has it too, where there is one for the server; rows have other ids. */
async function sameDump(one: TestDatabase, other: TestDatabase): Promise<void> {
  const { rows } = await (await one.connect()).query("SHOW server_version_num");
  if (Number(rows[0].server_version_num) >= 160_000) return;
  const [before, after] = await Promise.all(
    [one, other].map(async (db) => (await pgDump(db.config)).replaceAll(/^COPY [\s\S]*?^\\\.$/gm, "")),
  );
  expect(after).toBe(before);
}
