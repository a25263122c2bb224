import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import { runChange } from "#engine/run/change.ts";
import { asleep } from "../../support/asleep.ts";
import { bundleOf, rollback, run, runOptions, UP, worldFor } from "../../support/engine.ts";
import { LONG_MS, timeOverWhen } from "../../support/time_over.ts";
import { expectFailure, expectSuccess, nextLabel, openStage, type Stage } from "./attempt.ts";
import { marked, onLine40 } from "./marked.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage("copy", {
    "001_base.sql": `CREATE TABLE t (a int PRIMARY KEY, b text, CHECK (a <> 13)); CREATE TABLE other (a int);
      CREATE TABLE slow (a int); CREATE SEQUENCE tries;
      CREATE FUNCTION raises() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF new.a = 1 THEN PERFORM pg_sleep(60); END IF;
        IF new.a = 2 AND nextval('tries') < 3 THEN RAISE 'again' USING ERRCODE = '40001'; END IF;
        IF new.a = 3 THEN RAISE 'three'; END IF;
        RETURN new;
      END $$;
      CREATE TRIGGER raises BEFORE INSERT ON slow FOR EACH ROW EXECUTE FUNCTION raises()`,
  });
});
afterAll(() => stage.db.drop());

const all = async (sql: string): Promise<unknown[]> => (await stage.client.query(sql)).rows;
const many = (count: number, from = 100) =>
  Array.from({ length: count }, (_, i) => `${from + i}\tname of row ${from + i}\n`).join("");

it("rows are written, counted and timed, and travel between what stands around them", async () => {
  const label = nextLabel(stage);
  const sql = `INSERT INTO other VALUES (1);
COPY t (a, b) FROM stdin;
1\tä\\tb 😀
2\t\\N
${many(20_000)}\\.


COPY other FROM stdin;
\\.

SELECT pg_catalog.setval('public.tries', 1, false);
UPDATE t SET b = 'last' WHERE a = 2`;
  const report = await expectSuccess(stage, {
    [`${label}_rows.sql`]: sql,
    [`verify/${label}_verify.sql`]: "SELECT count(*) = 20002 AS status FROM t",
  });
  expect(report.steps).toMatchObject([{ statements: 5, checks: [{ status: "pass" }] }]);
  expect(await all("SELECT * FROM t WHERE a < 10 ORDER BY a")).toEqual([
    { a: 1, b: "ä\tb 😀" },
    { a: 2, b: "last" },
  ]);
  const [event] = await all(
    `SELECT rows::int, statements, timings FROM schema_migration_events WHERE label = '${label}'`,
  );
  expect(event).toMatchObject({ rows: 1 + 20_002 + 1, statements: 5 });
  const timings = (event as { timings: { first: number; last: number }[] }).timings;
  expect(timings.map(({ first, last }) => [first, last])).toEqual([
    [1, 1],
    [2, 2],
    [3, 3],
    [4, 5],
  ]);
});

it("step after step, with rows first and last", async () => {
  const label = Number(nextLabel(stage));
  await expectSuccess(stage, {
    [`${label}_a.sql`]: "COPY other FROM stdin;\n7\n\\.\n",
    [`${label + 1}_b.sql`]: "COPY other FROM stdin;\n7\n\\.\nCOPY other FROM stdin;\r\n7\r\n\\.\r\n",
    [`${label + 2}_c.sql`]: "BEGIN;\nDELETE FROM other WHERE a = 7;\nCOPY other FROM stdin;\n8\n\\.\nCOMMIT;",
  });
  expect(await all("SELECT a FROM other WHERE a IN (7, 8)")).toEqual([{ a: 8 }]);
});

describe("an error", () => {
  it.each([
    ["in a value", "COPY t FROM stdin;\n900001\tä\n900002\tb\n¦9x\tb\n\\.\n", "22P02"],
    [
      "in a value that stands behind others",
      "COPY t (b, a) FROM stdin;\nä\t900001\n😀ö\t¦900x\n\\.\n",
      "22P02",
    ],
    ["in a value that is part of another", "COPY t (b, a) FROM stdin;\n9xy\t¦9x\n\\.\n", "22P02"],
    ["in a value that stands twice", "COPY t (b, a) FROM stdin;\n¦x\tx\n\\.\n", "22P02"],
    ["in a row with too few", "COPY t FROM stdin;\n¦900001\n\\.\n", "22P04"],
    ["in a row with too many", "COPY t FROM stdin;\n¦900001\tb\tc\n\\.\n", "22P04"],
    ["in a constraint", "COPY t FROM stdin;\n900001\tb\n¦13\tb\n900002\tc\n\\.\n", "23514"],
    ["in a trigger", "COPY slow FROM stdin;\n4\n¦3\n\\.\n", "P0001"],
    ["in CSV behind quoted lines", 'COPY t FROM stdin CSV;\n900001,"ä\n\n"\n"¦9x",c\n\\.\n', "22P02"],
    ["in CSV in a first row of several lines", 'COPY t FROM stdin CSV;\n¦13,"ä\n\n"\n\\.\n', "23514"],
    ["in CSV at the last line of a row", 'COPY t FROM stdin CSV;\n900001,b\n13,"ä\n\n¦"\n\\.\n', "23514"],
    ["before any row", "COPY t FROM stdin WITH (¦FORMAT nonsense);\n900001\tb\n\\.\n", "22023"],
    ["in the name", "SELECT 1;\n¦COPY nosuch FROM stdin;\n900001\tb\n\\.\n", "42P01"],
    ["behind rows", "COPY t FROM stdin;\n900001\tb\n\\.\nSELECT ¦nosuch;", "42703"],
  ])("%s is told at its place, and nothing is kept", async (_where, source, sqlstate) => {
    const { text, line, column, excerpt } = marked(source);
    const report = await expectFailure(stage, { sql: text, code: "sql-error", sqlstate });
    expect(report.error).toMatchObject({ line, column, excerpt });
  });

  it("behind odd characters and CRLF too, after 200 kB of rows", async () => {
    const odd = onLine40("COPY t FROM stdin;\r\n¦9x\t漢\r\n\\.");
    const rows = many(8_000, 100_000).replaceAll("\n", "\r\n");
    const text = `COPY t FROM stdin;\r\n${rows}\\.\r\n${odd.text}`;
    const report = await expectFailure(stage, { sql: text, code: "sql-error", sqlstate: "22P02" });
    expect(report.error).toMatchObject({ line: 8_002 + odd.line, column: 1 });
  });
});

it("a step that is tried again sends its rows again", async () => {
  await stage.client.query("ALTER SEQUENCE tries RESTART");
  const report = await expectSuccess(stage, {
    [`${nextLabel(stage)}_again.sql`]: "COPY slow FROM stdin;\n5\n2\n6\n\\.\n",
  });
  expect(report.steps[0]?.tries).toBe(3);
  expect(await all("SELECT a FROM slow ORDER BY a")).toEqual([{ a: 2 }, { a: 5 }, { a: 6 }]);
});

describe("a run that ends within rows", () => {
  /** Begins it, and does this as soon as the server is at a row. */
  async function meanwhile(act: (world: ReturnType<typeof worldFor>, pid: number) => unknown) {
    const world = worldFor(stage.db);
    const sql = `COPY slow FROM stdin;\n1\n${"7\n".repeat(2_000_000)}\\.\n`;
    const bundle = bundleOf({ ...stage.applied, [`${nextLabel(stage)}_slow.sql`]: sql });
    const running = runChange(UP, loadedSource(bundle), runOptions(), world);
    await act(world, await asleep(stage.client));
    const report = await running;
    expect(await all("SELECT FROM slow WHERE a IN (1, 7)")).toEqual([]);
    expect(report.steps.map(({ status }) => status)).toEqual(["failed"]);
    return report;
  }

  it("by its caller keeps nothing", async () => {
    const report = await meanwhile((world) => world.stop());
    expect(report).toMatchObject({ status: "interrupted", error: { code: "interrupted" } });
    // The server took the CancelRequest: it was not given up with its connection.
    expect(report.error?.message).toContain("the step in flight was rolled back");
  });

  it("by a lost connection keeps nothing, and says so", async () => {
    const report = await meanwhile((_, pid) => stage.client.query("SELECT pg_terminate_backend($1)", [pid]));
    expect(report).toMatchObject({ status: "failed", error: { code: "connection-lost" } });
  });

  it("by its deadline keeps nothing, and the next run goes on", async () => {
    const label = nextLabel(stage);
    const slow = { ...stage.applied, [`${label}_slow.sql`]: "COPY slow FROM stdin;\n1\n\\.\n" };
    const sleeping = asleep(stage.client);
    const world = timeOverWhen(worldFor(stage.db), sleeping);
    const options = runOptions({ timeout_ms: LONG_MS });
    const [report] = await Promise.all([
      runChange(UP, loadedSource(bundleOf(slow)), options, world),
      sleeping,
    ]);
    expect(report).toMatchObject({ status: "incomplete", error: { code: "deadline" } });
    await expectSuccess(stage, { [`${label}_slow.sql`]: "COPY slow FROM stdin;\n8\n\\.\n" });
  });
});

it("a rollback has rows, in a file or inline", async () => {
  const label = Number(nextLabel(stage));
  const files = {
    [`${label}_file.sql`]: "DELETE FROM slow",
    [`rollback/${label}_rollback.sql`]: "COPY slow FROM stdin;\n41\n\\.\n",
    [`${label + 1}_inline.sql`]:
      "DELETE FROM other;\n-- MIGRATION DOWN\n/*\nCOPY other FROM stdin;\n42\n\\.\n*/\n",
  };
  await expectSuccess(stage, files);
  const report = await run(stage.db, bundleOf(stage.applied), rollback(2));
  expect(report.error).toBeNull();
  expect(await all("SELECT a FROM slow UNION ALL SELECT a FROM other ORDER BY a")).toEqual([
    { a: 41 },
    { a: 42 },
  ]);
  await expectSuccess(stage, files);
});

it("a script outside of a transaction has rows, each with the record that it is done", async () => {
  const label = nextLabel(stage);
  const path = `${label}_outside.sql`;
  const head = "-- migrate: no-transaction\nCOPY slow FROM stdin;\n51\n52\n\\.\n";
  const rest = "BEGIN;\nCOPY slow FROM stdin;\n53\n\\.\nSELECT 1;\nCOMMIT;\nVACUUM slow;\n";
  const wrong = `${head}COPY slow FROM stdin;\n54\nx\n\\.\n${rest}`;
  const failed = await run(stage.db, bundleOf({ ...stage.applied, [path]: wrong }));
  expect(failed.error).toMatchObject({ sqlstate: "22P02", file: path, line: 8, excerpt: "x\n^" });
  expect(await all("SELECT a FROM slow WHERE a > 50 ORDER BY a")).toEqual([{ a: 51 }, { a: 52 }]);
  const other = { ...stage.applied, [path]: head.replace("52", "99") + rest };
  expect((await run(stage.db, bundleOf(other))).error).toMatchObject({ file: path, line: 2 });
  await expectSuccess(stage, { [path]: head + rest });
  expect(await all("SELECT a FROM slow WHERE a > 50 ORDER BY a")).toEqual([{ a: 51 }, { a: 52 }, { a: 53 }]);
  const [event] = await all(
    `SELECT rows::int FROM schema_migration_events WHERE label = '${label}' AND success`,
  );
  expect(event).toEqual({ rows: 1 });
});
