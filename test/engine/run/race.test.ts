import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import type { ChangeReport } from "#engine/report.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { bundleOf, run } from "../../support/engine.ts";
import { generatedFiles } from "../../support/generated_bundle.ts";
import { buildRunner, jobFor, type RunnerProgram } from "../../support/runner.ts";

const RUNNERS = 20;
const MIGRATIONS = 25;
const files = generatedFiles(MIGRATIONS);

let program: RunnerProgram;
beforeAll(() => {
  program = buildRunner();
});
afterAll(() => program.remove());

let db: TestDatabase;
beforeEach(async () => {
  db = await createDatabase("race");
});
afterEach(() => db.drop());

/** One applied everything; the others found nothing to do, or say busy where they may not wait. */
async function expectOneWinner(reports: readonly (ChangeReport | null)[], others: readonly string[]) {
  const winners = reports.filter((report) => report?.status === "ok" && report.steps.length > 0);
  expect(winners.length).toBe(1);
  expect(winners[0]?.steps.map((step) => step.status)).toEqual(Array(MIGRATIONS).fill("done"));
  const rest = reports.filter((report) => report !== winners[0]);
  expect(rest.length).toBe(RUNNERS - 1);
  for (const report of rest) {
    expect(report?.steps).toEqual([]);
    expect(others, report?.error?.message ?? "").toContain(report?.error?.code ?? "nothing to do");
    expect(report?.warnings).toEqual([]);
  }
  const client = await db.connect();
  const { rows } = await client.query(
    `SELECT (SELECT count(*) FROM schema_migrations)::int AS history,
       (SELECT count(*) FROM pg_class WHERE relname ~ '^t[0-9]{5}$')::int AS tables,
       (SELECT count(*) FROM schema_migration_events WHERE success)::int AS events,
       (SELECT count(*) FROM schema_migration_runs WHERE status = 'ok')::int AS runs,
       (SELECT count(*) FROM schema_migration_runs WHERE status <> 'ok')::int AS others,
       (SELECT count(*) FROM schema_migration_registry)::int AS registry`,
  );
  const finished = reports.filter((report) => report?.status === "ok").length;
  const each = { history: MIGRATIONS, tables: MIGRATIONS, events: MIGRATIONS };
  expect(rows).toEqual([{ ...each, runs: finished, others: 0, registry: 1 }]);
}

it(`${RUNNERS} processes at once on an empty database: one applies, the others find nothing to do`, async () => {
  const runners = Array.from({ length: RUNNERS }, () => program.start());
  await Promise.all(runners.map((runner) => runner.ready));
  const job = jobFor(db, files, { lock_wait_ms: 120_000 });
  for (const runner of runners) runner.begin(job);
  const ended = await Promise.all(runners.map((runner) => runner.ended));
  await expectOneWinner(
    ended.map(({ report }) => report),
    ["nothing to do"],
  );
}, 180_000);

it.each([
  ["that wait", 120_000, ["nothing to do"]],
  // Who comes when the winner has finished finds nothing to do.
  ["that may not wait", 0, ["other-run", "nothing to do"]],
] as const)(`${RUNNERS} connections of one process at once, %s`, async (_, lock_wait_ms, others) => {
  const bundle = bundleOf(files);
  const reports = await Promise.all(
    Array.from({ length: RUNNERS }, () => run(db, bundle, undefined, { lock_wait_ms })),
  );
  await expectOneWinner(reports, others);
});

it("two bundles at once in two schemas of one database do not wait for each other", async () => {
  const schemas = ["one", "two"];
  const bundles = schemas.map((name, i) => bundleOf(generatedFiles(10, 100 * (i + 1)), name));
  const reports = await Promise.all(
    bundles.map((bundle, i) =>
      run(db, bundle, undefined, { history_schema: schemas[i] ?? "", lock_wait_ms: 0 }),
    ),
  );
  expect(reports.map((report) => report.error)).toEqual([null, null]);
  const client = await db.connect();
  const { rows } = await client.query(
    "SELECT (SELECT count(*) FROM one.schema_migrations)::int AS one, (SELECT count(*) FROM two.schema_migrations)::int AS two",
  );
  expect(rows).toEqual([{ one: 10, two: 10 }]);
});
