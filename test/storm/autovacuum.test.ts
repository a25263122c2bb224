import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import { runChange } from "#engine/run/change.ts";
import { bundleOf, runOptions, UP } from "../support/engine.ts";
import { type OwnServer, startOwnServer } from "../support/own_server.ts";
import { worldOn } from "../support/worlds.ts";

/** An autovacuum that sleeps 100 ms for every few pages: it would take minutes. */
const SLOW_AUTOVACUUM = {
  autovacuum: "on",
  autovacuum_naptime: "1s",
  autovacuum_vacuum_cost_delay: "100ms",
  autovacuum_vacuum_cost_limit: "10",
};

let server: OwnServer;
let client: pg.Client;
beforeAll(async () => {
  server = await startOwnServer(SLOW_AUTOVACUUM);
  client = new pg.Client(server.connection);
  await client.connect();
  await client.query(`CREATE ROLE plain LOGIN PASSWORD 'plain'; GRANT CREATE ON SCHEMA public TO plain;
    CREATE SCHEMA job AUTHORIZATION plain;
    CREATE TABLE big (a int, filler text) WITH (autovacuum_vacuum_threshold = 1, autovacuum_vacuum_scale_factor = 0,
      autovacuum_analyze_threshold = 1000000000);
    ALTER TABLE big OWNER TO plain;
    INSERT INTO big SELECT i, repeat('x', 500) FROM generate_series(1, 30000) AS i;
    DELETE FROM big WHERE a % 2 = 0`);
});
afterAll(async () => {
  await client.end();
  await server.stop();
});

/** Waits until an autovacuum works on the table, and returns its pid. */
async function autovacuumAtWork(): Promise<number> {
  const find = `SELECT p.pid FROM pg_stat_progress_vacuum p JOIN pg_stat_activity a USING (pid)
    WHERE p.relid = 'big'::regclass AND a.backend_type = 'autovacuum worker'`;
  await expect.poll(async () => (await client.query(find)).rowCount, { timeout: 30_000 }).toBe(1);
  return (await client.query(find)).rows[0].pid;
}

describe("an autovacuum in the way", () => {
  it.each([
    ["that the job's login sees", { user: "postgres" }, false],
    ["of which a plain login sees almost nothing", { user: "plain", password: async () => "plain" }, true],
  ])("%s gives way to one try that outlasts the deadlock check", async (_who, login, hidden) => {
    const user = login.user === "postgres" ? {} : login;
    const world = worldOn(server.connection, user);
    const pid = await autovacuumAtWork();
    const files = { "001_s.sql": `ALTER TABLE big ADD COLUMN ${hidden ? "hidden" : "seen"} int` };
    const options = { retry_for_ms: 15_000, history_schema: hidden ? "job" : "public" };
    const report = await runChange(UP, loadedSource(bundleOf(files)), runOptions(options), world);
    const [step] = report.steps;
    process.stderr.write(
      `autovacuum (${login.user}): ${step?.tries} tries, ${Math.round(report.duration_ms)} ms\n`,
    );
    expect(report.error).toBeNull();
    expect(step?.blockers).toMatchObject([
      { pid, backend_type: "autovacuum worker", hidden, state: hidden ? null : "active" },
    ]);
    // The first is not watched. The try after the one that sees the autovacuum displaces it within its 1.25 s.
    const seen = world.events.flatMap((event) =>
      event.type === "step-retried" ? [event.blockers.length > 0] : [],
    );
    expect(seen).toEqual(seen.map((_, i) => i === seen.length - 1));
    expect(step?.tries).toBe(seen.length + 1);
    expect(seen.length).toBeGreaterThan(1);
    expect(step?.duration_ms).toBeGreaterThan(950);
  });
});
