import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import { runChange } from "#engine/run/change.ts";
import type { RunEvent } from "#engine/seam.ts";
import { monotonic, toProgress } from "#engine/watch/progress.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { bundleOf, runOptions, UP, worldFor } from "../../support/engine.ts";

let db: TestDatabase;
let client: pg.Client;
beforeAll(async () => {
  db = await createDatabase("progress");
  client = await db.connect();
  // Each row of an index takes a millisecond, whatever the machine, for as long as this session says so.
  await client.query(`CREATE TABLE big (a int); INSERT INTO big SELECT generate_series(1, 50000);
    CREATE FUNCTION slow(a int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN
      IF NOT pg_catalog.pg_try_advisory_xact_lock_shared(4711) THEN PERFORM pg_catalog.pg_sleep(0.001); END IF;
      RETURN a; END $$;
    SELECT pg_advisory_lock(4711)`);
});
afterAll(() => db.drop());

const isProgress = (event: RunEvent): event is Extract<RunEvent, { type: "progress" }> =>
  event.type === "progress";

describe("an index that takes long", () => {
  it("tells how far it is, and no quick statement does", async () => {
    const world = worldFor(db);
    const files = { "001_i.sql": "CREATE TABLE aside (a int); CREATE INDEX big_a ON big (slow(a))" };
    const emit = (event: RunEvent): void => {
      world.emit(event);
      const percents = world.events.filter(isProgress).map(({ percent }) => percent ?? 0);
      if ((percents.at(-1) ?? 0) > (percents[0] ?? 0)) void client.query("SELECT pg_advisory_unlock(4711)");
    };
    const report = await runChange(UP, loadedSource(bundleOf(files)), runOptions(), { ...world, emit });
    expect(report.error).toBeNull();
    const told = world.events.filter(isProgress);
    expect(told.length).toBeGreaterThan(1);
    expect(told[0]).toEqual({
      type: "progress",
      label: "001",
      name: "i",
      direction: "up",
      statement: 2,
      phase: expect.stringContaining("building index"),
      percent: expect.any(Number),
    });
    const percents = told.map(({ percent }) => percent ?? 0);
    expect(percents).toEqual([...percents].sort((a, b) => a - b));
    expect(percents.at(-1)).toBeGreaterThan(percents[0] ?? 0);
    expect(percents.at(-1)).toBeLessThanOrEqual(100);
  });

  it("that is stopped leaves in its event how far it was", async () => {
    await client.query("SELECT pg_advisory_lock(4711)");
    const world = worldFor(db);
    const emit = (event: RunEvent): void => {
      world.emit(event);
      if (isProgress(event)) world.stop();
    };
    const files = {
      "001_i.sql": "CREATE TABLE aside (a int); CREATE INDEX big_a ON big (slow(a))",
      "002_i.sql": "CREATE INDEX big_b ON big (slow(-a))",
    };
    const report = await runChange(UP, loadedSource(bundleOf(files)), runOptions(), { ...world, emit });
    expect(report).toMatchObject({ status: "interrupted", error: { code: "interrupted" } });
    const { rows } = await client.query(
      "SELECT timings FROM schema_migration_events WHERE run_id = $1 AND version = 2",
      [report.run_id],
    );
    const progress = world.events.findLast(isProgress);
    expect(rows).toEqual([
      {
        timings: [
          {
            first: 1,
            last: 1,
            ms: expect.any(Number),
            progress: { phase: progress?.phase, percent: progress?.percent },
          },
        ],
      },
    ]);
  });
});

/** A row of a progress view, as the query answers it. */
const look = (view: string, fields: object) =>
  toProgress({ tag: "SELECT", columns: [], rows: [[view, JSON.stringify(fields)]], row_count: 1 });

describe("the percentage", () => {
  it.each([
    ["create_index", { phase: "building index: scanning table", blocks_done: 1, blocks_total: 3 }, 33.3],
    [
      "create_index",
      { phase: "building index: loading tuples in tree", tuples_done: 2, tuples_total: 4, blocks_total: 0 },
      50,
    ],
    ["create_index", { phase: "waiting for writers before build", lockers_done: 1, lockers_total: 2 }, 50],
    ["create_index", { phase: "initializing", blocks_done: 0, blocks_total: 0 }, null],
    ["vacuum", { phase: "scanning heap", heap_blks_scanned: 5, heap_blks_total: 10 }, 50],
    ["vacuum", { phase: "vacuuming heap", heap_blks_vacuumed: 1, heap_blks_total: 10 }, 10],
    ["vacuum", { phase: "vacuuming indexes", heap_blks_scanned: 5, heap_blks_total: 10 }, null],
    ["vacuum", { phase: "vacuuming indexes", indexes_processed: 1, indexes_total: 2 }, 50],
    ["cluster", { phase: "seq scanning heap", heap_blks_scanned: 1, heap_blks_total: 4 }, 25],
    ["cluster", { phase: "rebuilding index", heap_blks_scanned: 4, heap_blks_total: 4 }, null],
    ["copy", { command: "COPY FROM", bytes_processed: 7, bytes_total: 70 }, 10],
    ["copy", { command: "COPY FROM", bytes_processed: 7, bytes_total: 0 }, null],
    ["analyze", { phase: "acquiring sample rows", sample_blks_scanned: 9, sample_blks_total: 9 }, 100],
    ["create_index", { phase: "building index", blocks_done: 7, blocks_total: 3 }, 100],
  ])("of %s %j is %s", (view, fields, percent) => {
    expect(look(view, fields)?.percent).toBe(percent);
  });

  it("is nothing where the server reports nothing", () => {
    expect(toProgress({ tag: "SELECT", columns: [], rows: [], row_count: 0 })).toBeNull();
  });

  it("never goes back within a part of the work, and begins anew with the next", () => {
    const steady = monotonic();
    const at = (done: number | null, phase = "scanning heap", relid = "1") => {
      const fields = { phase, relid, heap_blks_scanned: done, heap_blks_total: done === null ? 0 : 10 };
      const found = look("vacuum", fields);
      return found === null ? null : steady(found).percent;
    };
    expect([at(5), at(3), at(null), at(6)]).toEqual([50, 50, 50, 60]);
    expect([at(1, "scanning heap", "2"), at(null, "truncating heap", "2")]).toEqual([10, null]);
  });
});
