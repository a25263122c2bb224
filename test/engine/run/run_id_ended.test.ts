import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import { runChange } from "#engine/run/change.ts";
import { readRuns } from "#engine/run/runs.ts";
import { runVerify } from "#engine/run/verify.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { bundleOf, rollback, run, runOptions, UP, worldFor } from "../../support/engine.ts";
import { codes, stepsOf } from "../../support/faults.ts";
import { expectValidReport } from "../../support/report_schema.ts";
import { cameBy, countedSource, numbered, rowOf, versionsIn } from "../../support/run_ids.ts";
import { outOfTime } from "../../support/time_over.ts";

const TWO = bundleOf(numbered(2));
const THREE = bundleOf(numbered(3));
const run_id = "deploy-42";

let db: TestDatabase;
beforeEach(async () => {
  db = await createDatabase("run id ended");
});
afterEach(() => db.drop());

const deliver = (source = loadedSource(TWO), more = {}) =>
  runChange(UP, source, runOptions({ run_id, ...more }), worldFor(db));

describe("a run that ended ok", () => {
  it("is told again as it was told, without reading the bundle, and is not planned anew", async () => {
    const first = await deliver();
    const { source, reads } = countedSource(THREE);
    const second = await deliver(source, { reason: "again", requested_by: "another" });
    expect(second).toEqual({ ...first, replayed: true });
    expect(cameBy(second)).toEqual({
      status: "ok",
      code: null,
      replayed: true,
      recovered: false,
      attempt: 1,
    });
    expectValidReport(JSON.parse(JSON.stringify(second)));
    expect(reads).toEqual([]);
    expect(await versionsIn(db)).toEqual([1, 2]);
    expect(await rowOf(db, run_id)).toMatchObject({ status: "ok", attempt: 1 });
  });

  it("warns where other runs have changed the history since, and not where they only looked", async () => {
    await run(db, TWO);
    const down = () => run(db, TWO, rollback(1), { run_id });
    expect(stepsOf(await down())).toEqual(["2 down done"]);
    await runVerify({ command: "verify", versions: [] }, loadedSource(TWO), runOptions(), worldFor(db));
    expect(codes((await down()).warnings)).toEqual([]);
    await run(db, TWO);
    const late = await down();
    expect([stepsOf(late), codes(late.warnings), late.replayed]).toEqual([
      ["2 down done"],
      ["state-moved-on"],
      true,
    ]);
    expect(await versionsIn(db)).toEqual([1, 2]);
  });

  it("with nothing to do finds nothing to do when it comes again, also on an empty database", async () => {
    const nothing = await run(db, TWO, rollback(1), { run_id });
    expect([nothing.status, nothing.steps]).toEqual(["ok", []]);
    await run(db, TWO);
    const again = await run(db, TWO, rollback(1), { run_id });
    expect([again.steps, again.replayed]).toEqual([[], true]);
    expect(await versionsIn(db)).toEqual([1, 2]);
  });

  it("is refused where a person agreed to another plan", async () => {
    await deliver();
    expect((await deliver(undefined, { expected_plan: "another" })).error?.code).toBe("plan-changed");
  });
});

describe("a run that did not", () => {
  const BAD = { ...numbered(1), "2_bad.sql": "CREATE TABLE t2 (id int); SELECT 1 / 0" };

  it("failed with texts too long to be kept whole, fails again with what was kept", async () => {
    const long = "DO $$ BEGIN RAISE EXCEPTION '%', repeat(U&'\\+01F600', 9000) || E'\\u0001'; END $$";
    const files = { ...numbered(1), "2_bad.sql": `CREATE TABLE t2 (id int); ${long}` };
    const first = await deliver(loadedSource(bundleOf(files)));
    expect(first.error?.message).toContain("more characters");
    expect(await deliver(loadedSource(TWO))).toEqual({ ...first, replayed: true });
  });

  it("failed, fails again with the same error, though the file was mended", async () => {
    const first = await deliver(loadedSource(bundleOf(BAD)));
    expect([first.status, stepsOf(first)]).toEqual(["failed", ["1 up done", "2 up failed"]]);
    const again = await deliver(loadedSource(TWO));
    expect(again).toEqual({ ...first, replayed: true });
    expect(await versionsIn(db)).toEqual([1]);
    expect((await run(db, TWO, UP, { run_id: "deploy-43" })).error).toBeNull();
  });

  it("was refused, is refused again, and interrupted, interrupted", async () => {
    await deliver(undefined, { run_id: "first" });
    const refused = await deliver(loadedSource(THREE), { expected_plan: "another" });
    expect(refused.error?.code).toBe("plan-changed");
    expect(cameBy(await deliver(loadedSource(THREE)))).toMatchObject({
      code: "plan-changed",
      replayed: true,
    });
    const client = await db.connect();
    await client.query(
      "UPDATE schema_migration_runs SET status = 'interrupted', report = NULL WHERE run_id = $1",
      [run_id],
    );
    const bare = await deliver(loadedSource(THREE));
    expect(cameBy(bare)).toMatchObject({ status: "interrupted", code: "plan-changed", replayed: true });
    expectValidReport(JSON.parse(JSON.stringify(bare)));
    expect(await versionsIn(db)).toEqual([1, 2]);
  });
});

describe("the id of another request", () => {
  it("is bad input, and nothing is done", async () => {
    await run(db, TWO, UP, { run_id });
    const { source, reads } = countedSource(TWO);
    const other = await runChange(rollback(1), source, runOptions({ run_id }), worldFor(db));
    expect([other.status, other.error?.code, other.steps, reads]).toEqual([
      "bad_input",
      "run-id-reused",
      [],
      [],
    ]);
    expect(other.error?.message).toContain("`up`");
    const verify = { command: "verify", versions: [] } as const;
    const verified = await runVerify(verify, source, runOptions({ run_id }), worldFor(db));
    expect(verified.error?.code).toBe("run-id-reused");
    expect(await versionsIn(db)).toEqual([1, 2]);
    expect(await rowOf(db, run_id)).toMatchObject({ status: "ok", attempt: 1 });
  });

  it("is that of one with another bundle, where the caller names it, whatever the order of its keys", async () => {
    const of = (reference: unknown) => deliver(countedSource(TWO, reference).source);
    expect((await of({ name: "a", version: "latest" })).error).toBeNull();
    expect((await of({ version: "latest", name: "a" })).replayed).toBe(true);
    expect((await of({ name: "a", version: "2" })).error?.code).toBe("run-id-reused");
    expect((await of(null)).error?.code).toBe("run-id-reused");
  });
});

it("an id is not used up by bad input, by a bundle that cannot be read, nor by a run that got no lock", async () => {
  const bad = bundleOf({ ...numbered(2), "3_bad.sql": "CREATE TABLE t3 (" });
  expect((await deliver(loadedSource(bad))).status).toBe("bad_input");
  const holder = await db.connect();
  const { rows } = await holder.query("SELECT to_regclass('schema_migration_runs') AS found");
  expect(rows[0].found).toBeNull();
  await deliver(undefined, { run_id: "makes the tables" });
  expect((await deliver(loadedSource(bad))).status).toBe("bad_input");
  expect(await rowOf(db, run_id)).toBeNull();
  expect(stepsOf(await deliver(loadedSource(THREE)))).toEqual(["3 up done"]);
});

describe("a verification", () => {
  const verify = (bundle = TWO) =>
    runVerify(
      { command: "verify", versions: [] },
      loadedSource(bundle),
      runOptions({ run_id }),
      worldFor(db),
    );

  it("that is recorded is told again, with its warning where the history has changed", async () => {
    await run(db, TWO);
    const first = await verify();
    expect([first.status, first.recorded, first.attempt]).toEqual(["ok", true, 1]);
    expect(await verify()).toEqual({ ...first, replayed: true });
    await run(db, THREE);
    expect(codes((await verify(THREE)).warnings)).toEqual(["state-moved-on"]);
  });

  it("that ran out of time is begun anew under the same id, with the same files, and told again when it has ended", async () => {
    const slow = { ...numbered(1), "verify/1_verify.sql": "SELECT pg_sleep(3); SELECT true AS status" };
    const files = bundleOf({
      ...slow,
      "2_x.sql": "CREATE TABLE t2 (id int)",
      "verify/2_verify.sql": "SELECT true AS status",
    });
    await run(db, files);
    const all = { command: "verify", versions: [] } as const;
    const first = await outOfTime(await db.connect(), worldFor(db), (world, timeout_ms) =>
      runVerify(all, loadedSource(files), runOptions({ run_id, timeout_ms }), world),
    );
    expect([first.status, first.recorded]).toEqual(["incomplete", true]);
    expect((await verify(TWO)).error?.code).toBe("bundle-differs");
    const { source, reads } = countedSource(files);
    const second = await runVerify(all, source, runOptions({ run_id }), worldFor(db));
    expect([second.status, second.recorded, second.attempt, codes(second.warnings)]).toEqual([
      "ok",
      true,
      2,
      [],
    ]);
    expect(reads).toEqual(["/bundles/suite"]);
    expect(await rowOf(db, run_id)).toMatchObject({ status: "ok", attempt: 2, reported: "ok" });
    expect(await verify(files)).toEqual({ ...second, replayed: true });
  });

  it("that failed fails again", async () => {
    await run(db, TWO);
    const client = await db.connect();
    await client.query("ALTER TABLE t2 RENAME TO elsewhere");
    expect((await verify()).error?.code).toBe("check-failed");
    await client.query("ALTER TABLE elsewhere RENAME TO t2");
    expect(cameBy((await verify()) as never)).toMatchObject({ code: "check-failed", replayed: true });
  });
});

it("`runs` of one run shows what it told, and how far it came", async () => {
  const report = await deliver();
  const { runs } = await readRuns(run_id, runOptions(), worldFor(db));
  expect(runs).toMatchObject([{ run_id, attempt: 1, progress: { done: 2, planned: 2 }, report }]);
  const listed = await readRuns(null, runOptions(), worldFor(db));
  expect(listed.runs[0]).not.toHaveProperty("report");
});
