import type pg from "pg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Bundle } from "#engine/bundle/bundle.ts";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import type { ChangeReport } from "#engine/report.ts";
import type { RunOptions } from "#engine/request.ts";
import { runChange } from "#engine/run/change.ts";
import { readStatus } from "#engine/run/status.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { bundleOf, runOptions, settingsFor, UP, worldFor } from "../../support/engine.ts";
import { codes, stepsOf } from "../../support/faults.ts";
import { generatedFiles } from "../../support/generated_bundle.ts";
import { type FaultProxy, type ProxyOptions, startProxy } from "../../support/proxy.ts";

let db: TestDatabase;
let client: pg.Client;
let proxy: FaultProxy | null = null;
beforeEach(async () => {
  db = await createDatabase("pooler");
  client = await db.connect();
});
afterEach(async () => {
  await proxy?.close();
  await db.drop();
});

/** `up` through a proxy that behaves like a server or pooler of this kind. */
async function through(options: ProxyOptions, bundle: Bundle, more: Partial<RunOptions> = {}) {
  proxy = await startProxy(settingsFor(db), options);
  const settings = { port: proxy.port, allow_session_pooler: more.allow_session_pooler ?? false };
  const change = (): Promise<ChangeReport> =>
    runChange(UP, loadedSource(bundle), runOptions(more), worldFor(db, settings));
  return { change, status: () => readStatus(loadedSource(bundle), runOptions(more), worldFor(db, settings)) };
}

const nothingMade = async () =>
  (await client.query("SELECT count(*)::int AS n FROM pg_class WHERE relnamespace = 'public'::regnamespace"))
    .rows[0].n === 0;

const bundle = bundleOf(generatedFiles(3));

describe.each([
  ["rewrites the backend's pid", { other_backend_pid: true }, "refused"],
  ["takes no startup options", { refused_parameters: ["options"] }, "refused"],
] as const)("a pooler that %s", (_, options, status) => {
  it("is refused, and nothing is made", async () => {
    const { change, status: read } = await through(options, bundle);
    for (const report of [await change(), await read()]) {
      expect([report.status, report.error?.code]).toEqual([status, "pooler"]);
      expect(report.error?.remedy).toContain("--allow-session-pooler");
    }
    expect(await nothingMade()).toBe(true);
  });

  it("works with --allow-session-pooler", async () => {
    const { change, status: read } = await through(options, bundle, { allow_session_pooler: true });
    const report = await change();
    expect(report.error).toBeNull();
    expect(stepsOf(report)).toEqual(["001 up done", "002 up done", "003 up done"]);
    expect((await read()).applied.length).toBe(3);
    expect((await change()).steps).toEqual([]);
  });
});

it("behind a session pooler a long statement is let be, whatever pid the handshake named", async () => {
  const slow = bundleOf({ "1_slow.sql": "SELECT pg_sleep(4);" });
  const { change } = await through({ other_backend_pid: true }, slow, {
    allow_session_pooler: true,
    // Half as long again, and it would be ended; less, and a backend that is slow to begin were taken for idle.
    silence_ms: 1_000,
  });
  expect((await change()).error).toBeNull();
});

it("without startup options the lock timeout is still in force", async () => {
  await client.query("CREATE TABLE busy ()");
  await client.query("BEGIN; LOCK TABLE busy");
  const { change } = await through(
    { refused_parameters: ["options"] },
    bundleOf({ "1_one.sql": "ALTER TABLE busy ADD COLUMN x int;" }),
    { allow_session_pooler: true, retry_for_ms: 500 },
  );
  const report = await change();
  expect(report.error).toMatchObject({ code: "lock-timeout", file: "1_one.sql", sqlstate: "55P03" });
  expect(codes(report.warnings)).toContain("parameter-dropped");
  await client.query("ROLLBACK");
});

describe("a server older than 14", () => {
  const version = async () => {
    const { rows } = await client.query(
      "SELECT current_setting('server_version_num') AS number, current_setting('server_version') AS text",
    );
    return { [rows[0].number]: "130009", [rows[0].text]: "13.9" };
  };
  it("is refused, and nothing is made", async () => {
    const { change, status } = await through({ values: await version() }, bundle);
    for (const report of [await change(), await status()]) {
      expect([report.status, ...codes(report.refusals)]).toEqual(["refused", "server-too-old"]);
      expect(report.error?.message).toContain("13.9");
    }
    expect(await nothingMade()).toBe(true);
  });

  it("behind a pooler is told both", async () => {
    const { change } = await through({ values: await version(), other_backend_pid: true }, bundle);
    expect(codes((await change()).refusals)).toEqual(["server-too-old", "pooler"]);
  });
});
