import { afterEach, beforeEach, expect, it } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import type { ChangeReport } from "#engine/report.ts";
import { runChange } from "#engine/run/change.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { bundleOf, run, runOptions, UP, worldFor } from "../../support/engine.ts";
import { type Cut, type FaultProxy, startProxy } from "../../support/proxy.ts";

const FIRST = { "1_one.sql": "CREATE TABLE one ();" };
const BOTH = bundleOf({ ...FIRST, "2_two.sql": "CREATE TABLE two ();" });

let db: TestDatabase;
let proxy: FaultProxy;
beforeEach(async () => {
  db = await createDatabase("end_look");
});
afterEach(async () => {
  await proxy.close();
  await db.drop();
});

/** Applies the first migration; the message that begins so is cut, and then the world goes on before the run does. */
async function cutAt(text: string, cut: Cut, meanwhile: () => Promise<unknown>): Promise<ChangeReport> {
  let inStep = false;
  let happened = false;
  let done = false;
  const target = { host: String(db.config.host), port: Number(db.config.port) };
  proxy = await startProxy(target, {
    cut: ({ sql }) => {
      inStep ||= sql?.includes("CREATE TABLE one ()") === true;
      if (!inStep || happened || sql?.startsWith(text) !== true) return undefined;
      happened = true;
      return cut;
    },
  });
  const world = worldFor(db, { host: proxy.host, port: proxy.port });
  const connect = async (run_id: string) => {
    if (happened && !done) {
      done = true;
      await meanwhile();
    }
    return world.connect(run_id);
  };
  const report = await runChange(UP, loadedSource(bundleOf(FIRST)), runOptions(), { ...world, connect });
  expect([happened, done]).toEqual([true, true]);
  return report;
}

const WHERE = [
  ["at the last commit", "COMMIT", "drop-reply"],
  ["at the last look", "SELECT pg_catalog.count(*), (SELECT version", "reset"],
] as const;

it.each(WHERE)(
  "a run that lost its lock %s did what it did, whoever went on from there",
  async (_, text, cut) => {
    const report = await cutAt(text, cut, async () => {
      expect((await run(db, BOTH)).error).toBeNull();
    });
    expect([report.error, report.steps[0]?.status]).toEqual([null, "done"]);
  },
);

it.each(WHERE)("a history that somebody edits meanwhile, %s, is no success", async (_, text, cut) => {
  const report = await cutAt(text, cut, async () => {
    await (await db.connect()).query("DELETE FROM schema_migrations");
  });
  expect(report.error?.code).toBe("history-moved");
});
