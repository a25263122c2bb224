import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import type { ChangeReport } from "#engine/report.ts";
import { runChange } from "#engine/run/change.ts";
import { bundleOf, runOptions, UP } from "../support/engine.ts";
import { address } from "../support/failover/address.ts";
import { firstNode, type ServerNode } from "../support/failover/node.ts";
import { ask, caughtUp, cutReplication, type Pair, setSynchronous, until } from "../support/failover/pair.ts";
import { stepsOf } from "../support/faults.ts";
import { inForm } from "../support/form.ts";
import { type OwnServer, startOwnServer } from "../support/own_server.ts";
import type { ClientMessage, Cut } from "../support/proxy.ts";
import { runSeed, seeded } from "../support/random.ts";
import { EFFECTS, STEP_SQL, stormFiles } from "../support/storm/bundle.ts";
import { LOOK, reportViolations, type SeenVersion, stateViolations } from "../support/storm/checker.ts";
import { worldOn } from "../support/worlds.ts";

// Each makes a standby, and promotes it.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 240_000 });

const VERSIONS = 6;
/** Rounds, and the step at which the primary goes. */
const ROUNDS = inForm({ short: 1, long: 20 });
const random = seeded(runSeed("failover"));
const rounds = Array.from({ length: ROUNDS }, (_, i) => ({ round: i + 1, at: 3 + Math.floor(random() * 3) }));
const FILES = stormFiles(VERSIONS);
const labels = (from: number, to: number, status: string): readonly string[] =>
  Array.from({ length: to - from + 1 }, (_, i) => `${String(from + i).padStart(3, "0")} up ${status}`);

let server: OwnServer;
/** The youngest node; a failover's survivor is the next one's primary. */
let latest: ServerNode;
let generation = 0;
let pair: Pair;
let database: string;
beforeAll(async () => {
  server = await startOwnServer();
  latest = firstNode(server);
});
afterAll(async () => {
  process.stderr.write(`failover: ${generation} failovers, ${generation * VERSIONS} versions to apply\n`);
  if (generation > 0) await latest.remove();
  await server.stop();
});

beforeEach(async () => {
  generation += 1;
  // Another test may have ended before its promotion.
  if (await isStandby(latest)) await latest.promote();
  database = `failover_${generation}`;
  await ask(latest, "postgres", `CREATE DATABASE ${database} TEMPLATE template0`);
  await ask(latest, database, EFFECTS);
  pair = { primary: latest, standby: await latest.standby(`node-${generation}`) };
  latest = pair.standby;
});

const pause = () => new Promise((resolve) => setTimeout(resolve, 10));

async function isStandby(node: ServerNode): Promise<boolean> {
  const [row] = await ask<{ yes: boolean }>(node, "postgres", "SELECT pg_is_in_recovery() AS yes");
  return row?.yes === true;
}

/** What is sent while step `n` runs, and what commits it. */
const within = (n: number) => (message: ClientMessage) =>
  message.sql?.includes(`${STEP_SQL}VALUES (${n})`) === true;
function commitOf(n: number): (message: ClientMessage) => boolean {
  const begun = within(n);
  let seen = false;
  return (message) => {
    if (seen && message.sql?.startsWith("COMMIT") === true) return true;
    seen ||= begun(message);
    return false;
  };
}

async function seenOn(node: ServerNode): Promise<readonly SeenVersion[]> {
  return ask<SeenVersion & Record<string, unknown>>(node, database, LOOK);
}

/** All is applied once on the survivor, and neither report is belied by it. */
async function expectTruth(...reports: readonly ChangeReport[]): Promise<void> {
  const seen = await seenOn(pair.standby);
  expect(stateViolations(seen)).toEqual([]);
  expect(seen.length).toBe(VERSIONS);
  expect(reports.flatMap((report) => reportViolations(report, seen, VERSIONS))).toEqual([]);
}

const runOn = (node: { readonly connection: ServerNode["connection"] }) =>
  runChange(UP, loadedSource(bundleOf(FILES)), runOptions(), worldOn({ ...node.connection, database }));

describe.each(rounds)("round $round, at step $at", ({ at }) => {
  it("a primary that is gone in the middle of a step: the run waits for the promotion, and the next goes on", async () => {
    await setSynchronous(pair, true);
    const named = await address(pair.primary.connection);
    const world = worldOn({ ...named.proxy.through(pair.primary.connection), database });
    const done = () => world.events.filter(({ type }) => type === "step-finished").length;
    named.after(within(at), async () => {
      // The commit before it went out together with it.
      while (done() < at - 1) await pause();
      await pair.primary.stop("immediate");
      named.leadTo(pair.standby.connection);
    });
    const running = runChange(UP, loadedSource(bundleOf(FILES)), runOptions(), world);
    const refused = () =>
      world.events.some((event) => event.type === "reconnecting" && event.reason.includes("is a standby"));
    while (!refused()) await pause();
    // Who begins now is told so.
    const early = await runOn(pair.standby);
    expect([early.status, early.error?.code]).toEqual(["refused", "standby"]);
    await pair.standby.promote();

    const report = await running;
    expect([report.status, report.error?.code]).toEqual(["failed", "connection-lost"]);
    expect(stepsOf(report)).toEqual([
      ...labels(1, at - 1, "done"),
      ...labels(at, at, "failed"),
      ...labels(at + 1, VERSIONS, "not_run"),
    ]);
    const runs = "SELECT status FROM schema_migration_runs";
    expect(await ask(pair.standby, database, runs)).toEqual([{ status: "failed" }]);
    const next = await runOn(pair.standby);
    expect(stepsOf(next)).toEqual(labels(at, VERSIONS, "done"));
    await expectTruth(report, next);
    await named.proxy.close();
  });

  interface CommitFailover {
    readonly replication: "synchronous" | "asynchronous";
    readonly commit: "reached" | "did not reach";
  }

  it.each<CommitFailover>([
    { replication: "synchronous", commit: "did not reach" },
    { replication: "asynchronous", commit: "reached" },
  ])(
    "a primary that is gone at a COMMIT that $commit the standby: $replication",
    async ({ replication, commit }) => {
      const synchronous = replication === "synchronous";
      await setSynchronous(pair, synchronous);
      const named = await address(pair.primary.connection);
      const version = `EXISTS (SELECT FROM schema_migrations WHERE version = ${at})`;
      let failing: Promise<void> = Promise.resolve();
      const fail = async (): Promise<void> => {
        if (commit === "reached") await until(pair.standby, database, version);
        else if (synchronous) {
          await until(
            pair.primary,
            "postgres",
            "EXISTS (SELECT FROM pg_stat_activity WHERE wait_event = 'SyncRep')",
          );
        } else await until(pair.primary, database, version);
        await pair.primary.stop("immediate");
        named.leadTo(pair.standby.connection);
        await pair.standby.promote();
      };
      named.before(commitOf(at), async (): Promise<Cut> => {
        if (commit === "did not reach") {
          await caughtUp(pair);
          await cutReplication(pair);
        }
        failing = fail();
        return "drop-reply";
      });
      const world = worldOn({ ...named.proxy.through(pair.primary.connection), database });
      const report = await runChange(UP, loadedSource(bundleOf(FILES)), runOptions(), world);
      await failing;

      const committed = commit === "reached";
      expect([report.status, report.error?.code]).toEqual(["failed", "connection-lost"]);
      expect(stepsOf(report)).toEqual([
        ...labels(1, at - 1, "done"),
        ...labels(at, at, committed ? "done" : "failed"),
        ...labels(at + 1, VERSIONS, "not_run"),
      ]);
      const next = await runOn(pair.standby);
      expect(stepsOf(next)).toEqual(labels(committed ? at + 1 : at, VERSIONS, "done"));
      await expectTruth(report, next);
      await named.proxy.close();
    },
  );

  it("what a run had done on a primary, and the standby never had, is not told done by the run that meets it", async () => {
    await setSynchronous(pair, false);
    const named = await address(pair.primary.connection);
    let failing: Promise<void> = Promise.resolve();
    named.before(commitOf(2), async () => {
      await caughtUp(pair);
      await cutReplication(pair);
      named.before(commitOf(at), async () => {
        failing = (async () => {
          await pair.primary.stop("immediate");
          named.leadTo(pair.standby.connection);
          await pair.standby.promote();
        })();
        return "reset";
      });
      return undefined;
    });
    const report = await runOn({ connection: named.proxy.through(pair.primary.connection) });
    await failing;
    expect([report.status, report.error?.code]).toEqual(["failed", "history-moved"]);
    expect(report.error?.message).toMatch(/002_storm was committed, .* does not have it/);
    expect(stepsOf(report)).toEqual([
      ...labels(1, 1, "done"),
      ...labels(2, at, "failed"),
      ...labels(at + 1, VERSIONS, "not_run"),
    ]);
    expect(report.current_version).toBe("1");
    const next = await runOn(pair.standby);
    expect(stepsOf(next)).toEqual(labels(2, VERSIONS, "done"));
    await expectTruth(report, next);
    await named.proxy.close();
  });

  it("what was told done on a primary and did not reach the standby is pending there, and applied again", async () => {
    await setSynchronous(pair, false);
    const named = await address(pair.primary.connection);
    named.before(commitOf(at), async () => {
      await caughtUp(pair);
      await cutReplication(pair);
      return undefined;
    });
    const report = await runOn({ connection: named.proxy.through(pair.primary.connection) });
    expect(report.status).toBe("ok");
    await pair.primary.stop("immediate");
    named.leadTo(pair.standby.connection);
    await pair.standby.promote();
    const next = await runOn({ connection: named.proxy.through(pair.standby.connection) });
    expect(next.status).toBe("ok");
    expect(stepsOf(next)).toEqual(labels(at, VERSIONS, "done"));
    await expectTruth(next);
    // The old primary, should it come back, answers for itself: nothing in one server tells that another took over.
    await pair.primary.start();
    const old = await runOn(pair.primary);
    expect([old.status, stepsOf(old)]).toEqual(["ok", []]);
    await pair.primary.stop("immediate");
    await named.proxy.close();
  });
});
