import type pg from "pg";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Bundle } from "#engine/bundle/bundle.ts";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import { runMark } from "#engine/run/mark.ts";
import { planChange } from "#engine/run/plan.ts";
import { readStatus } from "#engine/run/status.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { bundleOf, run, runOptions, UP, worldFor } from "../../support/engine.ts";
import { codes, stepsOf } from "../../support/faults.ts";
import { snapshot } from "../../support/schema.ts";
import { applyAsSeed } from "../../support/seed_runner.ts";

const FILES = {
  "1_one.sql": "CREATE TABLE one ();",
  "2_two.sql": "CREATE TABLE two ();",
  "verify/2_verify.sql": "SELECT 'PASS' AS status;",
};
const BUNDLE = bundleOf(FILES);

let db: TestDatabase;
let client: pg.Client;
beforeEach(async () => {
  db = await createDatabase("mark");
  client = await db.connect();
});
afterEach(() => db.drop());

const mark = (
  version: bigint,
  to: "applied" | "pending",
  bundle: Bundle = BUNDLE,
  reason: string | null = "seen",
) => runMark({ command: "mark", version, to }, loadedSource(bundle), runOptions({ reason }), worldFor(db));
const rowsOf = async (sql: string) => (await client.query(sql)).rows;
const everything = () => snapshot(client, { except: [] });
const begin = (version: number, direction: string) =>
  client.query(
    `INSERT INTO schema_migration_statements (version, direction, position, hash, kind, state, run_id)
     VALUES ($1, $2, 1, 'h', 'other', 'done', 'r'), ($1, $2, 2, 'h', 'other', 'started', 'r')`,
    [version, direction],
  );

it("applied: the row, with the bundle's checksums, its event and the reason; what was begun is forgotten", async () => {
  await run(db, BUNDLE, { command: "up", target: { to: "steps", steps: 1 }, allow_out_of_order: false });
  await begin(2, "up");
  const before = await readStatus(loadedSource(BUNDLE), runOptions(), worldFor(db));
  expect(before.partial).toEqual([
    { version: "2", label: "2", name: "two", direction: "up", done: 1, started: 1 },
  ]);
  const report = await mark(2n, "applied");
  expect([report.error, report.marked, report.current_version]).toEqual([null, true, "2"]);
  expect(
    await rowsOf("SELECT checksum, bundle, run_id, state FROM schema_migrations WHERE version = 2"),
  ).toEqual([
    { checksum: BUNDLE.migrations[1]?.up.checksum, bundle: "suite", run_id: report.run_id, state: "applied" },
  ]);
  expect(
    await rowsOf(`SELECT r.command, r.status, r.reason, r.request, e.version::int, e.action, e.success, e.checks
      FROM schema_migration_runs r JOIN schema_migration_events e USING (run_id) WHERE run_id = '${report.run_id}'`),
  ).toEqual([
    {
      command: "mark",
      status: "ok",
      reason: "seen",
      request: { command: "mark", version: "2", to: "applied" },
      version: 2,
      action: "mark",
      success: true,
      checks: [{ name: "marked applied", status: "pass", details: "seen" }],
    },
  ]);
  expect(await rowsOf("SELECT FROM schema_migration_statements")).toEqual([]);
  expect((await run(db, BUNDLE)).steps).toEqual([]);
  expect(await rowsOf("SELECT to_regclass('two') AS two")).toEqual([{ two: null }]);
});

it("pending: the row goes, no script is run, and the next up applies it", async () => {
  await run(db, BUNDLE);
  await client.query("DROP TABLE two");
  const report = await mark(2n, "pending");
  expect([report.error, report.marked, report.current_version]).toEqual([null, true, "1"]);
  expect(stepsOf(await run(db, BUNDLE))).toEqual(["2 up done"]);
});

it("applied settles what is applied_unverified; until then status lists it and up verifies it first", async () => {
  await run(db, BUNDLE);
  await client.query("UPDATE schema_migrations SET state = 'applied_unverified' WHERE version = 2");
  const status = await readStatus(loadedSource(BUNDLE), runOptions(), worldFor(db));
  expect(status.unverified.map(({ label }) => label)).toEqual(["2"]);
  const more = bundleOf({ ...FILES, "3_three.sql": "SELECT 3;" });
  const steps = async () => stepsOf(await planChange(UP, loadedSource(more), runOptions(), worldFor(db)));
  expect(await steps()).toEqual(["2 verify not_run", "3 up not_run"]);
  const without = bundleOf({ "1_one.sql": FILES["1_one.sql"], "2_two.sql": FILES["2_two.sql"] });
  const refused = await planChange(UP, loadedSource(without), runOptions(), worldFor(db));
  expect(codes(refused.refusals)).toEqual(["verification-missing"]);
  expect((await mark(2n, "applied")).marked).toBe(true);
  expect((await readStatus(loadedSource(BUNDLE), runOptions(), worldFor(db))).unverified).toEqual([]);
  expect(await steps()).toEqual(["3 up not_run"]);
});

it("what is begun and said to be pending is forgotten", async () => {
  await run(db, bundleOf({ "1_one.sql": FILES["1_one.sql"] }));
  await begin(2, "up");
  expect((await mark(2n, "pending")).marked).toBe(true);
  expect(await rowsOf("SELECT FROM schema_migration_statements")).toEqual([]);
});

it("what is so already is left as it is", async () => {
  await run(db, bundleOf({ "1_one.sql": FILES["1_one.sql"] }));
  const before = await everything();
  for (const [version, to] of [
    [1n, "applied"],
    [2n, "pending"],
  ] as const) {
    const report = await mark(version, to);
    expect([report.status, report.marked, report.run_id]).toEqual(["ok", false, null]);
  }
  expect(await everything()).toEqual(before);
});

it.each([
  ["without a reason", 2n, "applied", BUNDLE, null, "bad-argument"],
  ["with an empty one", 2n, "applied", BUNDLE, " ", "bad-argument"],
  ["of a version that is nowhere", 9n, "pending", BUNDLE, "seen", "unknown-version"],
  ["applied, of one that the bundle does not hold", 9n, "applied", BUNDLE, "seen", "unknown-version"],
  [
    "with another bundle",
    2n,
    "applied",
    bundleOf({ ...FILES, "1_one.sql": "SELECT 1;" }, "other"),
    "seen",
    "other-bundle",
  ],
] as const)("%s it is refused, and nothing is changed", async (_, version, to, bundle, reason, code) => {
  await run(db, bundleOf({ "1_one.sql": FILES["1_one.sql"] }));
  const before = await everything();
  const report = await mark(version, to, bundle, reason);
  expect([report.error?.code, report.marked]).toEqual([code, false]);
  expect(await everything()).toEqual(before);
});

it("another tool's history is refused", async () => {
  await client.query("CREATE TABLE schema_migrations (version bigint, dirty boolean)");
  expect((await mark(2n, "applied")).error?.code).toBe("foreign-history");
});

it("a changed and a missing other migration do not stop it", async () => {
  await run(db, bundleOf({ "1_one.sql": FILES["1_one.sql"], "3_three.sql": "SELECT 3;" }));
  const report = await mark(2n, "applied", bundleOf({ "1_one.sql": "SELECT 1;", "2_two.sql": "SELECT 2;" }));
  expect([report.error, report.marked]).toEqual([null, true]);
});

it("it makes the history where none is, and upgrades the seed's", async () => {
  expect((await mark(1n, "applied")).marked).toBe(true);
  expect(stepsOf(await run(db, BUNDLE))).toEqual(["2 up done"]);
  await client.query("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
  await applyAsSeed(client, { performance: false, files: [] });
  expect((await mark(1n, "applied")).marked).toBe(true);
});

it("does not hide the runs that failed before it", async () => {
  const failing = bundleOf({ ...FILES, "3_three.sql": "SELECT 1 / 0;" });
  const failed = await run(db, failing);
  expect((await mark(3n, "applied", failing)).error).toBeNull();
  const { failed_runs } = await readStatus(loadedSource(failing), runOptions(), worldFor(db));
  expect(failed_runs.map(({ run_id }) => run_id)).toEqual([failed.run_id]);
});
