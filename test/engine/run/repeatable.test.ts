import type pg from "pg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import type { ChangeRequest } from "#engine/request.ts";
import { planChange } from "#engine/run/plan.ts";
import { readStatus } from "#engine/run/status.ts";
import { runVerify } from "#engine/run/verify.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { bundleOf, rollback, run, runOptions, UP, worldFor } from "../../support/engine.ts";
import { codes } from "../../support/faults.ts";

type Files = Readonly<Record<string, string>>;
const view = (name: string, value: string) => `CREATE OR REPLACE VIEW ${name} AS SELECT ${value} AS a;`;
const ONE: Files = {
  "1_t.sql": "CREATE TABLE t (a int);",
  "rollback/1_rollback.sql": "DROP TABLE t CASCADE;",
};
const TWO: Files = {
  ...ONE,
  "2_u.sql": "CREATE TABLE u (a int);",
  "rollback/2_rollback.sql": "DROP TABLE u CASCADE;",
};
/** The second needs the first, and what the newest migration makes. */
const VIEWS: Files = {
  "R__010_v.sql": "CREATE OR REPLACE VIEW v AS SELECT a FROM u;",
  "repeatable/020_w.sql": "CREATE OR REPLACE VIEW w AS SELECT a FROM v;",
  "verify/010_v_verify.sql": "SELECT to_regclass('v') IS NOT NULL AS status;",
};

let db: TestDatabase;
let client: pg.Client;
beforeEach(async () => {
  db = await createDatabase("repeatable");
  client = await db.connect();
});
afterEach(() => db.drop());

const up = (files: Files, target = UP) => run(db, bundleOf(files), target);
const to = (version: bigint): ChangeRequest =>
  ({ ...UP, target: { to: "version", version } }) as ChangeRequest;
const steps = (report: {
  readonly steps: readonly {
    version: string | null;
    label: string;
    name: string;
    direction: string;
    status: string;
  }[];
}) =>
  report.steps.map(
    ({ version, label, name, direction, status }) =>
      `${version ?? `-${label}`} ${name} ${direction} ${status}`,
  );
const columnOf = async (sql: string) => (await client.query({ text: sql, rowMode: "array" })).rows.flat();
const recorded = () =>
  columnOf("SELECT name || ' ' || run_id FROM schema_migration_repeatables ORDER BY name");
const status = async (files: Files) => {
  const report = await readStatus(loadedSource(bundleOf(files)), runOptions(), worldFor(db));
  expect(report.error).toBeNull();
  const listed = report.repeatables.map(
    ({ name, state, applied_at }) => `${name} ${state} ${applied_at !== null}`,
  );
  return { listed, warnings: codes(report.warnings) };
};
const plan = (files: Files, request = UP) =>
  planChange(request, loadedSource(bundleOf(files)), runOptions(), worldFor(db));

describe("up", () => {
  it("applies repeatable migrations behind the versioned ones, in order of name, and records them", async () => {
    const planned = await plan({ ...TWO, ...VIEWS });
    const report = await run(db, bundleOf({ ...TWO, ...VIEWS }), UP, { expected_plan: planned.plan_digest });
    expect([report.error, report.warnings]).toEqual([null, []]);
    expect(steps(report)).toEqual([
      "1 t up done",
      "2 u up done",
      "- 010_v repeat done",
      "- 020_w repeat done",
    ]);
    expect(steps(planned)).toEqual(steps(report).map((step) => step.replace("done", "not_run")));
    expect(report.steps.map(({ checks }) => checks.length)).toEqual([0, 0, 1, 0]);
    expect(report.current_version).toBe("2");
    const { rows } = await client.query("SELECT * FROM schema_migration_repeatables ORDER BY name");
    const [v] = bundleOf({ ...TWO, ...VIEWS }).repeatables;
    expect(rows).toMatchObject([
      {
        name: "010_v",
        checksum: v?.up.checksum,
        checksum_raw: v?.up.checksum_raw,
        bundle: "suite",
        bundle_version: null,
        run_id: report.run_id,
        applied_at: expect.any(Date),
        duration_ms: expect.any(String),
      },
      { name: "020_w" },
    ]);
    expect(await columnOf("SELECT version FROM schema_migrations ORDER BY 1")).toEqual(["1", "2"]);
    expect(
      (
        await client.query(
          "SELECT version, label, name, action, success FROM schema_migration_events ORDER BY event_id",
        )
      ).rows.slice(2),
    ).toEqual([
      { version: null, label: "", name: "010_v", action: "repeat", success: true },
      { version: null, label: "", name: "020_w", action: "repeat", success: true },
    ]);
  });

  it("applies one again when its text changed, whatever changed of its line ends, and nothing else", async () => {
    const files = { ...ONE, "R__a.sql": `${view("a", "1")}\n`, "R__b.sql": view("b", "1") };
    const first = await up(files);
    expect(steps(await up({ ...files, "R__a.sql": `${view("a", "1")}\r\n` }))).toEqual([]);
    const changed = { ...files, "R__a.sql": view("a", "2") };
    expect((await status(changed)).listed).toEqual(["a changed true", "b applied true"]);
    const second = await up(changed);
    expect(steps(second)).toEqual(["- a repeat done"]);
    expect(await columnOf("SELECT a FROM a")).toEqual([2]);
    expect(await recorded()).toEqual([`a ${second.run_id}`, `b ${first.run_id}`]);
    expect(steps(await up(changed))).toEqual([]);
    // A migration alone makes none of them due.
    expect(steps(await up({ ...TWO, ...changed }))).toEqual(["2 u up done"]);
  });

  it("leaves them for later where it leaves anything pending, and says so", async () => {
    const files = { ...TWO, ...VIEWS };
    const some = [to(1n), { ...UP, target: { to: "steps", steps: 1 } } as ChangeRequest];
    for (const request of some) {
      const planned = await plan(files, request);
      expect([steps(planned), codes(planned.warnings)]).toEqual([["1 t up not_run"], ["repeatables-wait"]]);
      expect(planned.warnings[0]?.message).toContain("R__010_v, R__020_w");
    }
    expect(codes((await up(files, to(1n))).warnings)).toEqual(["repeatables-wait"]);
    expect(await recorded()).toEqual([]);
    const rest = await up(files, to(2n));
    expect(steps(rest)).toEqual(["2 u up done", "- 010_v repeat done", "- 020_w repeat done"]);
    expect(rest.warnings).toEqual([]);
  });

  it("of a bundle without versions applies them too", async () => {
    expect(steps(await up({ "R__a.sql": view("a", "1") }))).toEqual(["- a repeat done"]);
    expect((await up({ "R__a.sql": view("a", "2") })).current_version).toBeNull();
    expect(codes((await up(ONE)).warnings)).toEqual([]);
  });
});

describe("what fails leaves the old one, and its row", () => {
  it.each([
    ["SQL", { "R__a.sql": `${view("a", "2")} SELECT 1 / 0;` }, "sql-error"],
    [
      "a verification",
      { "R__a.sql": view("a", "2"), "verify/a_verify.sql": "SELECT a = 1 AS status FROM a;" },
      "check-failed",
    ],
    [
      "one that ends its transaction",
      { "R__a.sql": `${view("a", "2")} DO 'BEGIN COMMIT; END';` },
      "sql-error",
    ],
  ])("%s", async (_, change, code) => {
    const files = { ...ONE, "R__a.sql": view("a", "1"), "R__b.sql": view("b", "1") };
    const first = await up(files);
    const failed = await up({ ...files, ...change, "R__b.sql": view("b", "2") });
    expect([failed.status, failed.error?.code]).toEqual(["failed", code]);
    expect(steps(failed)).toEqual(["- a repeat failed", "- b repeat not_run"]);
    expect([await columnOf("SELECT a FROM a"), await columnOf("SELECT a FROM b")]).toEqual([[1], [1]]);
    expect(await recorded()).toEqual([`a ${first.run_id}`, `b ${first.run_id}`]);
    expect(
      await columnOf("SELECT action FROM schema_migration_events WHERE NOT success AND version IS NULL"),
    ).toEqual(["repeat"]);
  });

  it("and the error's place is the file's", async () => {
    const failed = await up({ ...ONE, "R__a.sql": "\nSELECT nothing;" });
    expect(failed.error).toMatchObject({ code: "sql-error", file: "R__a.sql", line: 2, sqlstate: "42703" });
  });
});

describe("rollback", () => {
  it("leaves them, warns, and makes them due once nothing is pending again", async () => {
    const files = { ...TWO, ...VIEWS };
    await up(files);
    const back = await up(files, rollback(1));
    expect([steps(back), codes(back.warnings)]).toEqual([["2 u down done"], ["repeatables-stay"]]);
    // What the rollback script dropped along with the table is not there any more, and nothing but a run shows it.
    expect(await columnOf("SELECT to_regclass('v')")).toEqual([null]);
    expect((await status(files)).listed).toEqual(["010_v pending true", "020_w pending true"]);
    const again = await up(files);
    expect(steps(again)).toEqual(["2 u up done", "- 010_v repeat done", "- 020_w repeat done"]);
    expect((await status(files)).listed).toEqual(["010_v applied true", "020_w applied true"]);
    expect(steps(await up(files))).toEqual([]);
  });

  it("fails where one of them needs what goes, and names it", async () => {
    const files = { ...TWO, ...VIEWS, "rollback/2_rollback.sql": "DROP TABLE u;" };
    await up(files);
    const back = await up(files, rollback(1));
    expect(back.error).toMatchObject({ code: "sql-error", sqlstate: "2BP01" });
    expect(back.error?.detail).toContain("view v depends on table u");
  });

  it("warns of nothing where nothing is rolled back", async () => {
    await up({ "R__a.sql": view("a", "1") });
    expect((await up({ "R__a.sql": view("a", "1") }, rollback(1))).warnings).toEqual([]);
  });
});

describe("status", () => {
  it("tells of each, also of one that the bundle does not hold any more", async () => {
    const files = { ...ONE, "R__a.sql": view("a", "1"), "R__c.sql": view("c", "1") };
    await up(files);
    const { "R__c.sql": _, ...without } = {
      ...files,
      "R__a.sql": view("a", "2"),
      "R__b.sql": view("b", "1"),
    };
    expect(await status(without)).toEqual({
      listed: ["a changed true", "b pending false", "c missing true"],
      warnings: ["repeatable-gone"],
    });
    // Its view stays, and nobody is refused.
    expect(steps(await up(without))).toEqual(["- a repeat done", "- b repeat done"]);
    expect(await columnOf("SELECT a FROM c")).toEqual([1]);
  });

  it("refuses another bundle's, and knows a renamed folder", async () => {
    await up({ "R__a.sql": view("a", "1") });
    const other = await run(db, bundleOf({ "R__b.sql": view("b", "1") }, "other"));
    expect([other.status, other.error?.code]).toEqual(["refused", "other-bundle"]);
    expect(other.error?.remedy).not.toContain("bundle.json");
    const renamed = await run(db, bundleOf({ "R__a.sql": view("a", "1") }, "other"));
    expect(renamed.error?.remedy).toContain("bundle.json");
  });
});

describe("verify", () => {
  const verify = (files: Files, versions: readonly bigint[] = []) =>
    runVerify({ command: "verify", versions }, loadedSource(bundleOf(files)), runOptions(), worldFor(db));

  it("looks at what is applied as the bundle has it, and records it by name", async () => {
    const files = { ...TWO, ...VIEWS };
    await up(files, to(1n));
    const early = await verify(files);
    expect([steps(early), early.pending]).toEqual([["1 t verify skipped"], 3]);
    await up(files);
    const report = await verify(files);
    expect([report.status, steps(report)]).toEqual([
      "ok",
      ["1 t verify skipped", "2 u verify skipped", "- 010_v verify done", "- 020_w verify skipped"],
    ]);
    expect(
      await columnOf("SELECT name FROM schema_migration_events WHERE action = 'verify' AND version IS NULL"),
    ).toEqual(["010_v"]);
    expect(steps(await verify(files, [2n]))).toEqual(["2 u verify skipped"]);
    const changed = await verify({ ...files, "R__010_v.sql": view("v", "2") });
    expect(steps(changed).at(-1)).toBe("- 020_w verify skipped");
    expect(changed.pending).toBe(1);
    expect(steps(changed)).toHaveLength(3);
    await client.query("DROP VIEW v CASCADE");
    const gone = await verify(files);
    expect([gone.status, gone.error?.code, gone.error?.file]).toEqual([
      "failed",
      "check-failed",
      "verify/010_v_verify.sql",
    ]);
  });
});
