import type pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { bundleOf, run } from "../support/engine.ts";
import { runSeed, seeded } from "../support/random.ts";
import { buildRunner, jobFor, type Runner, type RunnerProgram } from "../support/runner.ts";

const LONG = process.env.PAWS_STORM === "long";
const KILLS = LONG ? 100 : 8;
const ROWS = LONG ? 300_000 : 200_000;
/** About how long a whole script takes: a kill hits somewhere within. */
const STEP_MS = LONG ? 1_500 : 900;
const BUILD_MS = 300;

let db: TestDatabase;
let client: pg.Client;
let program: RunnerProgram;
beforeAll(async () => {
  db = await createDatabase("outside_kills");
  client = await db.connect();
  program = buildRunner();
});
afterAll(async () => {
  program.remove();
  await db.drop();
});

const BASE = `CREATE TABLE big AS SELECT g AS a, md5(g::text) AS b FROM generate_series(1, ${ROWS}) g;
  CREATE TABLE marks (version int, n int); CREATE TABLE builds (at timestamptz DEFAULT clock_timestamp());`;
/** Counts the builds that came as far as their first commit. */
const COUNTER = `CREATE FUNCTION count_build() RETURNS event_trigger LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO public.builds DEFAULT VALUES; END $$;
  CREATE EVENT TRIGGER count_builds ON ddl_command_start WHEN TAG IN ('CREATE INDEX') EXECUTE FUNCTION count_build()`;

const script = (version: number) => `-- migrate: no-transaction
INSERT INTO marks VALUES (${version}, 1);
CREATE INDEX CONCURRENTLY a${version} ON big (a);
BEGIN;
INSERT INTO marks VALUES (${version}, 2);
DROP INDEX IF EXISTS a${version - 1}, b${version - 1};
COMMIT;
SET maintenance_work_mem = '1MB';
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS b${version} ON big (md5(b || 'x'), b);
INSERT INTO marks VALUES (${version}, 3);`;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** The oids of valid indexes by name, and how many are INVALID, once the killed run's backend is gone. */
async function indexes() {
  const alive =
    "SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
  await expect
    .poll(async () => (await client.query(alive)).rows[0].n, { timeout: 30_000, interval: 20 })
    .toBe(0);
  const { rows } = await client.query<{ name: string; oid: number; valid: boolean }>(
    "SELECT relname AS name, c.oid::int AS oid, indisvalid AS valid FROM pg_index JOIN pg_class c ON c.oid = indexrelid WHERE relname ~ '^[ab][0-9]'",
  );
  const valid = new Map(rows.filter((row) => row.valid).map(({ name, oid }) => [name, oid]));
  return { valid, invalid: rows.length - valid.size };
}

/** Whether a build is at work: until its end its index is INVALID. */
async function building(): Promise<boolean> {
  const { rows } = await client.query("SELECT EXISTS (SELECT FROM pg_index WHERE NOT indisvalid) AS found");
  return rows[0].found;
}

it(
  `builds each index once and does each group once, whatever instant ${KILLS} runs are killed at`,
  async () => {
    const random = seeded(runSeed("outside kills"));
    const files: Record<string, string> = { "1_base.sql": BASE };
    expect((await run(db, bundleOf(files))).error).toBeNull();
    await client.query(COUNTER);

    const loaded: Runner[] = [program.start()];
    const violations: string[] = [];
    let version = 1;
    let kills = 0;
    let invalid_seen = 0;
    let stuck = 0;
    let before = (await indexes()).valid;
    /** Each index that was valid is the same one still, unless its script dropped it. */
    const compare = (now: ReadonlyMap<string, number>): void => {
      for (const [name, oid] of before) {
        const found = now.get(name);
        const dropped = Number(name.slice(1)) < version;
        if (found !== oid && !(dropped && found === undefined)) violations.push(`${name} was built again`);
      }
    };
    while (kills < KILLS) {
      if (files[`${version}_out.sql`] === undefined) files[`${++version}_out.sql`] = script(version);
      const runner = loaded.shift() ?? program.start();
      loaded.push(program.start());
      await runner.ready;
      runner.begin(jobFor(db, files));
      await runner.said("step-started");
      // Every other kill hits a build; the others whatever is at work.
      let running = true;
      void runner.ended.then(() => {
        running = false;
      });
      const build = kills % 2 === 0;
      while (build && running && !(await building())) await pause(5);
      // The longer a script takes to get through, the more time it is given.
      const delay = random() * (build ? BUILD_MS : STEP_MS) * (1 + stuck / 4);
      await Promise.race([runner.ended, pause(delay)]);
      runner.process.kill("SIGKILL");
      const { signal, report } = await runner.ended;
      if (signal === "SIGKILL") kills++;
      stuck++;
      const now = await indexes();
      invalid_seen += now.invalid;
      compare(now.valid);
      before = now.valid;
      if (signal !== "SIGKILL" && report?.error !== null)
        violations.push(`a run failed: ${report?.error?.message}`);
      const { rows } = await client.query("SELECT max(version)::int AS last FROM schema_migrations");
      if (rows[0].last === version) stuck = 0;
      if (rows[0].last === version && kills < KILLS) files[`${++version}_out.sql`] = script(version);
    }
    for (const runner of loaded) runner.process.kill("SIGKILL");

    expect((await run(db, bundleOf(files))).error).toBeNull();
    const last = await indexes();
    compare(last.valid);
    const { rows } = await client.query<{ version: number; marks: string }>(
      "SELECT version, string_agg(n::text, ',' ORDER BY n) AS marks FROM marks GROUP BY version ORDER BY version",
    );
    for (const { version: of, marks } of rows)
      if (marks !== "1,2,3") violations.push(`version ${of} has marks ${marks}`);
    if (last.invalid > 0) violations.push(`${last.invalid} INVALID indexes are left`);
    const { rows: builds } = await client.query("SELECT count(*)::int AS n FROM builds");
    process.stderr.write(
      `outside kills: ${kills} kills, ${version - 1} scripts, ${invalid_seen} INVALID indexes seen, ` +
        `${builds[0].n} builds of ${2 * (version - 1)} indexes, ${violations.length} violations\n`,
    );
    expect(violations).toEqual([]);
    expect([...last.valid.keys()].sort()).toEqual([`a${version}`, `b${version}`]);
    expect(rows.map((row) => row.version)).toEqual(Array.from({ length: version - 1 }, (_, i) => i + 2));
    const { rows: history } = await client.query(
      `SELECT (SELECT count(*)::int FROM schema_migrations) AS applied, (SELECT count(*)::int FROM schema_migration_statements) AS begun,
       (SELECT count(*)::int FROM schema_migration_runs WHERE finished_at IS NULL) AS open`,
    );
    expect(history).toEqual([{ applied: version, begun: 0, open: 0 }]);
  },
  LONG ? 1_200_000 : 300_000,
);
