import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ChangeRequest, RollbackTarget, RollbackVerification } from "#engine/request.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { bundleOf, run } from "../../support/engine.ts";
import { codes, stepsOf } from "../../support/faults.ts";
import { generatedFiles } from "../../support/generated_bundle.ts";

/** Applied in the order 1, 4, 2, 3. */
const FILES = generatedFiles(4);
const only = (...versions: readonly number[]) =>
  Object.assign({}, ...versions.map((version) => generatedFiles(1, version))) as Record<string, string>;
const back = (target: RollbackTarget, verify: RollbackVerification = "last"): ChangeRequest => ({
  command: "rollback",
  target,
  verify,
});

let db: TestDatabase;
beforeEach(async () => {
  db = await createDatabase("rollbacks");
  expect((await run(db, bundleOf(only(1, 4)))).error).toBeNull();
  const late = await run(db, bundleOf(FILES), {
    command: "up",
    target: { to: "latest" },
    allow_out_of_order: true,
  });
  expect(stepsOf(late)).toEqual(["002 up done", "003 up done"]);
});
afterEach(() => db.drop());

describe("which by version, in what order by application", () => {
  const cases: readonly [string, RollbackTarget, string[], string | null, string[]][] = [
    ["the last step", { remove: "steps", steps: 1 }, ["003"], "4", []],
    ["three steps", { remove: "steps", steps: 3 }, ["003", "002", "004"], "1", []],
    ["more steps than there are", { remove: "steps", steps: 9 }, ["003", "002", "004", "001"], null, []],
    ["--to 1", { remove: "above", version: 1n }, ["003", "002", "004"], "1", []],
    ["--to 0", { remove: "above", version: 0n }, ["003", "002", "004", "001"], null, []],
    ["--to 3", { remove: "above", version: 3n }, ["004"], "3", ["later-stays"]],
    ["down 3", { remove: "from", version: 3n }, ["003", "004"], "2", ["later-stays"]],
    ["down 1", { remove: "from", version: 1n }, ["003", "002", "004", "001"], null, []],
  ];
  it.each(cases)("%s", async (_, target, gone, current, warnings) => {
    const report = await run(db, bundleOf(FILES), back(target));
    expect(report.error).toBeNull();
    expect(stepsOf(report)).toEqual(gone.map((label) => `${label} down done`));
    expect(report.current_version).toBe(current);
    expect(codes(report.warnings)).toEqual(warnings);
    const client = await db.connect();
    const { rows: tables } = await client.query(
      "SELECT substr(relname, 4) AS label FROM pg_class WHERE relname ~ '^t[0-9]{5}$' ORDER BY 1",
    );
    const { rows: history } = await client.query("SELECT label FROM schema_migrations ORDER BY label");
    const left = ["001", "002", "003", "004"].filter((label) => !gone.includes(label));
    expect(tables.map(({ label }) => label)).toEqual(left);
    expect(history.map(({ label }) => label)).toEqual(left);
  });

  it("what stays though it was applied later is named", async () => {
    const report = await run(db, bundleOf(FILES), back({ remove: "above", version: 3n }));
    expect(report.warnings.map(({ message }) => message)).toEqual([
      "002_make_t00002, 003_make_t00003 was applied after 004_make_t00004, and stays.",
    ]);
  });
});

describe("verification after a rollback", () => {
  const checked = (name: RollbackVerification) =>
    ({
      last: [["t00004 has its row"], ["t00004 has its row"]],
      all: [
        ["t00001 has its row", "t00002 has its row", "t00004 has its row"],
        ["t00001 has its row", "t00004 has its row"],
      ],
      none: [[], []],
    })[name];
  it.each(["last", "all", "none"] as const)("%s", async (verify) => {
    const report = await run(db, bundleOf(FILES), back({ remove: "steps", steps: 2 }, verify));
    expect(report.error).toBeNull();
    expect(report.steps.map((step) => step.checks.map(({ name }) => name))).toEqual(checked(verify));
  });

  it("one that fails undoes that step, and keeps those before it", async () => {
    const client = await db.connect();
    await client.query("DELETE FROM t00001");
    const report = await run(db, bundleOf(FILES), back({ remove: "above", version: 0n }));
    expect(report.error).toMatchObject({ code: "check-failed", file: "verify/001_verify.sql" });
    expect(stepsOf(report)).toEqual([
      "003 down done",
      "002 down done",
      "004 down failed",
      "001 down not_run",
    ]);
    expect(report.current_version).toBe("4");
    const { rows } = await client.query("SELECT label FROM schema_migrations ORDER BY applied_seq");
    expect(rows.map(({ label }) => label)).toEqual(["001", "004"]);
    const again = await run(db, bundleOf(FILES), back({ remove: "above", version: 0n }, "none"));
    expect(stepsOf(again)).toEqual(["004 down done", "001 down done"]);
  });
});

it("the events of what was rolled back stay", async () => {
  const report = await run(db, bundleOf(FILES), back({ remove: "steps", steps: 1 }));
  const client = await db.connect();
  const { rows } = await client.query(
    "SELECT action, success, run_id = $1 AS this FROM schema_migration_events WHERE version = 3 ORDER BY event_id",
    [report.run_id],
  );
  expect(rows).toEqual([
    { action: "apply", success: true, this: false },
    { action: "rollback", success: true, this: true },
  ]);
});
