import type pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { bundleOf, run } from "../support/engine.ts";
import { inForm } from "../support/form.ts";
import { generatedFiles, tableOf } from "../support/generated_bundle.ts";
import { runSeed, seeded } from "../support/random.ts";
import { buildRunner, jobFor, type Runner, type RunnerProgram } from "../support/runner.ts";

const MIGRATIONS = inForm({ short: 120, long: 300 });
const KILLS = inForm({ short: 12, long: 30 });
/** Every so many kills one hits before the plan stands: connecting, waiting for the lock, parsing. */
const EARLY_EVERY = 6;

let db: TestDatabase;
let client: pg.Client;
let program: RunnerProgram;
beforeAll(async () => {
  db = await createDatabase("crash");
  client = await db.connect();
  await client.query("CREATE TABLE kills (left_over int); INSERT INTO kills VALUES (1)");
  program = buildRunner();
});
afterAll(async () => {
  program.remove();
  await db.drop();
});

const files = generatedFiles(MIGRATIONS);
/** No run comes to its end while there are kills to come: the last migration waits for that. */
const LAST = `${String(MIGRATIONS).padStart(3, "0")}_make_${tableOf(MIGRATIONS)}.sql`;
files[LAST] +=
  `DO $$ BEGIN WHILE EXISTS (SELECT FROM kills) LOOP PERFORM pg_sleep(0.01); END LOOP; END $$;\n`;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Versions with a history row but no table, and tables without a row: in one statement, so at one instant. */
async function unequal(): Promise<readonly string[]> {
  const { rows: tables } = await client.query("SELECT to_regclass('public.schema_migrations') AS found");
  if (tables[0].found === null) return [];
  const { rows } = await client.query<{ at: string }>(
    `SELECT coalesce(name, relname) AS at FROM public.schema_migrations
     FULL JOIN (SELECT relname FROM pg_class WHERE relname ~ '^t[0-9]{5}$') made ON name = 'make_' || relname
     WHERE name IS NULL OR relname IS NULL`,
  );
  return rows.map(({ at }) => at);
}

async function applied(): Promise<number> {
  const { rows } = await client.query(
    "SELECT count(*)::int AS n FROM pg_class WHERE relname ~ '^t[0-9]{5}$'",
  );
  return rows[0].n;
}

it(`applies each of ${MIGRATIONS} migrations once, whatever instant ${KILLS} runs are killed at`, async () => {
  const random = seeded(runSeed("crash"));
  const job = jobFor(db, files);
  // The next process loads its modules while this one runs.
  const loaded: Runner[] = [program.start(), program.start()];
  let step_ms = 3;
  for (let kill = 0; kill < KILLS; kill++) {
    const runner = loaded.shift() ?? program.start();
    loaded.push(program.start());
    await runner.ready;
    const before = await applied();
    runner.begin(job);
    const early = kill % EARLY_EVERY === 0;
    const share = (MIGRATIONS - before) / (KILLS - kill + 3);
    const delay = early ? random() * 400 : random() * 2 * share * step_ms;
    // The run's row is written by then, so that it must be found abandoned.
    if (!early) await runner.said("step-started");
    await pause(delay);
    runner.process.kill("SIGKILL");
    expect((await runner.ended).signal).toBe("SIGKILL");
    expect(await unequal()).toEqual([]);
    const done = (await applied()) - before;
    if (!early) step_ms = done > 2 ? (step_ms + delay / done) / 2 : step_ms * 2;
  }
  for (const runner of loaded) runner.process.kill("SIGKILL");
  const left = MIGRATIONS - (await applied());
  expect(left).toBeGreaterThan(0);
  expect(left).toBeLessThan(MIGRATIONS - KILLS);

  await client.query("DELETE FROM kills");
  const last = await run(db, bundleOf(files));
  expect(last.error).toBeNull();
  expect(last.current_version).toBe(String(MIGRATIONS));
  expect(await unequal()).toEqual([]);
  const { rows: versions } = await client.query(
    "SELECT version::int AS version FROM public.schema_migrations ORDER BY applied_seq",
  );
  expect(versions.map(({ version }) => version)).toEqual(Array.from({ length: MIGRATIONS }, (_, i) => i + 1));
  const contents = versions.map(({ version }) => `SELECT * FROM t${String(version).padStart(5, "0")}`);
  const { rows: made } = await client.query(contents.join(" UNION ALL "));
  expect(made.length).toBe(MIGRATIONS);
  await expectRecords(last.run_id ?? "");
}, 180_000);

/** Killed runs are abandoned, the last one is ok, and each migration has one event, of the run in its row. */
async function expectRecords(last: string): Promise<void> {
  const { rows: runs } = await client.query(
    `SELECT status, count(*)::int AS n, bool_and(finished_at IS NOT NULL) AS closed,
       count(*) FILTER (WHERE run_id = '${last}')::int AS last FROM public.schema_migration_runs GROUP BY status ORDER BY status`,
  );
  const [abandoned, ok] = runs;
  expect(runs.length).toBe(2);
  expect(abandoned).toMatchObject({ status: "abandoned", closed: true, last: 0 });
  expect(abandoned.n).toBeGreaterThanOrEqual(KILLS - KILLS / EARLY_EVERY);
  expect(ok).toEqual({ status: "ok", n: 1, closed: true, last: 1 });
  const { rows: events } = await client.query(
    `SELECT count(*)::int AS events, count(DISTINCT e.version)::int AS versions,
       count(r.run_id)::int AS with_run, count(h.version)::int AS with_row,
       bool_and(e.success AND e.action = 'apply') AS applies
     FROM public.schema_migration_events e LEFT JOIN public.schema_migration_runs r USING (run_id)
     LEFT JOIN public.schema_migrations h ON h.version = e.version AND h.run_id = e.run_id`,
  );
  const each = MIGRATIONS;
  expect(events).toEqual([{ events: each, versions: each, with_run: each, with_row: each, applies: true }]);
}
