import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { migrations, outsideMigrations } from "../stage/bundle_folders.ts";
import { findsProcesses } from "../stage/function_process.ts";
import { closeGate, holdCommits } from "../stage/gate.ts";
import { type Connection, heldUpAt } from "../stage/killed.ts";
import { expectDeath, expectFailure, reportOf } from "../stage/outcome.ts";
import type { Stage } from "../stage/stage.ts";
import { appliedTo, rolledBack, runsOf, type Truth, truthOf } from "../stage/truth.ts";

const CONNECTIONS: readonly Connection[] = ["ends", "lingers"];

/**
 * The function's process is killed at a point that is known, and the same event is delivered again. One version too
 * many is the bug that is looked for: a relative request that is planned anew removes another version.
 */
export function killedCases(stage: Stage): void {
  describe.skipIf(!findsProcesses)("killed, and delivered again", () => {
    beforeAll(async () => {
      await stage.put("3.0.0", migrations(3), "killed");
    });
    beforeEach(() => stage.database.reset());

    for (const connection of CONNECTIONS) {
      describe(`its connection ${connection}`, () => cases(stage, connection));
    }
  });
}

function cases(stage: Stage, connection: Connection): void {
  const bundle = { name: "killed", version: "3.0.0" };

  it("apply, after the claim", () =>
    killAndRedeliver(stage, connection, {
      command: "apply",
      event: { run_id: "a-claimed", bundle },
      at: ["up", 1],
      truth: appliedTo(3),
    }));

  it("apply, between two steps", () =>
    killAndRedeliver(stage, connection, {
      command: "apply",
      event: { run_id: "a-between", bundle },
      at: ["up", 2],
      truth: appliedTo(3),
    }));

  it("apply, between two statements of a script outside a transaction", async () => {
    await stage.put("1", outsideMigrations(), "outside");
    const versions = [1, 2];
    await killAndRedeliver(stage, connection, {
      command: "apply",
      event: { run_id: "a-outside", bundle: { name: "outside", version: "1" } },
      at: ["up", 2],
      truth: { applied: versions, tables: versions, journal: ["up 1", "begin 2", "up 2"] },
    });
  });

  it("apply of one, after the claim", () =>
    killAndRedeliver(stage, connection, {
      command: "apply",
      event: { run_id: "a-one", bundle, steps: 1 },
      at: ["up", 1],
      truth: appliedTo(1),
    }));

  it("apply of one, after its commit", () =>
    killAndRedeliver(stage, connection, {
      command: "apply",
      event: { run_id: "a-done", bundle, steps: 1 },
      at: ["up", 1],
      committed: appliedTo(1),
      truth: appliedTo(1),
    }));

  it("apply, after the last commit", () =>
    killAndRedeliver(stage, connection, {
      command: "apply",
      event: { run_id: "a-all-done", bundle },
      at: ["up", 3],
      committed: appliedTo(3),
      truth: appliedTo(3),
    }));

  for (const [name, at, committed] of [
    ["after the claim", 3, null],
    ["after its commit", 3, rolledBack(3, 2)],
  ] as const) {
    it(`rollback of one, ${name}`, async () => {
      reportOf(await stage.invoke("apply", { bundle }));
      await killAndRedeliver(stage, connection, {
        command: "rollback",
        event: { run_id: `r-${at}`, bundle, steps: 1 },
        at: ["down", at],
        committed,
        truth: rolledBack(3, 2),
      });
    });
  }

  it("rollback of two, between them", async () => {
    reportOf(await stage.invoke("apply", { bundle }));
    await killAndRedeliver(stage, connection, {
      command: "rollback",
      event: { run_id: "r-two", bundle, steps: 2 },
      at: ["down", 2],
      truth: rolledBack(3, 1),
    });
  });

  it("rollback of one, when another run has rolled it back meanwhile", async () => {
    reportOf(await stage.invoke("apply", { bundle }));
    const event = { run_id: "r-late", bundle, steps: 1 };
    const gate = await closeGate(stage.database, "down", 3);
    const first = stage.invoke("rollback", event);
    await (await heldUpAt(stage.database, gate)).kill("ends");
    expectDeath(await first);
    reportOf(await stage.invoke("rollback", { run_id: "r-other", bundle, steps: 1 }));
    const again = await stage.invoke("rollback", event);
    expectFailure(stage.emulator, again, { status: "refused", run_id: "r-late", code: "superseded" });
    expect(await truthOf(stage.database)).toEqual(rolledBack(3, 2));
  });

  it("the latest bundle, between two steps, while a newer one is published", async () => {
    const name = `moving-${connection}`;
    const first = await stage.put("1.0.0", migrations(3), name);
    await killAndRedeliver(stage, connection, {
      command: "apply",
      event: { run_id: "l-between", bundle: { name } },
      at: ["up", 2],
      meanwhile: async () => {
        await stage.put("1.1.0", migrations(4), name);
      },
      truth: appliedTo(3),
    });
    const [run] = await runsOf(stage.database);
    expect(run?.bundle_source).toContain(`versionId=${first.version_id}`);
    // The newer one is another run's.
    reportOf(await stage.invoke("apply", { run_id: "l-next", bundle: { name } }));
    expect(await truthOf(stage.database)).toEqual(appliedTo(4));
  });
}

interface Killing {
  readonly command: "apply" | "rollback";
  readonly event: { readonly run_id: string; readonly bundle: object; readonly steps?: number };
  /** In which script the process is held up. */
  readonly at: readonly ["up" | "down", number];
  /** What the database says when that script has committed; null: it is killed before. */
  readonly committed?: Truth | null;
  readonly meanwhile?: () => Promise<void>;
  /** In the end, and after a third delivery. */
  readonly truth: Truth;
}

async function killAndRedeliver(stage: Stage, connection: Connection, killing: Killing): Promise<void> {
  const { command, event, at, committed = null, meanwhile, truth } = killing;
  const { database } = stage;
  const gate = await closeGate(database, ...at);
  const first = stage.invoke(command, event);
  let held = await heldUpAt(database, gate);
  if (committed !== null) held = await held.goOn(await holdCommits(database));
  await held.kill(connection);
  expectDeath(await first);
  if (committed !== null) {
    expect(await truthOf(database), "committed before it was killed").toEqual(committed);
    expect((await runsOf(database)).at(-1), "its row is not closed").toMatchObject({ status: "running" });
  }
  await meanwhile?.();

  const second = reportOf(await stage.invoke(command, event));
  expect(second).toMatchObject({ run_id: event.run_id, status: "ok" });
  expect(await truthOf(database), "delivered again").toEqual(truth);
  const third = reportOf(await stage.invoke(command, event));
  expect(third).toMatchObject({ run_id: event.run_id, status: "ok", replayed: true });
  expect(await truthOf(database), "delivered a third time").toEqual(truth);
  const rows = (await runsOf(database)).filter(({ run_id }) => run_id === event.run_id);
  expect(rows).toMatchObject([{ status: "ok", finished_at: expect.any(Date) }]);
}
