import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ChangeRequest, RollbackTarget, UpTarget } from "#engine/request.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { bundleOf, run } from "../../support/engine.ts";
import { codes, stepsOf } from "../../support/faults.ts";
import { generatedFiles } from "../../support/generated_bundle.ts";

/** 10 and 30 are applied, then 20 comes. */
const EARLY = { ...generatedFiles(1, 10), ...generatedFiles(1, 30) };
const ALL = { ...EARLY, ...generatedFiles(1, 20), ...generatedFiles(1, 40) };
const ALLOWED = { ...ALL, "bundle.json": '{"out_of_order": "allow"}' };

const up = (target: UpTarget, allow_out_of_order = false): ChangeRequest => ({
  command: "up",
  target,
  allow_out_of_order,
});
const LATEST: UpTarget = { to: "latest" };
const to = (version: bigint): UpTarget => ({ to: "version", version });
const back = (target: RollbackTarget): ChangeRequest => ({ command: "rollback", target, verify: "last" });

let db: TestDatabase;
beforeEach(async () => {
  db = await createDatabase("order");
  expect((await run(db, bundleOf(EARLY))).error).toBeNull();
});
afterEach(() => db.drop());

describe("a late lower version", () => {
  it("is refused, and so is all that is pending", async () => {
    const report = await run(db, bundleOf(ALL));
    expect(report.status).toBe("refused");
    expect(codes(report.refusals)).toEqual(["out-of-order"]);
    expect(report.error).toMatchObject({ file: "020_make_t00020.sql" });
    expect(stepsOf(report)).toEqual(["020 up not_run", "040 up not_run"]);
    expect(report.current_version).toBe("30");
  });

  it.each([
    ["the flag", up(LATEST, true), ALL],
    ["bundle.json", up(LATEST), ALLOWED],
  ])("is applied where %s allows it", async (_, request, files) => {
    const report = await run(db, bundleOf(files), request);
    expect(report.error).toBeNull();
    expect(stepsOf(report)).toEqual(["020 up done", "040 up done"]);
    const client = await db.connect();
    const { rows } = await client.query("SELECT version::int FROM schema_migrations ORDER BY applied_seq");
    expect(rows.map(({ version }) => version)).toEqual([10, 30, 20, 40]);
  });

  it("does not stop what is asked for above it, nor a single step that is allowed", async () => {
    const one = await run(db, bundleOf(ALL), up({ to: "steps", steps: 1 }, true));
    expect(stepsOf(one)).toEqual(["020 up done"]);
    expect(one.current_version).toBe("30");
    expect((await run(db, bundleOf(ALL))).error).toBeNull();
  });
});

describe("up --to", () => {
  it("an unknown version is bad input, also when it is between known ones", async () => {
    for (const version of [25n, 99n, 0n]) {
      const report = await run(db, bundleOf({ ...EARLY, ...generatedFiles(1, 40) }), up(to(version)));
      expect(report.status).toBe("bad_input");
      expect(codes(report.refusals)).toEqual(["unknown-version"]);
      expect(report.current_version).toBe("30");
    }
  });

  it.each([10n, 30n])("%s, at or below the current version, has nothing to do", async (version) => {
    const report = await run(db, bundleOf({ ...EARLY, ...generatedFiles(1, 40) }), up(to(version)));
    expect(report.status).toBe("ok");
    expect(report.steps).toEqual([]);
    expect(report.current_version).toBe("30");
  });

  it("stops at the version, and --steps after so many", async () => {
    const files = bundleOf({ ...EARLY, ...generatedFiles(4, 31) });
    expect(stepsOf(await run(db, files, up(to(32n))))).toEqual(["031 up done", "032 up done"]);
    expect(stepsOf(await run(db, files, up({ to: "steps", steps: 1 })))).toEqual(["033 up done"]);
    expect(stepsOf(await run(db, files, up({ to: "steps", steps: 9 })))).toEqual(["034 up done"]);
  });
});

describe("a rollback to or from a version that is not applied", () => {
  const known = bundleOf({ ...EARLY, ...generatedFiles(1, 40) });
  it.each([
    ["down, pending", back({ remove: "from", version: 40n }), "not-applied", "refused"],
    ["--to, pending", back({ remove: "above", version: 40n }), "not-applied", "refused"],
    ["down, unknown", back({ remove: "from", version: 25n }), "unknown-version", "bad_input"],
    ["--to, unknown", back({ remove: "above", version: 25n }), "unknown-version", "bad_input"],
    ["down 0", back({ remove: "from", version: 0n }), "unknown-version", "bad_input"],
  ])("%s", async (_, request, code, status) => {
    const report = await run(db, known, request);
    expect(codes(report.refusals)).toEqual([code]);
    expect(report.status).toBe(status);
    expect(report.current_version).toBe("30");
    const client = await db.connect();
    const { rows } = await client.query("SELECT count(*)::int AS n FROM schema_migrations");
    expect(rows[0].n).toBe(2);
  });

  it("--to the current version has nothing to do, nor has a rollback of an empty history", async () => {
    const there = await run(db, known, back({ remove: "above", version: 30n }));
    expect([there.status, there.steps]).toEqual(["ok", []]);
    const all = await run(db, known, back({ remove: "above", version: 0n }));
    expect(stepsOf(all)).toEqual(["030 down done", "010 down done"]);
    expect(all.current_version).toBeNull();
    const none = await run(db, known, back({ remove: "steps", steps: 1 }));
    expect([none.status, none.steps]).toEqual(["ok", []]);
  });
});
