import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import { runChange } from "#engine/run/change.ts";
import type { Message, World } from "#engine/seam.ts";
import { type Observer, withObserver } from "#engine/watch/observer.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { bundleOf, runOptions, UP, worldFor } from "../../support/engine.ts";

let db: TestDatabase;
beforeAll(async () => {
  db = await createDatabase("observer");
});
afterAll(() => db.drop());

const PID: Message = { text: "SELECT pg_catalog.pg_backend_pid()" };

/** Lends an observer, and counts its connections. */
async function observing<T>(work: (observer: Observer) => Promise<T>, more: Partial<World> = {}) {
  const world = worldFor(db);
  let connections = 0;
  const connect: World["connect"] = (run_id) => {
    connections += 1;
    return (more.connect ?? world.connect)(run_id);
  };
  const outcome = await withObserver({ world: { ...world, connect }, run_id: "r1", backend_pid: 1 }, work);
  return { outcome, connections };
}

const sessions = async (): Promise<number> => {
  const client = await db.connect();
  const { rows } = await client.query(
    "SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = 'paws-migrate/r1'",
  );
  await client.end();
  return rows[0].n;
};

describe("the observer", () => {
  it("has no connection where nothing is asked", async () => {
    expect(await observing(async () => "done")).toEqual({ outcome: "done", connections: 0 });
  });

  it("has one for all questions, gone with the work", async () => {
    const asked = await observing(async (observer) => {
      observer.prepare();
      const first = await observer.ask(PID);
      const second = await observer.ask(PID);
      expect(first?.rows[0]).toEqual(second?.rows[0]);
      return await sessions();
    });
    expect(asked).toEqual({ outcome: 1, connections: 1 });
    await expect.poll(sessions).toBe(0);
  });

  it("cannot write, and holds no advisory lock", async () => {
    const { outcome } = await observing(async (observer) => {
      const locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()";
      const found = await observer.ask({ text: locks });
      const written = await observer.ask({ text: "CREATE TABLE written (a int)" });
      return { locks: found?.rows, written, warnings: observer.warnings() };
    });
    expect(outcome).toMatchObject({ locks: [["0"]], written: null });
    expect(outcome.warnings).toMatchObject([
      { code: "observer-unavailable", message: expect.stringContaining("read-only transaction") },
    ]);
  });

  it("that cannot connect knows nothing, and warns once", async () => {
    const connect = () => Promise.reject(new Error("too many clients"));
    const ask = async (observer: Observer) => [
      await observer.ask(PID),
      await observer.ask(PID),
      observer.warnings().map(({ message }) => message),
    ];
    const { outcome, connections } = await observing(ask, { connect });
    expect(outcome).toEqual([null, null, [expect.stringContaining("too many clients")]]);
    expect(connections).toBe(1);
  });

  it("whose connection is ended knows nothing from then on", async () => {
    const { outcome } = await observing(async (observer) => {
      const pid = (await observer.ask(PID))?.rows[0]?.[0];
      const client = await db.connect();
      await client.query("SELECT pg_terminate_backend($1)", [pid]);
      await expect.poll(() => observer.ask(PID)).toBeNull();
      return observer.warnings().length;
    });
    expect(outcome).toBe(1);
  });

  it("that is still being opened does not hold up the end of the work", async () => {
    const { outcome } = await observing(
      async (observer) => {
        observer.prepare();
        return "done";
      },
      { connect: () => new Promise(() => {}) },
    );
    expect(outcome).toBe("done");
  });
});

it("is not there in a run whose statements are quick", async () => {
  const real = worldFor(db);
  // No statement is slow, whatever the machine.
  const world = { ...real, clock: { ...real.clock, monotonic_ms: () => 0 } };
  let connections = 0;
  const connect: World["connect"] = (run_id) => {
    connections += 1;
    return world.connect(run_id);
  };
  const bundle = bundleOf({ "001_a.sql": "CREATE TABLE a (a int)", "002_b.sql": "ALTER TABLE a ADD b int" });
  const report = await runChange(UP, loadedSource(bundle), runOptions(), { ...world, connect });
  expect([report.status, connections]).toEqual(["ok", 1]);
});
