import { afterEach, beforeEach, expect, it } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import type { AdoptReport } from "#engine/report_settled.ts";
import { runAdopt } from "#engine/run/adopt.ts";
import { ADOPT, adopt, bundleFor, EFFECT, VERSIONS } from "../../support/adoption.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { runOptions, worldFor } from "../../support/engine.ts";
import { type Cut, startProxy } from "../../support/proxy.ts";
import { madeBy } from "../../support/tool_histories.ts";

/** Its table stands where ours belongs: the look behind a lost COMMIT meets either. */
const MADE = madeBy("golang-migrate");
const BUNDLE = bundleFor(MADE);

let db: TestDatabase;
beforeEach(async () => {
  db = await createDatabase("adopt_lost");
  await (await db.connect()).query(`${EFFECT}; ${MADE.ddl}; ${MADE.rows}`);
});
afterEach(() => db.drop());

/** Adopts; the COMMIT of that is cut. */
async function cutAdoption(cut: Cut): Promise<AdoptReport> {
  let happened = false;
  const target = { host: String(db.config.host), port: Number(db.config.port) };
  const proxy = await startProxy(target, {
    cut: ({ sql }) => {
      if (happened || sql?.startsWith("COMMIT") !== true) return undefined;
      happened = true;
      return cut;
    },
  });
  try {
    const world = worldFor(db, { host: proxy.host, port: proxy.port });
    const report = await runAdopt(ADOPT, loadedSource(BUNDLE), runOptions(), world);
    expect(happened).toBe(true);
    return report;
  } finally {
    await proxy.close();
  }
}

const tables = async () =>
  (
    await (
      await db.connect()
    ).query(
      "SELECT relname FROM pg_class WHERE relname IN ('schema_migrations_before_adoption', 'schema_migration_runs')",
    )
  ).rows.length;

it("an adoption whose commit was done, and not answered, is told as done", async () => {
  const report = await cutAdoption("drop-reply");
  expect([report.error, report.written, report.current_version]).toEqual([null, true, VERSIONS[1]]);
  expect(await tables()).toBe(2);
});

it("an adoption that was not committed is told as not done, and can be done again", async () => {
  const report = await cutAdoption("reset");
  expect([report.error?.code, report.written, report.current_version]).toEqual([
    "connection-lost",
    false,
    null,
  ]);
  expect(await tables()).toBe(0);
  expect((await adopt(db, BUNDLE)).written).toBe(true);
});
