import type pg from "pg";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Bundle } from "#engine/bundle/bundle.ts";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import type { RepairRequest, RunOptions } from "#engine/request.ts";
import { runChange } from "#engine/run/change.ts";
import { runRepair } from "#engine/run/repair.ts";
import type { ConnectionSettings } from "#io/connect.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { bundleOf, run, runOptions, UP, worldFor } from "../../support/engine.ts";
import { codes } from "../../support/faults.ts";
import { makeFormatOne } from "../../support/format_one.ts";
import { createLeastRoles } from "../../support/least_roles.ts";
import { snapshot } from "../../support/schema.ts";
import { applyAsSeed } from "../../support/seed_runner.ts";

const FILES = {
  "1_one.sql": "CREATE TABLE one ();",
  "rollback/1_rollback.sql": "DROP TABLE one;",
  "2_two.sql": "CREATE TABLE two ();\n",
};
const BEFORE = bundleOf(FILES);
const AFTER = bundleOf({
  "001_the_one.sql": "CREATE TABLE one (); -- as it was",
  "2_two.sql": "CREATE TABLE two ();\r\n",
  "3_three.sql": "SELECT 3;",
});

let db: TestDatabase;
let client: pg.Client;
beforeEach(async () => {
  db = await createDatabase("repair");
  client = await db.connect();
});
afterEach(() => db.drop());

const repair = (
  bundle: Bundle,
  request: Partial<RepairRequest> = {},
  options: Partial<RunOptions> = {},
  settings: Partial<ConnectionSettings> = {},
) =>
  runRepair(
    { command: "repair", versions: [], dry_run: false, ...request },
    loadedSource(bundle),
    runOptions({ reason: "a comment was added", ...options }),
    worldFor(db, settings),
  );
const everything = () => snapshot(client, { except: [] });
const history = async () =>
  (
    await client.query(
      "SELECT version::int, label, name, checksum, checksum_raw, rollback_checksum FROM schema_migrations ORDER BY 1",
    )
  ).rows;
const filesOf = (bundle: Bundle, count: number) =>
  bundle.migrations.slice(0, count).map(({ version, label, name, up, rollback }) => ({
    version: Number(version),
    label,
    name,
    checksum: up.checksum,
    checksum_raw: up.checksum_raw,
    rollback_checksum: rollback?.checksum ?? null,
  }));

it("records the files of what is applied as they are now, and keeps what was recorded before", async () => {
  await run(db, BEFORE);
  expect(codes((await run(db, AFTER)).refusals)).toEqual(["changed-migration"]);
  const others =
    "SELECT version, applied_at, applied_seq, state, run_id, bundle, origin FROM schema_migrations";
  const { rows: untouched } = await client.query(others);
  const shown = await repair(AFTER, { dry_run: true }, { reason: null });
  expect([shown.written, shown.run_id, await history()]).toEqual([false, null, filesOf(BEFORE, 2)]);
  const report = await repair(AFTER);
  expect([report.error, report.written, report.repaired]).toEqual([null, true, shown.repaired]);
  expect(report.repaired.map(({ version }) => version)).toEqual(["1", "2"]);
  expect(await history()).toEqual(filesOf(AFTER, 2));
  expect((await client.query(others)).rows).toEqual(untouched);
  const events = await client.query(
    `SELECT e.version::int, e.label, e.name, e.details, r.command, r.reason FROM schema_migration_events e
     JOIN schema_migration_runs r USING (run_id) WHERE e.action = 'repair' ORDER BY event_id`,
  );
  const said = { command: "repair", reason: "a comment was added" };
  const [[one, two], [the_one, two_now]] = [filesOf(BEFORE, 2), filesOf(AFTER, 2)];
  expect(events.rows).toMatchObject([
    { version: 1, label: "001", name: "the_one", ...said, details: details(one, the_one) },
    { version: 2, label: "2", name: "two", ...said, details: details(two, two_now) },
  ]);
  expect((await run(db, AFTER, { ...UP })).error).toBeNull();
});

const details = (before: object | undefined, after: object | undefined) => {
  const { version: _, ...was } = { version: 0, ...before };
  const { version: __, ...is } = { version: 0, ...after };
  return { before: was, after: is };
};

it("the versions that are named alone; and where nothing was changed, nothing is done", async () => {
  await run(db, BEFORE);
  const one = await repair(AFTER, { versions: [1n] });
  expect([one.error, one.repaired.map(({ version }) => version)]).toEqual([null, ["1"]]);
  const before = await everything();
  const again = await repair(AFTER, { versions: [1n] });
  expect([again.status, again.written, again.repaired, again.run_id]).toEqual(["ok", false, [], null]);
  expect(await everything()).toEqual(before);
});

it.each([
  ["without a reason", AFTER, [], null, "bad-argument"],
  ["of a version that is not applied", AFTER, [3n], "seen", "not-applied"],
  ["of a version that is nowhere", AFTER, [9n], "seen", "unknown-version"],
  [
    "of another bundle's history",
    bundleOf({ "1_one.sql": "SELECT 1;" }, "other"),
    [],
    "seen",
    "other-bundle",
  ],
] as const)("%s it is refused, and nothing is changed", async (_, bundle, versions, reason, code) => {
  await run(db, BEFORE);
  const before = await everything();
  const report = await repair(bundle, { versions }, { reason });
  expect([report.error?.code, report.written]).toEqual([code, false]);
  expect(await everything()).toEqual(before);
});

it("what migrate.sh left without a checksum gets one", async () => {
  await applyAsSeed(client, { performance: false, files: [] });
  await client.query("INSERT INTO schema_migrations (version, name) VALUES (1, 'one')");
  const report = await repair(BEFORE);
  expect([report.error, report.repaired[0]?.before.checksum]).toEqual([null, null]);
  expect(await history()).toEqual(filesOf(BEFORE, 1));
});

it("upgrades the tables of an older format, of which it must be the owner", async () => {
  await makeFormatOne(client, "another checksum");
  const report = await repair(BEFORE);
  expect([report.error, report.repaired[0]?.before.checksum]).toEqual([null, "another checksum"]);
  expect(await history()).toEqual(filesOf(BEFORE, 1));
  expect((await run(db, BEFORE)).error).toBeNull();
});

it("asks for the privilege where the history was handed over", async () => {
  const roles = await createLeastRoles(db);
  const { owner, job, history_schema, schema } = roles;
  const bundleIn = (comment: string) => bundleOf({ "1_one.sql": `CREATE TABLE ${schema}.one ();${comment}` });
  const options = { history_schema, role: owner };
  try {
    const world = () => worldFor(db, job.settings);
    expect((await runChange(UP, loadedSource(bundleIn("")), runOptions(options), world())).error).toBeNull();
    await roles.handOver();
    const refused = await repair(bundleIn("-- more"), {}, options, job.settings);
    expect([codes(refused.refusals), refused.error?.remedy]).toEqual([
      ["lacking-privilege"],
      expect.stringContaining("GRANT UPDATE (name, label, checksum, checksum_raw, rollback_checksum) ON"),
    ]);
    const grant = refused.error?.remedy.split(";")[0] ?? "";
    await client.query(grant);
    expect((await repair(bundleIn("-- more"), {}, options, job.settings)).written).toBe(true);
  } finally {
    await db.drop();
    await roles.drop();
  }
});
