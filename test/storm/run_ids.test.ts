import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ChangeReport } from "#engine/report.ts";
import type { ChangeRequest } from "#engine/request.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { bundleOf, rollback, run, UP } from "../support/engine.ts";
import { inForm } from "../support/form.ts";
import { runSeed, seeded } from "../support/random.ts";
import { committedIn, numbered, PATIENT, rowOf, versionsIn } from "../support/run_ids.ts";
import { buildRunner, jobFor, type Runner, type RunnerProgram } from "../support/runner.ts";

/** Of each kind of request. */
const ROUNDS = inForm({ short: 1, long: 15 });
const KILLS = inForm({ short: 2, long: 4 });
/** Processes that come with the id at once, after the kills. */
const AT_ONCE = inForm({ short: 2, long: 4 });
const MIGRATIONS = 8;
/** From the first step's beginning; and from the process's own. */
const WITHIN_MS = { steps: 40, whole: 400 };

const FILES = numbered(MIGRATIONS);
const BUNDLE = bundleOf(FILES);
const random = seeded(runSeed("run ids"));
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

let program: RunnerProgram;
let db: TestDatabase;
const loaded: Runner[] = [];
beforeAll(async () => {
  program = buildRunner();
  db = await createDatabase("run ids");
});
afterAll(async () => {
  for (const runner of loaded) runner.process.kill("SIGKILL");
  program.remove();
  await db.drop();
});

/** The next process, whose modules are loaded while the one before is at work. */
async function next(): Promise<Runner> {
  while (loaded.length < AT_ONCE) loaded.push(program.start());
  const runner = loaded.shift() ?? program.start();
  loaded.push(program.start());
  await runner.ready;
  return runner;
}

const upTo = (version: number): ChangeRequest => ({
  command: "up",
  target: { to: "version", version: BigInt(version) },
  allow_out_of_order: false,
});
const versions = (last: number) => Array.from({ length: last }, (_, i) => i + 1);

/** Sends a request under one id again and again: killed at first, then by several at once, until it has ended. */
async function deliver(request: ChangeRequest, run_id: string): Promise<readonly ChangeReport[]> {
  const job = { ...jobFor(db, FILES, { run_id, ...PATIENT }), request };
  for (let kill = 0; kill < KILLS; kill++) {
    const runner = await next();
    runner.begin(job);
    const early = random() < 0.3;
    // The run's row is written by then.
    if (!early) await Promise.race([runner.said("step-started").catch(() => {}), runner.ended]);
    await pause(random() * (early ? WITHIN_MS.whole : WITHIN_MS.steps));
    runner.process.kill("SIGKILL");
    await runner.ended;
  }
  const runners: Runner[] = [];
  for (let i = 0; i < AT_ONCE; i++) runners.push(await next());
  for (const runner of runners) runner.begin(job);
  const ended = await Promise.all(runners.map((runner) => runner.ended));
  return ended.flatMap(({ report }) => report ?? []);
}

const REQUESTS: readonly (readonly [string, ChangeRequest, number, number, "apply" | "rollback"])[] = [
  ["up to the latest", UP, 3, MIGRATIONS, "apply"],
  ["up to a version", upTo(6), 2, 6, "apply"],
  ["a rollback of the last", rollback(1), MIGRATIONS, MIGRATIONS - 1, "rollback"],
  ["a rollback of three", rollback(3), MIGRATIONS, MIGRATIONS - 3, "rollback"],
];

describe.each(inForm({ short: REQUESTS.slice(2), long: REQUESTS }))(
  "%s",
  (what, request, before, after, action) => {
    it(`is carried out once, however often it is killed and sent again (${ROUNDS} times)`, async () => {
      const tally = { attempts: 0, recovered: 0, replayed: 0 };
      for (let round = 0; round < ROUNDS; round++) {
        await reset(before);
        const run_id = `${what.replaceAll(" ", "-")}-${round}`;
        const reports = await deliver(request, run_id);
        expect(reports.map(({ status, error }) => error?.message ?? status)).toEqual(
          Array(AT_ONCE).fill("ok"),
        );
        expect(await versionsIn(db)).toEqual(versions(after));
        const moved =
          action === "apply" ? versions(after).slice(before) : versions(before).slice(after).reverse();
        expect(await committedIn(db, run_id)).toEqual(moved.map((version) => `${version} ${action}`));
        for (const report of reports) {
          expect(report.steps.map(({ version, status }) => `${version} ${status}`)).toEqual(
            moved.map((version) => `${version} done`),
          );
        }
        const row = await rowOf(db, run_id);
        expect(row).toMatchObject({ status: "ok", finished: true, reported: "ok" });
        tally.attempts += row?.attempt ?? 0;
        tally.recovered += reports.some(({ recovered }) => recovered) ? 1 : 0;
        tally.replayed += reports.filter(({ replayed }) => replayed).length;
      }
      process.stderr.write(
        `run ids, ${what}: ${ROUNDS} rounds of ${KILLS} kills and ${AT_ONCE} at once; ${tally.attempts} attempts, ` +
          `${tally.recovered} found all done, ${tally.replayed} replayed\n`,
      );
    }, 600_000);
  },
);

/** Brings the database to a version, by runs of no id. */
async function reset(version: number): Promise<void> {
  const up = await run(db, BUNDLE, UP, PATIENT);
  const down = await run(db, BUNDLE, {
    ...rollback(1),
    target: { remove: "above", version: BigInt(version) },
  } as ChangeRequest);
  expect([up.error, down.error]).toEqual([null, null]);
}
