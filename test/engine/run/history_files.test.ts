import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import { readStatus } from "#engine/run/status.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { bundleOf, rollback, run, runOptions, worldFor } from "../../support/engine.ts";
import { codes, stepsOf } from "../../support/faults.ts";

const ONE = "CREATE TABLE one (\n  id int\n);\nINSERT INTO one VALUES (1);\n";
const FILES = {
  "1_one.sql": ONE,
  "rollback/1_rollback.sql": "DROP TABLE one;\n",
  "2_two.sql": "CREATE TABLE two ();\n",
  "rollback/2_rollback.sql": "DROP TABLE two;\n",
};

let db: TestDatabase;
beforeEach(async () => {
  db = await createDatabase("files");
  expect((await run(db, bundleOf(FILES))).error).toBeNull();
});
afterEach(() => db.drop());

const statusOf = (files: Readonly<Record<string, string>>) =>
  readStatus(loadedSource(bundleOf(files)), runOptions(), worldFor(db));

describe("an applied file that is the same text in other bytes is the same", () => {
  it.each([
    ["CRLF line ends", ONE.replaceAll("\n", "\r\n")],
    ["CR line ends", ONE.replaceAll("\n", "\r")],
    ["a byte order mark", `\u{feff}${ONE}`],
  ])("%s", async (_, text) => {
    const files = { ...FILES, "1_one.sql": text };
    const report = await run(db, bundleOf({ ...files, "3_three.sql": "CREATE TABLE three ();" }));
    expect(report.error).toBeNull();
    expect(stepsOf(report)).toEqual(["3 up done"]);
    expect((await statusOf({ ...files, "3_three.sql": "CREATE TABLE three ();" })).changed).toEqual([]);
  });
});

describe("an applied file whose text was edited", () => {
  const edited = { ...FILES, "1_one.sql": ONE.replace("1)", "2)"), "3_three.sql": "CREATE TABLE three ();" };

  it("is refused, saying what was recorded when, and nothing is run", async () => {
    const client = await db.connect();
    const { rows } = await client.query(
      "SELECT substr(checksum, 1, 12) AS sum, to_char(applied_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS') AS at FROM schema_migrations WHERE version = 1",
    );
    const report = await run(db, bundleOf(edited));
    expect(report.status).toBe("refused");
    expect(codes(report.refusals)).toEqual(["changed-migration"]);
    expect(report.error).toMatchObject({ file: "1_one.sql" });
    expect(report.error?.message).toContain(`sha256 ${rows[0].sum} of ${rows[0].at}`);
    expect(stepsOf(report)).toEqual(["3 up not_run"]);
    const { rows: three } = await client.query("SELECT to_regclass('three') AS found");
    expect(three[0].found).toBeNull();
    const { rows: runs } = await client.query(
      "SELECT status, error->>'code' AS code, finished_at IS NOT NULL AS closed FROM schema_migration_runs WHERE run_id = $1",
      [report.run_id],
    );
    expect(runs).toEqual([{ status: "refused", code: "changed-migration", closed: true }]);
  });

  it("is listed by status, which warns and stays ok", async () => {
    const status = await statusOf(edited);
    expect(status.status).toBe("ok");
    expect(status.changed.map(({ label }) => label)).toEqual(["1"]);
    expect(codes(status.warnings)).toContain("changed-migration");
  });

  it("can be rolled back: the rollback script is what counts", async () => {
    const report = await run(db, bundleOf(edited), rollback(2));
    expect(report.error).toBeNull();
    expect(stepsOf(report)).toEqual(["2 down done", "1 down done"]);
  });
});

describe("an applied file that was removed", () => {
  const { "1_one.sql": _, "rollback/1_rollback.sql": __, ...left } = FILES;

  it("is refused by up, also with nothing pending", async () => {
    const report = await run(db, bundleOf(left));
    expect(codes(report.refusals)).toEqual(["missing-migration"]);
    expect(report.error?.message).toContain("1_one is applied");
    const more = await run(db, bundleOf({ ...left, "3_three.sql": "SELECT 1;" }));
    expect(codes(more.refusals)).toEqual(["missing-migration"]);
    expect(stepsOf(more)).toEqual(["3 up not_run"]);
  });

  it("is listed by status", async () => {
    const status = await statusOf(left);
    expect(status.missing).toMatchObject([{ version: "1", label: "1", name: "one" }]);
    expect(status.applied.map(({ label }) => label)).toEqual(["1", "2"]);
  });

  it("stops a rollback only where the rollback needs it", async () => {
    expect((await run(db, bundleOf(left), rollback(1))).error).toBeNull();
    const report = await run(db, bundleOf(left), rollback(1));
    expect(codes(report.refusals)).toEqual(["missing-migration"]);
    expect(report.status).toBe("refused");
  });
});

it("an edit, a removed file and a late one are all told at once", async () => {
  const client = await db.connect();
  await client.query("DELETE FROM schema_migrations WHERE version = 2");
  await client.query(
    "INSERT INTO schema_migrations (version, name, applied_at) VALUES (5, 'by hand', now())",
  );
  const report = await run(db, bundleOf({ ...FILES, "1_one.sql": "SELECT 2;" }));
  expect(codes(report.refusals)).toEqual(["missing-migration", "changed-migration", "out-of-order"]);
});
