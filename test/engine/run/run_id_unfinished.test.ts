import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import type { ChangeRequest } from "#engine/request.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { bundleOf, rollback, run, UP } from "../../support/engine.ts";
import { cameBy, committedIn, dieAt, numbered, PATIENT, rowOf, versionsIn } from "../../support/run_ids.ts";

const FIVE = bundleOf(numbered(5));
const run_id = "delivered-twice";
const again = { run_id, ...PATIENT };

let db: TestDatabase;
beforeEach(async () => {
  db = await createDatabase("run id");
});
afterEach(() => db.drop());

const upTo = (version: number): ChangeRequest => ({
  command: "up",
  target: { to: "version", version: BigInt(version) },
  allow_out_of_order: false,
});

/** Requests, what is applied before them, what must be after, and what that takes. */
const REQUESTS: readonly (readonly [string, ChangeRequest, number, readonly number[], readonly string[]])[] =
  [
    ["rollback of the last", rollback(1), 5, [1, 2, 3, 4], ["5 rollback"]],
    ["up to the latest", UP, 3, [1, 2, 3, 4, 5], ["4 apply", "5 apply"]],
  ];

/** Of a run of n steps: the claim's COMMIT, each step's, and the one of its end. */
const commitsOf = (steps: number) => Array.from({ length: steps + 2 }, (_, i) => i + 1);

describe.each(REQUESTS)("%s, whose process dies", (_, request, before, after, steps) => {
  const cuts = commitsOf(steps.length).flatMap((nth) =>
    (["before", "after"] as const).map((when) => ({ text: /^COMMIT/, nth, when })),
  );
  it.each(cuts)("$when COMMIT $nth, takes each step once when its run id comes again", async (cut) => {
    if (before > 0) expect((await run(db, FIVE, upTo(before))).error).toBeNull();
    expect(await dieAt(db, loadedSource(FIVE), request, cut, { run_id })).toBe(true);
    const report = await run(db, FIVE, request, again);
    expect([report.error, report.status]).toEqual([null, "ok"]);
    expect(await versionsIn(db)).toEqual(after);
    expect(await committedIn(db, run_id)).toEqual(steps);
    expect(report.steps.map(({ version, status }) => `${version} ${status}`)).toEqual(
      steps.map((step) => `${step.split(" ")[0]} done`),
    );
    expect(await rowOf(db, run_id)).toMatchObject({ status: "ok", finished: true, reported: "ok" });
    const third = await run(db, FIVE, request, again);
    expect(cameBy(third)).toMatchObject({ status: "ok", replayed: true });
    expect(await versionsIn(db)).toEqual(after);
  });
});

it("tells which attempt it is, and whether all had been done before", async () => {
  await run(db, FIVE);
  const at = (nth: number, when: "before" | "after", id: string) =>
    dieAt(db, loadedSource(FIVE), rollback(1), { text: /^COMMIT/, nth, when }, { run_id: id });
  const redelivered = (id: string) => run(db, FIVE, rollback(1), { run_id: id, ...PATIENT });
  await at(1, "before", "before-claim");
  expect(cameBy(await redelivered("before-claim"))).toMatchObject({
    replayed: false,
    recovered: false,
    attempt: 1,
  });
  await at(1, "after", "after-claim");
  expect(cameBy(await redelivered("after-claim"))).toMatchObject({
    replayed: false,
    recovered: false,
    attempt: 2,
  });
  await at(2, "after", "after-step");
  const recovered = await redelivered("after-step");
  expect(cameBy(recovered)).toMatchObject({ replayed: false, recovered: true, attempt: 1 });
  expect(recovered.steps).toMatchObject([{ version: "3", direction: "down", status: "done", tries: 1 }]);
  expect(recovered.steps[0]?.checks).toHaveLength(1);
  expect(recovered.current_version).toBe("2");
  expect(cameBy(await redelivered("after-step"))).toMatchObject({
    replayed: true,
    recovered: true,
    attempt: 1,
  });
  expect(await versionsIn(db)).toEqual([1, 2]);
});
