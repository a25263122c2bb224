import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { loadedSource, remembered } from "#engine/bundle/loaded_source.ts";
import { run } from "../../cli/run.ts";
import { createDatabase } from "../support/database.ts";
import { fakeInterrupt, fakeTerminal } from "../support/fake_terminal.ts";
import { s3Bucket } from "../support/s3_edge.ts";
import { bundleOf } from "../support/source_files.ts";
import { sqlFolder } from "../support/sql_folder.ts";
import { variablesOf } from "../support/terminal.ts";

const ONE = {
  "bundle.json": '{"name": "rooms"}',
  "001_a.sql": "CREATE TABLE a ();",
  "rollback/001_rollback.sql": "DROP TABLE a;",
};
const TWO = { ...ONE, "002_b.sql": "CREATE TABLE b ();", "rollback/002_rollback.sql": "DROP TABLE b;" };
const KEY = "s3://bundles-here/bundles/rooms";

it("a database is changed from S3 and from a zip file, and its records say from which version", async () => {
  const db = await createDatabase("bundle runs");
  onTestFinished(() => db.drop());
  const cwd = mkdtempSync(join(tmpdir(), "bundle-runs-"));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  const env = await s3Bucket();
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
  const job = async (...words: string[]) => {
    const terminal = fakeTerminal([...words, "--json"], { cwd, env: { ...env, ...variablesOf(db) } });
    await run(terminal, fakeInterrupt());
    return JSON.parse(terminal.out());
  };
  const publish = (files: Readonly<Record<string, string>>, version: string) =>
    job("publish", sqlFolder(files), "--bucket", "bundles-here", "--version", version);

  await publish(ONE, "1");
  const first = await job("up", "--bundle", `${KEY}/latest`, "--run-id", "first");
  expect(first).toMatchObject({
    status: "ok",
    bundle: { version: "1", source: `${KEY}/1.zip?versionId=v1` },
  });

  await publish(TWO, "2");
  expect(await job("status", "--bundle", `${KEY}/latest`)).toMatchObject({
    bundle: { version: "2" },
    pending: [{ label: "002" }],
  });
  // What is the newest by now has nothing to do with a run that has ended.
  expect(await job("up", "--bundle", `${KEY}/latest`, "--run-id", "first")).toMatchObject({
    replayed: true,
    bundle: { version: "1" },
  });
  // The same id with another bundle is another request.
  expect(await job("up", "--bundle", `${KEY}/2.zip`, "--run-id", "first")).toMatchObject({
    error: { code: "run-id-reused" },
  });

  await job("bundle", "--dir", sqlFolder(TWO), "--out", "two.zip", "--version", "2");
  expect(await job("plan", "--bundle", "two.zip")).toMatchObject({ steps: [{ label: "002" }] });
  expect(await job("up", "--bundle", "two.zip")).toMatchObject({ status: "ok", steps: [{ label: "002" }] });
  expect(await job("rollback", "--bundle", `${KEY}/2.zip?versionId=v1`)).toMatchObject({
    status: "ok",
    steps: [{ label: "002", direction: "down" }],
  });

  const client = await db.connect();
  const { rows } = await client.query(
    "SELECT bundle_version, bundle_source FROM schema_migration_runs WHERE command <> 'verify' ORDER BY started_at",
  );
  expect(rows).toEqual([
    { bundle_version: "1", bundle_source: `${KEY}/1.zip?versionId=v1` },
    { bundle_version: "2", bundle_source: join(cwd, "two.zip") },
    { bundle_version: "2", bundle_source: `${KEY}/2.zip?versionId=v1` },
  ]);
});

it("what was read is not read twice, unless the run goes on with another bundle", async () => {
  const [read, recorded] = [
    bundleOf({ "1_a.sql": "" }),
    { ...bundleOf({ "1_b.sql": "" }), source: "before" },
  ];
  const source = remembered({ reference: "what", read: async () => recorded }, read);
  expect(source.reference).toBe("what");
  expect(await source.read(null)).toBe(read);
  expect(await source.read(read.source)).toBe(read);
  expect(await source.read("before")).toBe(recorded);
  expect(await loadedSource(read).read("before")).toBe(read);
});
