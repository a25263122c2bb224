import { afterAll, beforeAll, expect, it } from "vitest";
import { type CutCase, caseLabel, everyCut, PHASES, sampleCuts } from "../support/cut_cases.ts";
import { type CutLane, openLane, recordRun, runCut, runWhole } from "../support/cut_run.ts";
import { type Broken, readRecords, unequal, unfinished, untrue } from "../support/cut_truth.ts";
import { effectFiles, outsideFiles } from "../support/effects.ts";
import { inForm } from "../support/form.ts";
import { runSeed, seeded } from "../support/random.ts";
import { buildRunner, type RunnerProgram } from "../support/runner.ts";

const FILES = { ...effectFiles(5), ...outsideFiles(6) };
const BROKEN: Broken = { all: 6, outside: new Set(["6"]) };
/** A busy machine takes its time. */
const LIMIT_MS = inForm({ short: 180_000, long: 3_600_000 });
/** Some cuts are waited for, so that others may go on meanwhile. */
const LANES = 3;

let program: RunnerProgram;
let lanes: CutLane[] = [];
beforeAll(async () => {
  program = buildRunner();
  lanes = await Promise.all(Array.from({ length: LANES }, () => openLane(program)));
});
afterAll(async () => {
  await Promise.all(lanes.map((lane) => lane.close()));
  program.remove();
});

interface Outcome {
  readonly cut: CutCase;
  /** What the broken run said of itself; `killed` says nothing. */
  readonly said: string;
  readonly residue_ms: number;
  readonly violations: readonly string[];
}

async function outcomeOf(lane: CutLane, cut: CutCase): Promise<Outcome> {
  const { report, residue_ms } = await runCut(lane, FILES, cut);
  const after = await readRecords(lane.client);
  const next = await runWhole(lane, FILES);
  const end = await readRecords(lane.client);
  const violations = [
    ...(residue_ms === null ? ["the server still had something of the run"] : []),
    ...unequal(after.held, BROKEN),
    ...(report === null ? [] : untrue(report, after, BROKEN)),
    ...unfinished(next, after, end, BROKEN),
  ];
  const said = report === null ? "killed" : report.status;
  return { cut, said, residue_ms: residue_ms ?? Number.POSITIVE_INFINITY, violations };
}

it(
  "a run broken at any message is told as it was, and the next run ends it",
  async () => {
    const recorded = await Promise.all(lanes.map((lane) => recordRun(lane, FILES)));
    // One that waited for something has more.
    const [messages = []] = recorded.toSorted((a, b) => a.length - b.length);
    const all = everyCut(messages);
    const cases = inForm({ short: sampleCuts(all, seeded(runSeed("cut"))), long: all });
    const queue = [...cases];
    const outcomes: Outcome[] = [];
    await Promise.all(
      lanes.map(async (lane) => {
        for (let cut = queue.shift(); cut !== undefined; cut = queue.shift()) {
          outcomes.push(await outcomeOf(lane, cut));
        }
      }),
    );
    process.stderr.write(figures(messages.length, outcomes));
    expect(outcomes.length).toBe(cases.length);
    const broken = outcomes.flatMap(({ cut, violations }) =>
      violations.map((violation) => `${caseLabel(cut)}: ${violation}`),
    );
    expect(broken).toEqual([]);
  },
  LIMIT_MS,
);

function figures(messages: number, outcomes: readonly Outcome[]): string {
  const counted = (words: readonly string[]): string =>
    [...new Set(words)]
      .sort()
      .map((word) => `${word} ${words.filter((other) => other === word).length}`)
      .join(", ");
  const slowest = PHASES.map((phase) => {
    const times = outcomes.filter(({ cut }) => cut.phase === phase).map(({ residue_ms }) => residue_ms);
    return `${phase} ${Math.max(0, ...times).toFixed(0)} ms`;
  });
  return [
    `cut: a run of ${messages} messages, broken ${outcomes.length} times`,
    `by kind: ${counted(outcomes.map(({ cut }) => cut.kind))}`,
    `in phase: ${counted(outcomes.map(({ cut }) => cut.phase))}`,
    `it said: ${counted(outcomes.map(({ said }) => said))}`,
    `longest residue: ${slowest.join(", ")}`,
    `violations: ${outcomes.reduce((sum, { violations }) => sum + violations.length, 0)}`,
    "",
  ].join("\n  ");
}
