import type pg from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import { runChange } from "#engine/run/change.ts";
import type { Answer, World } from "#engine/seam.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { bundleOf, runOptions, UP, worldFor } from "../../support/engine.ts";
import { sendingThrough } from "../../support/sending_through.ts";

let db: TestDatabase;
let client: pg.Client;
beforeAll(async () => {
  db = await createDatabase("ended_meanwhile");
  client = await db.connect();
});
afterAll(() => db.drop());
beforeEach(async () => {
  await client.query("DROP SCHEMA public CASCADE; CREATE SCHEMA public; CREATE TABLE t (a int)");
});

/**
 * A world whose first look at an object is one within which somebody else's work on it ends: the catalog is as it was
 * before, and the locks are as they were afterwards.
 */
function endsWithinLook(world: World, before: (found: string) => string): World {
  let looked = false;
  const asBefore = (answer: Answer): Answer => {
    const text = answer.kind === "done" ? answer.results[0]?.rows[0]?.[0] : null;
    if (answer.kind !== "done" || text === null || text === undefined) throw new Error("no look");
    return { ...answer, results: answer.results.map((result) => ({ ...result, rows: [[before(text)]] })) };
  };
  return sendingThrough(world, (session) => async (messages, answered) => {
    const answers = await session.send(messages, answered);
    if (looked || messages.at(-1)?.text.includes("'busy'") !== true) return answers;
    looked = true;
    return answers.map((answer, i) => (i === answers.length - 1 ? asBefore(answer) : answer));
  });
}

const LEFT = '{"oid": "7", "schema": "public", "name": "i_ccnew", "valid": false, "exclusion": false}';

test.each([
  [
    "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a)",
    (found: string) => found.replace('"valid": true', '"valid": false'),
    "SELECT 'i'::regclass::oid",
    true,
  ],
  [
    "REINDEX INDEX CONCURRENTLY i",
    (found: string) => found.replace('"indexes": [', `"indexes": [${LEFT}, `),
    "SELECT 'i'::regclass::oid",
    false,
  ],
])("%s: what somebody ends meanwhile is not taken for left over", async (sql, before, oid, kept) => {
  await client.query("CREATE INDEX i ON t (a)");
  const [was] = (await client.query(oid)).rows;
  const files = bundleOf({ "1_out.sql": `-- migrate: no-transaction\n${sql};` });
  let edited = false;
  const world = endsWithinLook(worldFor(db), (found) => {
    edited = before(found) !== found;
    return before(found);
  });
  expect((await runChange(UP, loadedSource(files), runOptions(), world)).error).toBeNull();
  expect(edited).toBe(true);
  expect((await client.query(oid)).rows[0].oid === was.oid).toBe(kept);
});
