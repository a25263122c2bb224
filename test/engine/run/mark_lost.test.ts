import { afterEach, beforeEach, expect, it } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import type { MarkReport } from "#engine/report_settled.ts";
import { runMark } from "#engine/run/mark.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { bundleOf, run, runOptions, worldFor } from "../../support/engine.ts";
import { type Cut, type FaultProxy, startProxy } from "../../support/proxy.ts";

const FIRST = { "1_one.sql": "CREATE TABLE one ();" };
const BOTH = bundleOf({ ...FIRST, "2_two.sql": "CREATE TABLE two ();" });

let db: TestDatabase;
let proxy: FaultProxy;
beforeEach(async () => {
  db = await createDatabase("mark_lost");
  expect((await run(db, bundleOf(FIRST))).error).toBeNull();
});
afterEach(async () => {
  await proxy.close();
  await db.drop();
});

/** Marks the second migration as applied; the COMMIT of that is cut. `back`: whether the database answers again. */
async function cutMark(cut: Cut, back = true): Promise<MarkReport> {
  let happened = false;
  const target = { host: String(db.config.host), port: Number(db.config.port) };
  proxy = await startProxy(target, {
    cut: ({ sql }) => {
      if (happened || sql?.startsWith("COMMIT") !== true) return undefined;
      happened = true;
      return cut;
    },
  });
  const first = worldFor(db, { host: proxy.host, port: proxy.port });
  const nowhere = worldFor(db, { host: "127.0.0.1", port: 1 });
  const connect = (run_id: string) => (happened && !back ? nowhere : first).connect(run_id);
  const options = runOptions({ reason: "seen", timeout_ms: back ? null : 100 });
  const request = { command: "mark", version: 2n, to: "applied" } as const;
  const report = await runMark(request, loadedSource(BOTH), options, { ...first, connect });
  expect(happened).toBe(true);
  return report;
}

const versions = async (): Promise<readonly string[]> =>
  (await (await db.connect()).query("SELECT version FROM schema_migrations ORDER BY 1")).rows.map(
    ({ version }) => version,
  );

it("a mark whose commit was done, and not answered, is told as done", async () => {
  const report = await cutMark("drop-reply");
  expect([report.status, report.marked, report.current_version]).toEqual(["ok", true, "2"]);
  expect(await versions()).toEqual(["1", "2"]);
});

it("a mark that was not committed is told as not done", async () => {
  const report = await cutMark("reset");
  expect([report.error?.code, report.marked, report.current_version]).toEqual([
    "connection-lost",
    false,
    "1",
  ]);
  expect(await versions()).toEqual(["1"]);
});

it("a mark that cannot be looked up is told as unknown", async () => {
  const report = await cutMark("drop-reply", false);
  expect([report.status, report.error?.code]).toEqual(["unknown", "unknown-commit"]);
  expect(report.error?.message).toContain("while 2 was marked applied");
  expect(await versions()).toEqual(["1", "2"]);
});
