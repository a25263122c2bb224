import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import { planChange } from "#engine/run/plan.ts";
import { readRuns } from "#engine/run/runs.ts";
import { readStatus } from "#engine/run/status.ts";
import { runVerify } from "#engine/run/verify.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { bundleOf, run, runOptions, settingsFor, UP, worldFor } from "../../support/engine.ts";
import { codes } from "../../support/faults.ts";
import { type FaultProxy, type ProxyOptions, startProxy } from "../../support/proxy.ts";
import { snapshot } from "../../support/schema.ts";

const FILES = { "1_one.sql": "CREATE TABLE one ();", "verify/1_verify.sql": "SELECT true AS status;" };
const bundle = bundleOf(FILES);

let db: TestDatabase;
let client: pg.Client;
beforeAll(async () => {
  db = await createDatabase("reading");
  client = await db.connect();
  expect((await run(db, bundle)).error).toBeNull();
});
afterAll(() => db.drop());

const everything = () => snapshot(client, { except: [] });

/** Every verb that changes no schema. */
const VERBS = {
  status: (world: ReturnType<typeof worldFor>) => readStatus(loadedSource(bundle), runOptions(), world),
  plan: (world: ReturnType<typeof worldFor>) => planChange(UP, loadedSource(bundle), runOptions(), world),
  runs: (world: ReturnType<typeof worldFor>) => readRuns(null, runOptions(), world),
  verify: (world: ReturnType<typeof worldFor>) =>
    runVerify({ command: "verify", versions: [] }, loadedSource(bundle), runOptions(), world),
};

const version = async (): Promise<ProxyOptions> => {
  const { rows } = await client.query(
    "SELECT current_setting('server_version_num') AS number, current_setting('server_version') AS text",
  );
  return { values: { [rows[0].number]: "130009", [rows[0].text]: "13.9" } };
};

describe.each([
  ["a pooler that rewrites the backend's pid", "pooler", async () => ({ other_backend_pid: true })],
  ["a pooler that takes no options", "pooler", async () => ({ refused_parameters: ["options"] })],
  ["a server older than 14", "server-too-old", version],
] as const)("through %s", (_, code, options) => {
  let proxy: FaultProxy;
  beforeAll(async () => {
    proxy = await startProxy(settingsFor(db), await options());
  });
  afterAll(() => proxy.close());

  it.each(Object.entries(VERBS))("%s is refused, and nothing is written", async (_verb, call) => {
    const before = await everything();
    const report = await call(worldFor(db, { port: proxy.port }));
    expect([report.status, ...codes(report.refusals)]).toEqual(["refused", code]);
    expect(await everything()).toEqual(before);
  });
});

describe("in a database that is read-only by its own default", () => {
  beforeAll(async () => {
    await client.query(`ALTER DATABASE ${db.name} SET default_transaction_read_only = on`);
  });

  it.each(Object.entries(VERBS))("%s works, and writes nothing", async (_verb, call) => {
    const before = await everything();
    const report = await call(worldFor(db));
    expect([report.status, report.error]).toEqual(["ok", null]);
    expect(await everything()).toEqual(before);
  });

  it("verify says that it is not recorded", async () => {
    const report = await VERBS.verify(worldFor(db));
    expect([report.recorded, ...codes(report.warnings)]).toEqual([false, "not-recorded"]);
  });
});
