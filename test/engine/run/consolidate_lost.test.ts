import { afterEach, expect, it } from "vitest";
import { consolidatedText } from "#engine/bundle/consolidated.ts";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import { runConsolidate } from "#engine/run/consolidate.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { bundleOf, run, runOptions, worldFor } from "../../support/engine.ts";
import { type Cut, type FaultProxy, startProxy } from "../../support/proxy.ts";

const BEFORE = bundleOf({ "1_one.sql": "SELECT 1;", "2_two.sql": "SELECT 2;" });
const replaces = BEFORE.migrations.map(({ version, label, name, up }) => ({
  version,
  label,
  name,
  checksum: up.checksum,
}));
const AFTER = bundleOf({
  "2_both.sql": "SELECT 1; SELECT 2;",
  "consolidated.json": consolidatedText([{ version: 2n, replaces }]),
});

let db: TestDatabase;
let proxy: FaultProxy;
afterEach(async () => {
  await proxy.close();
  await db.drop();
});

/** Records it; the COMMIT of that is cut. `back`: whether the database answers again. */
async function cutRecord(cut: Cut, back: boolean) {
  db = await createDatabase("consolidate lost");
  expect((await run(db, BEFORE)).error).toBeNull();
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
  const options = runOptions({ timeout_ms: back ? null : 100 });
  const report = await runConsolidate(loadedSource(AFTER), options, { ...first, connect });
  expect(happened).toBe(true);
  const client = await db.connect();
  const { rows } = await client.query("SELECT name FROM schema_migrations ORDER BY version");
  return { report, names: rows.map(({ name }) => name) };
}

it.each<[string, Cut, boolean, string, string | undefined, boolean, readonly string[]]>([
  ["was done, and not answered, is told as done", "drop-reply", true, "ok", undefined, true, ["both"]],
  ["was not done is told as not done", "reset", true, "failed", "connection-lost", false, ["one", "two"]],
  [
    "cannot be looked up is told as unknown",
    "drop-reply",
    false,
    "unknown",
    "unknown-commit",
    false,
    ["both"],
  ],
])("a commit that %s", async (_, cut, back, status, code, done, applied) => {
  const { report, names } = await cutRecord(cut, back);
  expect([report.status, report.error?.code, report.done, names]).toEqual([status, code, done, applied]);
});
