import type pg from "pg";
import { expect } from "vitest";
import type { Bundle } from "#engine/bundle/bundle.ts";
import type { ChangeReport } from "#engine/report.ts";
import type { ChangeRequest, RunOptions } from "#engine/request.ts";
import { runChange } from "#engine/run/change.ts";
import type { BundleSource, World } from "#engine/seam.ts";
import { type Cut, cutWorld } from "./cut_world.ts";
import type { TestDatabase } from "./database.ts";
import { runOptions, worldFor } from "./engine.ts";

/** Migrations 1 to `count`, each with a table `tN`, its rollback and its verification. */
export function numbered(count: number): Readonly<Record<string, string>> {
  const files = Array.from({ length: count }, (_, i): readonly [string, string][] => {
    const n = i + 1;
    const there = `SELECT CASE WHEN to_regclass('t${n}') IS NULL THEN 'FAIL' ELSE 'PASS' END AS status`;
    return [
      [`${n}_make.sql`, `CREATE TABLE t${n} (id int)`],
      [`rollback/${n}_rollback.sql`, `DROP TABLE t${n}`],
      [`verify/${n}_verify.sql`, there],
    ];
  });
  return Object.fromEntries(files.flat());
}

/** A source that counts how often it is read, and what it is told was read before. */
export function countedSource(bundle: Bundle, reference: unknown = null) {
  const reads: (string | null)[] = [];
  const source: BundleSource = {
    reference,
    read: async (recorded) => {
      reads.push(recorded);
      return bundle;
    },
  };
  return { source, reads };
}

/** Asks on a connection of its own, which does not stay: suites ask a thousand times. */
async function asked<Row extends pg.QueryResultRow>(
  db: TestDatabase,
  sql: string,
  values: readonly unknown[] = [],
): Promise<readonly Row[]> {
  const client = await db.connect();
  try {
    return (await client.query<Row>(sql, [...values])).rows;
  } finally {
    await client.end();
  }
}

/** What an outsider sees: the versions in the history, and those whose table is there; which must be the same. */
export async function versionsIn(db: TestDatabase): Promise<readonly number[]> {
  const rows = await asked<{ version: number; there: boolean }>(
    db,
    `SELECT coalesce(h.version, t.version)::int AS version, h.version IS NOT NULL AND t.version IS NOT NULL AS there
     FROM schema_migrations h FULL JOIN (SELECT substr(relname, 2)::int AS version FROM pg_class
       WHERE relnamespace = 'public'::regnamespace AND relname ~ '^t[0-9]+$') t USING (version) ORDER BY 1`,
  );
  expect(rows.filter(({ there }) => !there)).toEqual([]);
  return rows.map(({ version }) => version);
}

/** How often each version's step was committed, by action: `3 rollback`. */
export async function committedIn(db: TestDatabase, run_id: string): Promise<readonly string[]> {
  const rows = await asked<{ step: string }>(
    db,
    "SELECT version || ' ' || action AS step FROM schema_migration_events WHERE run_id = $1 AND success ORDER BY event_id",
    [run_id],
  );
  return rows.map(({ step }) => step);
}

/** A world in which the run dies at a message: nothing connects any more, so that it can record nothing. */
export function dyingWorld<Of extends World>(world: Of, cut: Cut): Of {
  let dead = false;
  const mortal = {
    ...world,
    connect: (run_id: string) => {
      if (dead) throw new Error("the process is dead");
      return world.connect(run_id);
    },
  };
  return cutWorld(mortal, cut, () => {
    dead = true;
  });
}

/** A run whose process dies at a message, as far as the database can tell; false where it came to its end before. */
export async function dieAt(
  db: TestDatabase,
  source: BundleSource,
  request: ChangeRequest,
  cut: Cut,
  more: Partial<RunOptions> = {},
): Promise<boolean> {
  const died = runChange(request, source, runOptions(more), dyingWorld(worldFor(db), cut)).then(
    ({ error }) => error?.code === "connection-lost",
    (error: Error) => error.message === "the process is dead",
  );
  return died;
}

/** A killed process's backend needs a moment to go. */
export const PATIENT = { run_wait_ms: 20_000 };

/** The run's row, as far as tests look at it. */
interface Row {
  readonly status: string;
  readonly attempt: number;
  readonly finished: boolean;
  /** The status that its stored report has. */
  readonly reported: string | null;
  readonly stalled: boolean;
}

/** The run's row; null where there is none. */
export async function rowOf(db: TestDatabase, run_id: string): Promise<Row | null> {
  const rows = await asked<Row>(
    db,
    `SELECT status, attempt, finished_at IS NOT NULL AS finished, report->>'status' AS reported, stalled
     FROM schema_migration_runs WHERE run_id = $1`,
    [run_id],
  );
  return rows[0] ?? null;
}

/** Of a report, what says how it came to be. */
export const cameBy = ({ status, error, replayed, recovered, attempt }: ChangeReport) => ({
  status,
  code: error?.code ?? null,
  replayed,
  recovered,
  attempt,
});
