import type pg from "pg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Bundle } from "#engine/bundle/bundle.ts";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import type { ChangeRequest } from "#engine/request.ts";
import { runChange } from "#engine/run/change.ts";
import { readStatus } from "#engine/run/status.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { bundleOf, rollback, run, runOptions, settingsFor, UP, worldFor } from "../../support/engine.ts";
import { generatedFiles } from "../../support/generated_bundle.ts";
import { type FaultProxy, startProxy } from "../../support/proxy.ts";

let db: TestDatabase;
let client: pg.Client;
let proxy: FaultProxy;
beforeEach(async () => {
  db = await createDatabase("trips");
  client = await db.connect();
  proxy = await startProxy(settingsFor(db));
});
afterEach(async () => {
  await proxy.close();
  await db.drop();
});

/** Round trips of `work` on a world through the proxy, counted from when its connection was open. */
async function tripsOf(
  work: (world: ReturnType<typeof worldFor>) => Promise<{ readonly error: unknown }>,
): Promise<number> {
  const world = worldFor(db, { port: proxy.port });
  let connected = false;
  const report = await work({
    ...world,
    connect: async (runId) => {
      // The second connection looks on, where a slow machine makes a step a long one.
      if (connected) return worldFor(db).connect(runId);
      connected = true;
      const session = await world.connect(runId);
      proxy.zero();
      return session;
    },
  });
  expect(report.error).toBeNull();
  // Saying goodbye waits for nothing, but the proxy counts it.
  return proxy.counts().turns - 1;
}

const change = (bundle: Bundle, request: ChangeRequest = UP) =>
  tripsOf((world) => runChange(request, loadedSource(bundle), runOptions(), world));

describe("with many migrations applied", () => {
  const APPLIED = 3_000;
  const bundle = bundleOf(generatedFiles(APPLIED));
  beforeEach(async () => {
    expect((await run(db, bundleOf(generatedFiles(1)))).error).toBeNull();
    const rest = bundle.migrations.slice(1);
    await client.query(
      `INSERT INTO schema_migrations (version, label, name, checksum, checksum_raw, bundle, run_id)
       SELECT v::bigint, l, n, c, r, 'suite', 'x' FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[]) AS t(v, l, n, c, r)`,
      [
        rest.map(({ version }) => String(version)),
        rest.map(({ label }) => label),
        rest.map(({ name }) => name),
        rest.map(({ up }) => up.checksum),
        rest.map(({ up }) => up.checksum_raw),
      ],
    );
  });

  it("up with nothing to do takes at most 4 round trips", async () => {
    const trips = await change(bundle);
    expect(trips).toBeLessThanOrEqual(4);
    expect(trips).toBeGreaterThan(1);
    const { rows } = await client.query(
      "SELECT count(*)::int AS n FROM schema_migration_runs WHERE status = 'ok'",
    );
    expect(rows[0].n).toBe(2);
  });

  it("status takes at most 4", async () => {
    const trips = await tripsOf(async (world) => {
      const status = await readStatus(loadedSource(bundle), runOptions(), world);
      expect(status.applied.length).toBe(APPLIED);
      return status;
    });
    expect(trips).toBeLessThanOrEqual(4);
  });
});

describe.each([
  ["up", UP],
  ["rollback", rollback(1_000)],
] as const)("%s of small migrations", (command, request) => {
  it("takes about one round trip each", async () => {
    const trips: number[] = [];
    for (const count of [10, 60]) {
      const bundle = bundleOf(generatedFiles(count));
      if (command === "rollback") expect((await run(db, bundle)).error).toBeNull();
      trips.push(await change(bundle, request));
      if (command === "up") expect((await run(db, bundle, rollback(1_000))).error).toBeNull();
    }
    const [few = 0, many = 0] = trips;
    expect((many - few) / 50).toBeLessThanOrEqual(1.1);
    expect((many - few) / 50).toBeGreaterThan(0.9);
    // What a run costs beside its steps; the look at the history at its end is one of them.
    expect(few - 10).toBeLessThanOrEqual(6);
  });
});

it("the number of statements costs no round trips", async () => {
  const statements = (count: number) =>
    Array.from({ length: count }, (_, i) => `INSERT INTO many VALUES (${i});`).join("\n");
  const of = (count: number) =>
    change(
      bundleOf({
        "1_many.sql": `CREATE TABLE many (n int);\n${statements(count)}`,
        "rollback/1_rollback.sql": "DROP TABLE many;",
      }),
    );
  const few = await of(5);
  expect(
    (
      await run(
        db,
        bundleOf({ "1_many.sql": "SELECT 1;", "rollback/1_rollback.sql": "DROP TABLE many;" }),
        rollback(1),
      )
    ).error,
  ).toBeNull();
  expect(await of(2_000)).toBe(few);
});
