import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import { runChange } from "#engine/run/change.ts";
import type { Answer, World } from "#engine/seam.ts";
import { type FailedTry, tryAgain } from "#engine/step/retry.ts";
import { bundleOf, runOptions, UP, worldFor } from "../../support/engine.ts";
import { sendingThrough } from "../../support/sending_through.ts";
import { nextLabel, openStage, type Stage } from "./attempt.ts";

const FAILED: FailedTry = {
  sqlstate: "55P03",
  tries: 1,
  ran_ms: 200,
  since_first_ms: 200,
  remaining_ms: Number.POSITIVE_INFINITY,
  retry_for_ms: 300_000,
  random: 0,
};

const pauseAfter = (more: Partial<FailedTry>): number | null => {
  const again = tryAgain({ ...FAILED, ...more });
  return again.again ? again.in_ms : null;
};

describe("a try that failed", () => {
  it.each(["55P03", "40P01", "40001"])("with %s is repeated", (sqlstate) => {
    expect(pauseAfter({ sqlstate })).not.toBeNull();
  });

  it.each(["57014", "23505", "40002", ""])("with %j is not", (sqlstate) => {
    expect(pauseAfter({ sqlstate })).toBeNull();
  });

  it("ends for want of the run's time only where it would be repeated otherwise", () => {
    const late = (more: Partial<FailedTry>) => tryAgain({ ...FAILED, ...more });
    expect(late({ remaining_ms: 49 })).toEqual({ again: false, late: true });
    expect(late({ remaining_ms: 49, since_first_ms: 300_000 })).toEqual({ again: false, late: false });
    expect(late({ remaining_ms: 49, sqlstate: "23505" })).toEqual({ again: false, late: false });
    expect(late({ remaining_ms: 49, ran_ms: 30_001 })).toEqual({ again: false, late: false });
  });

  it("is not repeated when it ran for more than 30 s", () => {
    expect([pauseAfter({ ran_ms: 30_000 }), pauseAfter({ ran_ms: 30_001 })]).toEqual([50, null]);
  });

  it("is repeated after a pause that doubles up to 5 s, half of it left to chance", () => {
    const pauses = [1, 2, 3, 6, 7, 8, 100].map((tries) => [
      pauseAfter({ tries }),
      pauseAfter({ tries, random: 0.5 }),
    ]);
    expect(pauses).toEqual([
      [50, 75],
      [100, 150],
      [200, 300],
      [1_600, 2_400],
      [2_500, 3_750],
      [2_500, 3_750],
      [2_500, 3_750],
    ]);
  });

  it.each([
    ["the time for retries", { retry_for_ms: 250 }, { retry_for_ms: 251 }],
    ["the deadline", { remaining_ms: 50 }, { remaining_ms: 51 }],
  ])("is not repeated when the pause would outlast %s", (_what, over, within) => {
    expect([pauseAfter(over), pauseAfter(within)]).toEqual([null, 50]);
  });
});

let stage: Stage;
beforeAll(async () => {
  stage = await openStage("retry", { "001_base.sql": "CREATE TABLE busy (a int)" });
});
afterAll(() => stage.db.drop());

/** A world in which time runs faster; the server's does not. */
function faster(world: World, times: number): World {
  const stretch = (answer: Answer): Answer => ({ ...answer, at_ms: answer.at_ms * times });
  const clock = { ...world.clock, monotonic_ms: () => world.clock.monotonic_ms() * times };
  return sendingThrough(
    { ...world, clock },
    (session) => async (messages, answered) =>
      (await session.send(messages, (answer) => answered?.(stretch(answer)))).map(stretch),
  );
}

it("work of more than 30 s that meets a lock is not done again, and who holds it is named", async () => {
  const holder = await stage.db.connect();
  await holder.query("SET application_name = 'the holder'; BEGIN; LOCK TABLE busy IN ACCESS SHARE MODE");
  const files = {
    ...stage.applied,
    // Long enough for who holds it to be seen, also by a busy machine.
    [`${nextLabel(stage)}_s.sql`]:
      "-- migrate: lock-timeout 3s\nSELECT pg_sleep(0.5); ALTER TABLE busy ADD COLUMN b int",
  };
  const report = await runChange(
    UP,
    loadedSource(bundleOf(files)),
    runOptions(),
    faster(worldFor(stage.db), 15),
  );
  await holder.query("ROLLBACK");
  expect(report.steps[0]?.duration_ms).toBeGreaterThan(30_000);
  expect(report.steps[0]).toMatchObject({ tries: 1, blockers: [{ application: "the holder" }] });
  expect(report.error).toMatchObject({
    code: "lock-timeout",
    message: expect.stringMatching(/\(tried once\); in the way: process \d+ \(the holder/),
  });
});
