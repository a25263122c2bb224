import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import type { ChangeReport } from "#engine/report.ts";
import type { ChangeRequest } from "#engine/request.ts";
import { runChange } from "#engine/run/change.ts";
import { stepLockKey } from "#engine/run/lock_keys.ts";
import type { RunEvent, World } from "#engine/seam.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { bundleOf, run, runOptions, UP, worldFor } from "../../support/engine.ts";
import { jumpingClock } from "../../support/jumping_clock.ts";
import { type OwnServer, startOwnServer } from "../../support/own_server.ts";
import { type Cut, type FaultProxy, startProxy } from "../../support/proxy.ts";
import { createRole, type TestRole } from "../../support/roles.ts";

const FIRST = { "1_one.sql": "CREATE TABLE one (a int);" };
const SECOND = { "2_two.sql": "CREATE TABLE two (a int);", "rollback/2_rollback.sql": "DROP TABLE two;" };
const BOTH = bundleOf({ ...FIRST, ...SECOND });
const ROLLBACK: ChangeRequest = {
  command: "rollback",
  target: { remove: "steps", steps: 1 },
  verify: "none",
};

let db: TestDatabase;
let proxy: FaultProxy | null = null;
beforeEach(async () => {
  db = await createDatabase("resolve");
  expect((await run(db, bundleOf(FIRST))).error).toBeNull();
});
afterEach(async () => {
  await proxy?.close();
  await db.drop();
});

interface CutRun {
  readonly request?: ChangeRequest;
  readonly role?: TestRole;
  /** What the world does when the COMMIT was cut, before anybody connects again; `late`: the run's deadline comes. */
  readonly meanwhile?: (late: () => void) => Promise<void>;
  /** An interrupt comes then, too. */
  readonly interrupted?: boolean;
  /** Where later connections lead. */
  readonly elsewhere?: { readonly host: string; readonly port: number };
}

/** Much less than a database is looked for where there is no deadline. */
const TIMEOUT_MS = 60_000;
const timed = runOptions({ timeout_ms: TIMEOUT_MS });

/** A world in which the run's deadline comes when the database was looked for in vain, however late that is. */
function hurried<Of extends World>(real: Of): { readonly world: Of; late(): void } {
  const { world, jump } = jumpingClock(real);
  let come = false;
  const late = (): void => {
    if (!come) jump(TIMEOUT_MS);
    come = true;
  };
  const emit = (event: RunEvent): void => {
    real.emit(event);
    if (event.type === "reconnecting") late();
  };
  return { world: { ...world, emit }, late };
}

/** A run of the second migration whose last COMMIT is cut. */
async function cutRun(cut: Cut, { request = UP, ...more }: CutRun = {}): Promise<ChangeReport> {
  let inStep = false;
  let happened = false;
  const target = { host: String(db.config.host), port: Number(db.config.port) };
  proxy = await startProxy(target, {
    cut: ({ sql }) => {
      inStep ||= /(CREATE|DROP) TABLE two/.test(sql ?? "");
      if (!inStep || happened || sql?.startsWith("COMMIT") !== true) return undefined;
      happened = true;
      return cut;
    },
  });
  const through = { host: proxy.host, port: proxy.port };
  const { world: first, late } = hurried(worldFor(db, { ...through, ...more.role?.settings }));
  const later = worldFor(db, { ...(more.elsewhere ?? through), ...more.role?.settings });
  const world = {
    ...first,
    connect: async (runId: string) => {
      if (!happened) return first.connect(runId);
      if (more.interrupted) first.stop();
      await more.meanwhile?.(late);
      return later.connect(runId);
    },
  };
  const report = await runChange(request, loadedSource(BOTH), timed, world);
  expect(happened).toBe(true);
  return report;
}

describe("a COMMIT whose answer was lost", () => {
  it.each<[Cut, boolean]>([
    ["drop-reply", true],
    ["reset", false],
  ])("of a rollback (%s): done %s", async (cut, done) => {
    await run(db, BOTH);
    const report = await cutRun(cut, { request: ROLLBACK });
    expect([report.status, report.current_version]).toEqual(done ? ["ok", "1"] : ["failed", "2"]);
    expect(report.steps[0]?.status).toBe(done ? "done" : "failed");
    const { rows } = await (await db.connect()).query("SELECT to_regclass('two') IS NULL AS gone");
    expect(rows).toEqual([{ gone: done }]);
  });

  it("was good, though a later run has rolled it back by now", async () => {
    let later: ChangeReport | null = null;
    const report = await cutRun("drop-reply", {
      meanwhile: async () => {
        later ??= await run(db, BOTH, ROLLBACK);
      },
    });
    expect(later).toMatchObject({ status: "ok", current_version: "1" });
    expect(report.steps[0]?.status).toBe("done");
  });

  it("is learnt by a role whose transactions are serializable by default", async () => {
    const role = await createRole("LOGIN SUPERUSER");
    const client = await db.connect();
    await client.query(`ALTER ROLE ${role.name} SET default_transaction_isolation = 'serializable'`);
    for (const [cut, status] of [["reset", "failed"] as const, ["drop-reply", "ok"] as const]) {
      expect((await cutRun(cut, { role })).status).toBe(status);
      await proxy?.close();
    }
    await client.query(`REASSIGN OWNED BY ${role.name} TO CURRENT_USER`);
    await role.drop();
  });

  it.each<[Cut, string]>([
    ["reset", "unknown"],
    ["drop-reply", "ok"],
  ])(
    "while somebody has the step's lock, the row's absence says nothing, its presence all (%s: %s)",
    async (cut, status) => {
      const other = await db.connect();
      // Stands for the old backend: it lives on, and has what only its end would give back.
      let held = false;
      const report = await cutRun(cut, {
        meanwhile: async (late) => {
          if (held) return;
          held = true;
          await other.query(`BEGIN; SELECT pg_advisory_xact_lock(${stepLockKey("public")})`);
          late();
        },
      });
      expect(report.status).toBe(status);
      if (status === "unknown") {
        expect(report.error?.code).toBe("unknown-commit");
        expect(report.error?.message).toContain("2_two");
        expect(report.error?.message).toContain("has not ended");
      }
      await other.query("ROLLBACK");
    },
  );
});

it("an interrupt leaves the old transaction a moment to end", async () => {
  const other = await db.connect();
  let ending: Promise<unknown> | null = null;
  const report = await cutRun("drop-reply", {
    interrupted: true,
    meanwhile: async () => {
      if (ending !== null) return;
      await other.query(`BEGIN; SELECT pg_advisory_xact_lock(${stepLockKey("public")})`);
      ending = other.query("SELECT pg_sleep(0.5); ROLLBACK");
    },
  });
  expect([report.status, report.steps[0]?.status]).toEqual(["ok", "done"]);
  await ending;
});

describe("where it cannot be learnt", () => {
  let another: OwnServer;
  beforeAll(async () => {
    another = await startOwnServer();
  });
  afterAll(() => another.stop());

  const expectUnknown = async (report: ChangeReport, why: RegExp): Promise<void> => {
    expect(report).toMatchObject({ status: "unknown", error: { code: "unknown-commit" } });
    expect(report.error?.message).toMatch(why);
    expect(report.error?.message).toContain("2_two");
    expect(report.error?.remedy).toContain("paws-migrate status");
    expect(report.steps[0]?.status).toBe("failed");
    expect(report.warnings.map(({ code }) => code)).toEqual(["not-recorded"]);
    // What the next run finds is the truth.
    const next = await run(db, BOTH);
    expect([next.status, next.steps.length]).toEqual(["ok", 0]);
  };

  it("nothing answers any more: unknown, at the deadline", async () => {
    const nowhere = { host: "127.0.0.1", port: 1 };
    await expectUnknown(await cutRun("drop-reply", { elsewhere: nowhere }), /nothing listens/);
  });

  it("a standby answers: unknown", async () => {
    await another.becomeStandby();
    const client = { ...another.connection };
    const elsewhere = { host: client.host, port: client.port };
    const password = async () => client.password;
    const role = { settings: { ...elsewhere, password, database: "postgres" } } as unknown as TestRole;
    const report = await standbyRun(elsewhere, role);
    await expectUnknown(report, /standby/);
  });

  async function standbyRun(
    elsewhere: { readonly host: string; readonly port: number },
    standby: Pick<TestRole, "settings">,
  ): Promise<ChangeReport> {
    const target = { host: String(db.config.host), port: Number(db.config.port) };
    let happened = false;
    proxy = await startProxy(target, {
      cut: ({ sql }) => {
        if (happened || sql?.startsWith("COMMIT") !== true || !seen) return undefined;
        happened = true;
        return "drop-reply";
      },
    });
    let seen = false;
    const { world: first } = hurried(worldFor(db, { host: proxy.host, port: proxy.port }));
    const later = worldFor(db, { ...standby.settings, ...elsewhere });
    const world = {
      ...first,
      emit: (event: Parameters<typeof first.emit>[0]) => {
        seen ||= event.type === "step-started";
        first.emit(event);
      },
      connect: (runId: string) => (happened ? later : first).connect(runId),
    };
    return runChange(UP, loadedSource(BOTH), timed, world);
  }

  it("a primary answers that another had taken over from: unknown", async () => {
    const target = { host: String(db.config.host), port: Number(db.config.port) };
    // Before the COMMIT a server answers that has seen two failovers; afterwards one that has seen none.
    let happened = false;
    let seen = false;
    proxy = await startProxy(target, {
      values: { "00000001": "00000003" },
      cut: ({ sql }) => {
        if (happened || !seen || sql?.startsWith("COMMIT") !== true) return undefined;
        happened = true;
        return "drop-reply";
      },
    });
    const { world: first } = hurried(worldFor(db, { host: proxy.host, port: proxy.port }));
    const world = {
      ...first,
      emit: (event: Parameters<typeof first.emit>[0]) => {
        seen ||= event.type === "step-started";
        first.emit(event);
      },
      connect: (runId: string) => (happened ? worldFor(db) : first).connect(runId),
    };
    const report = await runChange(UP, loadedSource(BOTH), timed, world);
    await expectUnknown(report, /timeline 00000001, it was 00000003/);
  });

  it("another cluster answers: unknown at once", async () => {
    const fresh = await startOwnServer();
    try {
      const { host, port, password } = fresh.connection;
      const report = await standbyRun({ host, port }, {
        settings: { password: async () => password, database: "postgres" },
      } as TestRole);
      await expectUnknown(report, /another cluster/);
    } finally {
      await fresh.stop();
    }
  });
});
