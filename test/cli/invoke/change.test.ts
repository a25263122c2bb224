import { describe, expect, it } from "vitest";
import { fault } from "#engine/errors.ts";
import { EXIT_STATUS } from "#engine/status.ts";
import type { Invoked } from "#io/lambda_client.ts";
import { changeAtOnce } from "../../../cli/invoke/at_once.ts";
import { changeAndFollow, planOnly } from "../../../cli/invoke/change.ts";
import type { SeenRun } from "../../../cli/invoke/look.ts";
import type { Order } from "../../../cli/invoke/order.ts";
import { type Asked, died, type PlayedEdge, playedEdge, returned, threw } from "../../support/played_edge.ts";
import { expectValidReport } from "../../support/report_schema.ts";
import {
  SAMPLE_ATTEMPT,
  sampleEvent,
  sampleFault,
  sampleHead,
  sampleRun,
  sampleStep,
  stepNotRun,
} from "../../support/sample_reports.ts";

const ID = "release-42";
const address = (name: string) => ({ name, qualifier: "live", region: null });
const order = (more: Partial<Order> = {}): Order => ({
  verb: "apply",
  address: address("p-apply"),
  status: address("p-status"),
  event: { reason: "why" },
  run_id: ID,
  chosen_id: false,
  dry_run_id: "dry-1",
  how_to_look: "`look`",
  agree: null,
  ...more,
});

const report = {
  command: "up",
  ...SAMPLE_ATTEMPT,
  ...sampleHead({ run_id: ID, steps: [sampleStep("001", "a")] }),
};
const plan = {
  command: "plan",
  of: "up",
  plan_digest: "0".repeat(64),
  details: [],
  ...sampleHead({ run_id: null, steps: [stepNotRun("001", "a")] }),
};
const failed = sampleFault("sql-error", "no such table", { file: "001_a.sql", line: 1 });

const row = (more: Partial<SeenRun> = {}): SeenRun => ({
  ...sampleRun({ run_id: ID }),
  report: null,
  progress: { done: 1, planned: 1 },
  events: [],
  ...more,
});
const open = (more: Partial<SeenRun> = {}): SeenRun =>
  row({
    status: "running",
    finished_at: null,
    duration_ms: null,
    alive: true,
    progress: { done: 0, planned: 1 },
    ...more,
  });
const looked = (run: SeenRun): Invoked =>
  returned({ command: "runs", ...sampleHead({ run_id: null, bundle: null }), runs: [run] });
const NO_ROW = returned({ command: "runs", ...sampleHead({ run_id: null, bundle: null }), runs: [] });
const TAKEN = { kind: "answered", function_error: null, payload: "" } as const;

interface Script {
  readonly dry?: Invoked;
  readonly taken?: Invoked;
  readonly answer?: Invoked;
  /** Looks at the run, one after the other; the last one stays. */
  readonly looks?: readonly Invoked[];
  /** The status report. */
  readonly status?: Invoked;
}

function aws(script: Script): PlayedEdge {
  let looks = 0;
  return playedEdge((asked: Asked): Invoked => {
    const { address: to, event, until } = asked;
    if (to.name === "p-status") {
      if (event.run_id === undefined) return script.status ?? threw("internal", "none");
      const list = script.looks ?? [NO_ROW];
      return list[Math.min(looks++, list.length - 1)] ?? NO_ROW;
    }
    if (event.dry_run === true) return script.dry ?? returned(plan);
    return until === "taken" ? (script.taken ?? TAKEN) : (script.answer ?? threw("internal", "none"));
  });
}

/** What was asked of the function that changes something. */
const changes = ({ asked }: PlayedEdge) =>
  asked.filter(({ address: to, event }) => to.name === "p-apply" && event.dry_run !== true);

const exit = ({ status }: { readonly status: keyof typeof EXIT_STATUS }): number => EXIT_STATUS[status];

describe("by default", () => {
  it("plans under an id of its own, sends one event, and looks until the run has ended", async () => {
    const events = [sampleEvent()];
    const edge = aws({
      looks: [
        NO_ROW,
        open(),
        open({ events, progress: { done: 1, planned: 1 } }),
        row({ report, events }),
      ].map((one) => ("kind" in one ? one : looked(one))),
    });
    const found = await changeAndFollow(edge, order());
    expect(found).toEqual(report);
    expectValidReport(found);
    expect(edge.asked.slice(0, 2)).toMatchObject([
      { until: "answer", event: { reason: "why", run_id: "dry-1", dry_run: true } },
      { until: "taken", event: { reason: "why", run_id: ID } },
    ]);
    expect(changes(edge)).toHaveLength(1);
    expect(edge.asked.slice(2).map(({ event }) => event)).toEqual(Array(4).fill({ run_id: ID }));
    expect(edge.told).toEqual([`run ${ID}: 0 of 1 steps done`, `run ${ID}: 1 of 1 steps done`]);
    expect(edge.emitted).toMatchObject([{ type: "step-finished", label: "001", status: "done" }]);
  });

  it("tells a failed run by its stored report", async () => {
    const stored = { ...report, status: "failed", error: failed };
    const edge = aws({ looks: [looked(row({ status: "failed", report: stored, error: failed }))] });
    expect(await changeAndFollow(edge, order())).toMatchObject({
      command: "up",
      status: "failed",
      error: failed,
    });
  });

  it("says that a stored report came without some of its steps, or of its texts", async () => {
    const cut = { steps_left_out: 1400, bytes: 331_695, see: "paws-migrate runs --run r" };
    const whole = { ...cut, steps_left_out: 0 };
    const answer = (report: unknown) =>
      returned({
        command: "runs",
        ...sampleHead({ run_id: null, bundle: null }),
        runs: [row({ report })],
        cut: whole,
      });
    const told = async (report: unknown) =>
      (await changeAndFollow(aws({ looks: [answer(report)] }), order())).cut;
    expect(await told({ ...report, cut })).toEqual(cut);
    expect(await told(report)).toEqual(whole);
    expect(await told({ ...report, cut: { steps_left_out: "all" } })).toEqual(whole);
  });

  it("the row's word counts where the stored report says better", async () => {
    const edge = aws({ looks: [looked(row({ status: "failed", report }))] });
    expect(exit(await changeAndFollow(edge, order()))).toBe(1);
  });

  it("without a stored report tells what the row tells", async () => {
    const edge = aws({ looks: [looked(row({ status: "failed", report: null, error: failed }))] });
    const found = await changeAndFollow(edge, order());
    expect(found).toMatchObject({ command: "runs", status: "failed", run_id: ID, runs: [{ run_id: ID }] });
    expectValidReport(found);
  });

  it.each(["a-word-of-tomorrow", ""])(
    "a status that is not known here (%j) is no success",
    async (status) => {
      expect(exit(await changeAndFollow(aws({ looks: [looked(row({ status }))] }), order()))).toBe(7);
    },
  );

  it("what the plan refuses is told at once, and nothing is sent", async () => {
    const edge = aws({ dry: threw("refused", "run dry-1: out-of-order: 004 is below 005.") });
    const found = await changeAndFollow(edge, order());
    expect(found).toMatchObject({ command: "up", status: "refused", error: { code: "out-of-order" } });
    expectValidReport(found);
    expect(changes(edge)).toEqual([]);

    const whole = { ...plan, status: "refused", error: failed, refusals: [failed] };
    const returning = aws({ dry: returned(whole) });
    const told = await changeAndFollow(returning, order());
    expect(told).toMatchObject({ command: "up", status: "refused", refusals: [failed] });
    expectValidReport(told);
    expect(changes(returning)).toEqual([]);
  });

  it.each([
    ["function-absent", 5],
    ["invoke-denied", 5],
    ["invoke-throttled", 5],
    ["aws-credentials-missing", 5],
    ["aws-region-missing", 5],
  ] as const)("%s is told at once", async (code, status) => {
    const edge = aws({ dry: { kind: "refused", fault: fault(code, "x") } });
    expect(exit(await changeAndFollow(edge, order()))).toBe(status);
    expect(changes(edge)).toEqual([]);
    // Only the one that may be gone a moment later is tried again.
    expect(edge.asked).toHaveLength(code === "invoke-throttled" ? 3 : 1);
  });

  it("a plan that died is told as not known, not sent on", async () => {
    const edge = aws({ dry: died("Runtime.ExitError", "signal: killed") });
    expect(await changeAndFollow(edge, order())).toMatchObject({
      status: "unknown",
      error: { code: "function-died" },
    });
    expect(changes(edge)).toEqual([]);
  });

  it("an event that Lambda does not take is not followed", async () => {
    const edge = aws({ taken: { kind: "refused", fault: fault("invoke-throttled", "x") } });
    expect(await changeAndFollow(edge, order())).toMatchObject({ error: { code: "invoke-throttled" } });
    expect(edge.asked).toHaveLength(2);
  });

  it("an event of which nobody knows is followed, and not sent again", async () => {
    const edge = aws({
      taken: { kind: "lost", fault: fault("lambda-unreachable", "reset") },
      looks: [NO_ROW, looked(row({ report }))],
    });
    expect(await changeAndFollow(edge, order())).toEqual(report);
    expect(changes(edge)).toHaveLength(1);
  });
});

describe("a run that is not seen", () => {
  it("is waited for as long as it may be in the queue, and behind another run", async () => {
    const edge = aws({});
    const found = await changeAndFollow(edge, order({ event: { lock_wait: "2m" } }));
    expect(found).toMatchObject({ status: "unreachable", error: { code: "run-not-seen" } });
    expect(found.error?.remedy).toMatch(/log group and the dead-letter queue of p-apply.*`look`/);
    const last = edge.asked.findLast(({ event }) => event.run_id === ID);
    expect(last?.at_ms).toBeGreaterThanOrEqual(210_000);
    expect(last?.at_ms).toBeLessThan(220_000);
  });

  it("is told as busy where another run is at work", async () => {
    const running = sampleRun({ run_id: "other", status: "running", finished_at: null, alive: true });
    const lists = {
      applied: [],
      pending: [],
      changed: [],
      missing: [],
      unverified: [],
      partial: [],
      repeatables: [],
      failed_runs: [],
    };
    const edge = aws({ status: returned({ command: "status", ...sampleHead(), ...lists, running }) });
    const found = await changeAndFollow(edge, order());
    expect(found).toMatchObject({ status: "busy", error: { code: "other-run" } });
    expect(found.error?.message).toContain("run other (up) is at work");
  });
});

describe("looking", () => {
  const BLIND = { kind: "refused", fault: fault("invoke-throttled", "x") } as const;

  it("goes on over answers that do not come", async () => {
    const looks = [
      BLIND,
      { kind: "lost", fault: fault("lambda-unreachable", "reset") } as const,
      threw("unreachable", "run x: unreachable: No answer."),
      died("Sandbox.Timedout", "Task timed out"),
      returned(null),
      looked(row({ report })),
    ];
    expect(await changeAndFollow(aws({ looks }), order())).toEqual(report);
  });

  it("ends after three minutes of them, with the outcome open", async () => {
    const edge = aws({ looks: [BLIND] });
    const found = await changeAndFollow(edge, order());
    expect(found).toMatchObject({ status: "unknown", run_id: ID, error: { code: "run-out-of-sight" } });
    expect(edge.asked.at(-1)?.at_ms).toBeLessThan(200_000);
  });

  it("ends at once where it is not allowed", async () => {
    const edge = aws({ looks: [{ kind: "refused", fault: fault("invoke-denied", "not authorized") }] });
    expect(await changeAndFollow(edge, order())).toMatchObject({ error: { code: "run-out-of-sight" } });
    expect(edge.asked).toHaveLength(3);
  });

  it("ends when a function cannot be at work any more", async () => {
    const edge = aws({ looks: [looked(open())] });
    expect(await changeAndFollow(edge, order())).toMatchObject({ status: "unknown" });
    expect(edge.asked.at(-1)?.at_ms).toBeLessThan(17 * 60_000);
  });

  it("a row that nobody closes is told, unless somebody comes back to it", async () => {
    const gone = looked(open({ alive: false }));
    const found = await changeAndFollow(aws({ looks: [gone] }), order());
    expect(found).toMatchObject({ status: "failed", error: { code: "run-abandoned" } });
    expectValidReport(found);
    const looks = [gone, gone, looked(open()), gone, looked(row({ report }))];
    expect(await changeAndFollow(aws({ looks }), order())).toEqual(report);
  });

  it("a row that the next run closed is told as abandoned", async () => {
    const found = await changeAndFollow(aws({ looks: [looked(row({ status: "abandoned" }))] }), order());
    expect(found).toMatchObject({ status: "failed", error: { code: "run-abandoned" } });
    expectValidReport(found);
  });

  it("may be interrupted: the run goes on, and is told how to be looked at", async () => {
    const edge: PlayedEdge = playedEdge(({ event, until }) => {
      if (event.dry_run === true) return returned(plan);
      if (until === "taken") return TAKEN;
      edge.stop();
      return looked(open());
    });
    const found = await changeAndFollow(edge, order());
    expect(found).toMatchObject({
      status: "interrupted",
      run_id: ID,
      error: { message: expect.stringContaining("goes on in AWS"), remedy: "Look at it: `look`" },
    });
    expectValidReport(found);
  });
});

describe("a run id that is known", () => {
  const again = order({ chosen_id: true });

  it("of a run that has ended is answered by the function, without a plan", async () => {
    const replayed = { ...report, replayed: true };
    const edge = aws({ looks: [looked(row({ report }))], answer: returned(replayed) });
    expect(await changeAndFollow(edge, again)).toEqual(replayed);
    expect(edge.asked.map(({ event, until }) => [until, event.dry_run])).toEqual([
      ["answer", undefined],
      ["answer", undefined],
    ]);
  });

  it("with another request is refused, though that run ended well", async () => {
    const edge = aws({
      looks: [looked(row({ report }))],
      answer: threw("bad_input", `run ${ID}: run-id-reused: The id belongs to another request.`),
    });
    expect(await changeAndFollow(edge, again)).toMatchObject({
      status: "bad_input",
      error: { code: "run-id-reused" },
    });
  });

  it("whose function died is not told by what its row said before", async () => {
    const edge = aws({ looks: [looked(row({ report }))], answer: died("Runtime.ExitError", "killed") });
    expect(exit(await changeAndFollow(edge, again))).toBe(7);
    expect(exit(await changeAtOnce(edge, again))).toBe(7);
  });

  it("of a run that was cut off goes on by an event, and only its next end counts", async () => {
    const cut = row({ status: "incomplete" });
    const second = { attempt: 2, alive: true };
    const edge = aws({
      looks: [cut, cut, open(second), row({ ...second, alive: null, report })].map(looked),
    });
    expect(await changeAndFollow(edge, again)).toEqual(report);
    expect(changes(edge).map(({ until }) => until)).toEqual(["taken"]);
    expect(await changeAndFollow(aws({ looks: [looked(cut)] }), again)).toMatchObject({
      error: { code: "run-not-seen" },
    });
  });

  it("of a run at work is followed", async () => {
    const edge = aws({
      looks: [open(), open(), row({ report })].map(looked),
      answer: threw("busy", `run ${ID}: run-in-progress: It is at work.`),
    });
    expect(await changeAndFollow(edge, again)).toEqual(report);
  });

  it("that cannot be looked up is not sent", async () => {
    const edge = aws({ looks: [threw("unreachable", "run x: unreachable: No answer.")] });
    expect(exit(await changeAndFollow(edge, again))).toBe(5);
    expect(changes(edge)).toEqual([]);
  });
});

describe("at once", () => {
  it("gives the function's answer, asked once", async () => {
    const edge = aws({ answer: returned(report) });
    expect(await changeAtOnce(edge, order())).toEqual(report);
    expect(edge.asked).toMatchObject([{ until: "answer", event: { run_id: ID } }]);
  });

  it("of a failed run tells the stored report, and the one line where there is none", async () => {
    const answer = threw("failed", `run ${ID}: sql-error: See the place.`);
    const stored = { ...report, status: "failed", error: failed };
    const with_row = aws({ answer, looks: [looked(row({ status: "failed", report: stored }))] });
    expect(await changeAtOnce(with_row, order())).toMatchObject({ status: "failed", error: failed });
    const without = await changeAtOnce(aws({ answer }), order());
    expect(without).toMatchObject({
      status: "failed",
      error: { code: "sql-error", message: "See the place." },
    });
    expectValidReport(without);
  });

  it.each([
    died("Sandbox.Timedout", "Task timed out after 900.00 seconds"),
    died("Runtime.ExitError", "signal: killed"),
    died("Runtime.OutOfMemory", "x"),
    returned(null),
    returned({ statusCode: 200 }),
    { kind: "lost", fault: fault("lambda-unreachable", "reset") } as const,
  ])("an answer that does not tell is looked up: %j", async (answer) => {
    expect(await changeAtOnce(aws({ answer, looks: [looked(row({ report }))] }), order())).toEqual(report);
    const looks = [looked(open()), looked(row({ report }))];
    expect(await changeAtOnce(aws({ answer, looks }), order())).toEqual(report);
    const none = await changeAtOnce(aws({ answer }), order());
    expect(none).toMatchObject({ status: "unknown", run_id: ID });
    expectValidReport(none);
  });
});

it("a plan that was agreed to elsewhere is held against the run, not against its dry run", async () => {
  const edge = aws({ looks: [looked(row({ report }))] });
  await changeAndFollow(edge, order({ event: { expected_plan: "f".repeat(64) } }));
  expect(edge.asked[0]?.event).toEqual({ run_id: "dry-1", dry_run: true });
  expect(changes(edge)).toMatchObject([{ event: { expected_plan: "f".repeat(64) } }]);
});

describe("a rollback on a terminal", () => {
  const rollback = { ...plan, of: "rollback" };
  const asked = (yes: boolean) => order({ verb: "apply", agree: async () => yes });

  it("is bound to the plan that was agreed to", async () => {
    const edge = aws({ dry: returned(rollback), looks: [looked(row({ report }))] });
    await changeAndFollow(edge, asked(true));
    expect(changes(edge)).toMatchObject([{ event: { expected_plan: plan.plan_digest } }]);
  });

  it("is not begun after a no", async () => {
    const edge = aws({ dry: returned(rollback) });
    expect(exit(await changeAndFollow(edge, asked(false)))).toBe(130);
    expect(changes(edge)).toEqual([]);
  });
});

it("a dry run is the plan, and tried again where no answer came", async () => {
  expect(await planOnly(aws({}), order())).toEqual(plan);
  const edge = aws({ dry: { kind: "lost", fault: fault("lambda-unreachable", "reset") } });
  const found = await planOnly(edge, order());
  expect(found).toMatchObject({ status: "unreachable", error: { code: "lambda-unreachable" } });
  expectValidReport(found);
  expect(edge.asked).toHaveLength(3);
});
