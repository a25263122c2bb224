import { afterAll, beforeAll, expect, it } from "vitest";
import { inForm } from "../support/form.ts";
import { type OwnServer, startOwnServer } from "../support/own_server.ts";
import { buildPatchedRunner } from "../support/patched_runner.ts";
import { runSeed, seeded } from "../support/random.ts";
import { buildRunner, type RunnerProgram } from "../support/runner.ts";
import { type Barracks, barracks } from "../support/storm/crew.ts";
import { type StormFigures, storm, total } from "../support/storm/storm.ts";
import type { Climate } from "../support/storm/weather.ts";

const FAULTS = inForm({ short: 80, long: 2_000 });
const SPARE = 3;

let server: OwnServer;
beforeAll(async () => {
  server = await startOwnServer();
});
afterAll(() => server.stop());

const CLIMATE: Climate = {
  kill: 20,
  "stop-continue": 15,
  reset: 22,
  "half-close": 18,
  terminate: 20,
  "restart-fast": 1.5,
  "restart-immediate": 1.5,
};

function print(what: string, figures: StormFigures, store: Barracks): void {
  const { faults, rounds, applied, runs, violations } = figures;
  const kinds = Object.entries(faults).map(([kind, n]) => `${kind} ${n}`);
  const lines = [
    `${what}: ${total(faults)} faults (${kinds.join(", ")})`,
    `${what}: ${rounds} rounds, ${applied} versions applied, ${runs} runs, ${store.started()} processes`,
    `${what}: ${violations.length} violations`,
    ...violations.map((words) => `  ${words}`),
  ];
  process.stderr.write(`${lines.join("\n")}\n`);
}

it(
  `leaves no version lost, doubled or told wrong in ${FAULTS} faults`,
  async () => {
    const store = barracks(buildRunnerOnce(), SPARE);
    const figures = await storm({
      server,
      barracks: store,
      random: seeded(runSeed("storm")),
      climate: CLIMATE,
      faults: FAULTS,
      every_ms: [20, 80],
      versions: 40,
      until_wrong: false,
    });
    print("storm", figures, store);
    await store.close();
    expect(figures.violations).toEqual([]);
    expect(total(figures.faults)).toBeGreaterThanOrEqual(FAULTS);
    expect(figures.applied).toBe(figures.rounds * 40);
  },
  inForm({ short: 300_000, long: 3_600_000 }),
);

const programs: RunnerProgram[] = [];
afterAll(() => {
  for (const program of programs) program.remove();
});
function buildRunnerOnce(): RunnerProgram {
  const program = buildRunner();
  programs.push(program);
  return program;
}

const STEPS = "functions/engine/run/steps.ts";
/** The history's row in a transaction of its own, after the migration's COMMIT. */
const ROW_AFTER_COMMIT = [
  {
    module: STEPS,
    from: "const finish = [record(step, tried, context), commitMessage(step, nextMessages)];",
    to: `const finish = [{ text: "COMMIT" }, { text: "BEGIN READ WRITE" }, record(step, tried, context), commitMessage(step, nextMessages)];`,
  },
  {
    module: STEPS,
    from: "const [recorded, commit] = answers;",
    to: "const [, , recorded, commit] = answers;",
  },
];
/** What ends a run at a message: a restart takes long, and a kill meets what is on its way already. */
const MANY_CUTS: Climate = {
  ...CLIMATE,
  kill: 2,
  "stop-continue": 2,
  terminate: 5,
  reset: 80,
  "restart-fast": 0,
  "restart-immediate": 0,
};
/** A storm may pass it by; so many do not. */
const MOST_STORMS = 15;

it("finds what an engine does wrong that writes the history's row after the commit", async () => {
  const program = await buildPatchedRunner(ROW_AFTER_COMMIT);
  programs.push(program);
  const store = barracks(program, SPARE);
  const seed = runSeed("storm on a broken engine");
  let figures: StormFigures | null = null;
  for (let i = 0; i < MOST_STORMS && !(figures !== null && figures.violations.length > 0); i++) {
    figures = await storm({
      server,
      barracks: store,
      random: seeded(seed + i),
      climate: MANY_CUTS,
      faults: 80,
      every_ms: [20, 60],
      versions: 40,
      until_wrong: true,
    });
    print("storm on a broken engine", figures, store);
  }
  await store.close();
  expect(figures?.violations).not.toEqual([]);
}, 600_000);
