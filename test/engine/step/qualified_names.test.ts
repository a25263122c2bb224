import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import { createIntegrityFunction } from "#engine/registry/integrity_function.ts";
import { createStatusFunction } from "#engine/registry/status_function.ts";
import { qualifiedTables } from "#engine/registry/tables.ts";
import { runChange } from "#engine/run/change.ts";
import { planChange } from "#engine/run/plan.ts";
import { readRuns } from "#engine/run/runs.ts";
import { readStatus } from "#engine/run/status.ts";
import { runVerify } from "#engine/run/verify.ts";
import { loadParser } from "#engine/script/script.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { bundleOf, rollback, runOptions, UP, worldFor } from "../../support/engine.ts";
import { type FaultProxy, startProxy } from "../../support/proxy.ts";
import { dyingWorld } from "../../support/run_ids.ts";
import { unqualified } from "../../support/unqualified.ts";

await loadParser();

/**
 * The column types of our own tables: that DDL runs behind `SET LOCAL search_path TO pg_catalog, pg_temp`, in a
 * transaction where nothing of a user's has run. What is left (current_user, COALESCE, CASE, EXTRACT, bigint) is
 * syntax, which no schema can shadow, and the parser hands it over as such.
 */
const COLUMN_TYPES: readonly string[] = ["type text", "type timestamptz", "type jsonb"];
const isAllowed = (name: string, sql: string): boolean =>
  sql.startsWith("CREATE TABLE ") && COLUMN_TYPES.includes(name);

let db: TestDatabase;
let proxy: FaultProxy;
const sent = new Set<string>();

beforeAll(async () => {
  db = await createDatabase("qualified names");
  proxy = await startProxy(
    { host: String(db.config.host), port: Number(db.config.port) },
    {
      cut: ({ sql }) => {
        if (sql !== null) sent.add(sql);
        return undefined;
      },
    },
  );
  const world = () => worldFor(db, { host: proxy.host, port: proxy.port });
  const files = {
    "001_a.sql": "SELECT pg_catalog.pg_advisory_xact_lock(7)",
    "rollback/001_rollback.sql": "SELECT 1",
    "verify/001_verify.sql": "VALUES (1)",
    "002_b.sql": "SELECT 1",
    "rollback/002_rollback.sql": "SELECT 1",
    "verify/002_verify.sql": "VALUES (1)",
    "R__v.sql": "SELECT 1",
    "verify/v_verify.sql": "VALUES (1)",
  };
  const bundle = bundleOf(files);
  const failing = bundleOf({ ...files, "003_c.sql": "SELECT 1 OPERATOR(pg_catalog./) 0" });
  const options = runOptions({ role: "postgres" });
  await readStatus(loadedSource(bundle), options, world());
  await planChange(UP, loadedSource(bundle), options, world());
  const done = await runChange(UP, loadedSource(bundle), options, world());
  expect(done.error).toBeNull();
  await runChange(UP, loadedSource(bundle), options, world());
  expect((await runChange(UP, loadedSource(failing), options, world())).error?.code).toBe("sql-error");
  await runVerify(
    { command: "verify", versions: [], integrity: true },
    loadedSource(bundle),
    options,
    world(),
  );
  await readStatus(loadedSource(bundle), options, world());
  await readRuns(null, options, world());
  await readRuns(done.run_id, options, world());
  const back = await runChange(rollback(2), loadedSource(bundle), options, world());
  expect(back.error).toBeNull();
  const named = { ...options, run_id: "again", run_wait_ms: 20_000 };
  for (const nth of [2, 4]) {
    const death = { text: /^COMMIT/, nth, when: "after" } as const;
    await runChange(UP, loadedSource(bundle), named, dyingWorld(world(), death)).catch(() => {});
  }
  expect((await runChange(UP, loadedSource(bundle), named, world())).error).toBeNull();
  expect((await runChange(UP, loadedSource(bundle), named, world())).replayed).toBe(true);
});
afterAll(async () => {
  await proxy.close();
  await db.drop();
});

describe("every statement that the job sends", () => {
  test("names what it uses with its schema", () => {
    const open = [...sent].flatMap((sql) =>
      unqualified(sql)
        .filter((name) => !isAllowed(name, sql))
        .map((name) => `${name}: ${sql.replaceAll(/\s+/g, " ").slice(0, 300)}`),
    );
    expect(open).toEqual([]);
    expect(sent.size).toBeGreaterThan(25);
    expect([...sent].some((sql) => sql.includes("SET status = 'running', attempt"))).toBe(true);
    expect([...sent]).toContain("SET LOCAL search_path TO pg_catalog, pg_temp");
  });

  test.each([
    ["check_migration_status()", createStatusFunction],
    ["verify_schema_integrity()", createIntegrityFunction],
  ])("%s does so too, but for operators, which its own search_path finds", (_, create) => {
    const [, head, body] =
      /^([\s\S]*)\$paws_migrate\$([\s\S]*)\$paws_migrate\$/.exec(create(qualifiedTables("a"))) ?? [];
    expect(unqualified(body ?? "").filter((name) => !name.startsWith("operator "))).toEqual([]);
    expect(body).toContain("FROM");
    expect(head).toContain("SET search_path = pg_catalog, pg_temp");
  });

  test.each([
    ["SELECT now()", "function now"],
    ["SELECT 1 = 1", "operator ="],
    ["SELECT 1 IN (1)", "operator ="],
    ["SELECT NULLIF(1, 1)", "operator ="],
    ["SELECT CASE 1 WHEN 1 THEN 1 END", "operator CASE x WHEN"],
    ["SELECT 1::int8", "type int8"],
    ["SELECT 1 FROM pg_class", "relation pg_class"],
    ["WITH a AS (SELECT 1) SELECT FROM a, b", "relation b"],
  ])("would be caught in %s", (sql, name) => {
    expect(unqualified(sql)).toContain(name);
  });
});
