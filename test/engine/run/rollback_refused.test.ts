import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ChangeRequest } from "#engine/request.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { bundleOf, rollback, run } from "../../support/engine.ts";
import { codes, stepsOf } from "../../support/faults.ts";

const WITH_ROLLBACK = {
  "1_one.sql": "CREATE TABLE one ();",
  "rollback/1_rollback.sql": "DROP TABLE one;\n",
};
const ALL: ChangeRequest = { command: "rollback", target: { remove: "above", version: 0n }, verify: "last" };

let db: TestDatabase;
beforeEach(async () => {
  db = await createDatabase("refused");
});
afterEach(() => db.drop());

describe("what cannot be rolled back is refused before anything is", () => {
  const cases: readonly [string, Readonly<Record<string, string>>, string][] = [
    [
      "a directive says so",
      {
        "2_two.sql": "-- migrate: irreversible the rows are gone\nCREATE TABLE two ();",
        "rollback/2_rollback.sql": "DROP TABLE two;",
      },
      "it says so: the rows are gone",
    ],
    ["there is no script", { "2_two.sql": "CREATE TABLE two ();" }, "it has no rollback script"],
    [
      "the script is the untouched template",
      {
        "2_two.sql": "CREATE TABLE two ();",
        "rollback/2_rollback.sql":
          "-- Rollback for: DESCRIPTION\n\nBEGIN;\n\n-- Add your rollback SQL here\n\nCOMMIT;\n",
      },
      "holds no statement",
    ],
    [
      "the script is empty",
      { "2_two.sql": "CREATE TABLE two ();", "rollback/2_rollback.sql": "" },
      "holds no statement",
    ],
  ];
  it.each(cases)("%s", async (_, two, says) => {
    // Its own rollback would be possible, and goes first.
    const three = { "3_three.sql": "CREATE TABLE three ();", "rollback/3_rollback.sql": "DROP TABLE three;" };
    const bundle = bundleOf({ ...WITH_ROLLBACK, ...two, ...three });
    expect((await run(db, bundle)).error).toBeNull();
    const report = await run(db, bundle, ALL);
    expect(report.status).toBe("refused");
    expect(codes(report.refusals)).toEqual(["irreversible"]);
    expect(report.error?.message).toContain(says);
    expect(report.current_version).toBe("3");
    expect(report.steps.every((step) => step.status === "not_run")).toBe(true);
    const client = await db.connect();
    const { rows } = await client.query(
      "SELECT to_regclass('one') IS NOT NULL AND to_regclass('two') IS NOT NULL AND to_regclass('three') IS NOT NULL AS kept",
    );
    expect(rows[0].kept).toBe(true);
    // What is above it can go.
    expect(stepsOf(await run(db, bundle, rollback(1)))).toEqual(["3 down done"]);
  });
});

describe("a rollback script that is not the one of the apply", () => {
  it.each([
    ["changed", "DROP TABLE one; DROP TABLE IF EXISTS other;", ["rollback-changed"]],
    ["changed in its line ends only", "DROP TABLE one;\r\n", []],
    ["the same", "DROP TABLE one;\n", []],
  ])("%s", async (_, text, warnings) => {
    expect((await run(db, bundleOf(WITH_ROLLBACK))).error).toBeNull();
    const report = await run(
      db,
      bundleOf({ ...WITH_ROLLBACK, "rollback/1_rollback.sql": text }),
      rollback(1),
    );
    expect(report.error).toBeNull();
    expect(codes(report.warnings)).toEqual(warnings);
    expect(stepsOf(report)).toEqual(["1 down done"]);
  });

  it("one that was added after the apply is used", async () => {
    expect((await run(db, bundleOf({ "1_one.sql": WITH_ROLLBACK["1_one.sql"] }))).error).toBeNull();
    const report = await run(db, bundleOf(WITH_ROLLBACK), rollback(1));
    expect(report.error).toBeNull();
    expect(stepsOf(report)).toEqual(["1 down done"]);
  });
});

it("a rollback that fails stops there, with a full report", async () => {
  const bundle = bundleOf({
    ...WITH_ROLLBACK,
    "2_two.sql": "CREATE TABLE two ();",
    "rollback/2_rollback.sql": "DROP TABLE two;\nDROP TABLE no_such_table;",
    "3_three.sql": "CREATE TABLE three ();",
    "rollback/3_rollback.sql": "DROP TABLE three;",
  });
  expect((await run(db, bundle)).error).toBeNull();
  const report = await run(db, bundle, ALL);
  expect(report.status).toBe("failed");
  expect(stepsOf(report)).toEqual(["3 down done", "2 down failed", "1 down not_run"]);
  expect(report.error).toMatchObject({ code: "sql-error", file: "rollback/2_rollback.sql", line: 2 });
  expect(report.current_version).toBe("2");
  const client = await db.connect();
  const { rows } = await client.query("SELECT to_regclass('two') IS NOT NULL AS two");
  expect(rows[0].two).toBe(true);
});
