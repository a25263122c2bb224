import { describe, expect, test, vi } from "vitest";
import type { RunEvent } from "#engine/seam.ts";
import { makeProgress, type ProgressStyle } from "../../../cli/render/progress.ts";
import { sampleBlocker } from "../../support/sample_reports.ts";

const PLAIN_LINES = { live: false, color: false, quiet: false, verbose: false };

/** Everything that is written for these events; `|` stands between writes. */
function shown(events: readonly RunEvent[], style: Partial<ProgressStyle> = {}, columns?: number): string {
  const written: string[] = [];
  const stream = { columns, write: (text: string) => written.push(text) } as unknown as NodeJS.WriteStream;
  const progress = makeProgress(stream, { ...PLAIN_LINES, ...style });
  for (const event of events) progress.event(event);
  progress.done();
  progress.done();
  return written.join("|");
}

/** The same with the terminal's commands made visible. */
const live = (events: readonly RunEvent[], style: Partial<ProgressStyle> = {}, columns = 60): string[] =>
  shown(events, { live: true, ...style }, columns)
    .replaceAll("\r\u001b[K", "<clear>")
    .split("|");

const step = (label: string, name: string) => ({ label, name, direction: "up" });
const started = (label: string, name: string): RunEvent => ({ type: "step-started", ...step(label, name) });
const finished = (label: string, name: string, checks = 0): RunEvent => ({
  type: "step-finished",
  ...step(label, name),
  status: "done",
  duration_ms: 41.3,
  checks,
});
const steps = [step("001", "initial_schema"), step("002", "audit")];
const planned: RunEvent = { type: "planned", run_id: "0192", steps };
const waiting = (waited_ms: number, holder = "run 0191"): RunEvent => ({
  type: "waiting-for-lock",
  holder,
  waited_ms,
});
const retried: RunEvent = {
  type: "step-retried",
  label: "002",
  name: "two",
  sqlstate: "55P03",
  tries: 2,
  again_in_ms: 400,
  blockers: [],
};
const progress = (percent: number | null, statement: number | null = null): RunEvent => ({
  type: "progress",
  ...step("002", "audit"),
  statement,
  phase: "building index: scanning table",
  percent,
});
const notice = (severity: string): RunEvent => ({
  type: "notice",
  severity,
  message: "table x\ndoes not exist",
});

const RUN: readonly RunEvent[] = [
  { type: "connected", server_version: "18.1", database: "paws360" },
  planned,
  started("001", "initial_schema"),
  started("002", "audit"),
  finished("001", "initial_schema", 12),
  retried,
  { ...finished("002", "audit"), status: "failed" } as RunEvent,
];

describe("plain lines", () => {
  test("one an event", () => {
    expect(shown(RUN).replaceAll("|", "")).toMatchInlineSnapshot(`
      "connected to paws360 (PostgreSQL 18.1)
      run 0192: 2 steps planned
      001 initial_schema: applying
      002 audit: applying
      001 initial_schema: done, 41 ms, 12 checks
      002: what it needs is locked (55P03), 2 tries so far; again in 400 ms
      002 audit: failed, 41 ms
      "
    `);
  });

  test("who waits is told who holds the lock, and again only after a while or when it is another", () => {
    const events = [
      waiting(0),
      waiting(500),
      waiting(9_999),
      waiting(10_000),
      waiting(11_000),
      waiting(12_000, "run 0193"),
    ];
    expect(shown(events).replaceAll("|", "")).toMatchInlineSnapshot(`
      "waiting for another run: run 0191
      waiting for another run (10.0 s so far): run 0191
      waiting for another run (12.0 s so far): run 0193
      "
    `);
  });

  test("how far a statement is is told again only after a while", () => {
    vi.useFakeTimers();
    const written: string[] = [];
    const stream = { write: (text: string) => written.push(text) } as unknown as NodeJS.WriteStream;
    const lines = makeProgress(stream, PLAIN_LINES);
    lines.event(progress(1));
    for (let percent = 2; percent <= 22; percent++) {
      vi.advanceTimersByTime(1_000);
      lines.event(progress(percent));
    }
    vi.useRealTimers();
    expect(written.map((text) => /[\d.]+ %/.exec(text)?.[0])).toEqual(["1.0 %", "11.0 %", "21.0 %"]);
  });

  test("who stands in the way of a try is named", () => {
    const blockers = [sampleBlocker({ pid: 7, application: "report\u001b[2J" })];
    expect(shown([{ ...retried, blockers } as RunEvent])).toBe(
      "002: what it needs is locked (55P03), 2 tries so far; again in 400 ms; in the way: process 7 (report\\x1b[2J, user alice, active, transaction open for 5.1 s)\n",
    );
  });

  test("an unknown SQLSTATE and direction are shown as they are", () => {
    const events: RunEvent[] = [
      { ...retried, sqlstate: "XX000", tries: 1 } as RunEvent,
      { type: "step-started", label: "1", name: "x", direction: "sideways" },
      { type: "step-started", label: "1", name: "x", direction: "down" },
    ];
    expect(shown(events).replaceAll("|", "")).toMatchInlineSnapshot(`
      "002: it failed (XX000), 1 try so far; again in 400 ms
      1 x: sideways
      1 x: rolling back
      "
    `);
  });
});

test("whose transactions a build does not start behind", () => {
  const holders = [
    { pid: 12, application: "psql\n", age_ms: 95_000, hidden: false },
    { pid: 13, application: "", age_ms: null, hidden: true },
    { pid: null, application: "gid 7", age_ms: 2_000, hidden: false },
    { pid: 14, application: null, age_ms: null, hidden: false },
  ];
  const event: RunEvent = { type: "waiting-for-transactions", label: "004", holders, waited_ms: 100 };
  expect(shown([event]).replaceAll("|", "")).toMatchInlineSnapshot(`
    "004: does not start behind pid 12 (psql\\n, 1 min 35 s), pid 13 (what it does is hidden from this role), prepared transaction gid 7 (2.0 s), pid 14
    "
  `);
});

describe("a live line", () => {
  test("is written over and taken away at the end, and never goes back to a step before", () => {
    expect(live(RUN)).toMatchInlineSnapshot(`
      [
        "<clear>connected to paws360 (PostgreSQL 18.1)",
        "<clear>run 0192: 2 steps planned",
        "<clear>[1/2] 001 initial_schema: applying",
        "<clear>[2/2] 002 audit: applying",
        "<clear>002: what it needs is locked (55P03), 2 tries so far; again in 400 ms
      [2/2] 002 audit: applying",
        "<clear>[2/2] 002 audit: failed, 41 ms",
        "<clear>",
      ]
    `);
  });

  test("tells at every poll how long it has waited", () => {
    expect(live([waiting(600), waiting(1_600)])).toMatchInlineSnapshot(`
      [
        "<clear>waiting for another run: run 0191",
        "<clear>waiting for another run (1.6 s so far): run 0191",
        "<clear>",
      ]
    `);
  });

  test("tells at every look how far a statement is", () => {
    expect(
      live([planned, started("002", "audit"), progress(41.26, 3), progress(null)], {}, 80),
    ).toMatchInlineSnapshot(`
      [
        "<clear>run 0192: 2 steps planned",
        "<clear>[1/2] 002 audit: applying",
        "<clear>[1/2] 002 audit (statement 3): building index: scanning table, 41.3 %",
        "<clear>[1/2] 002 audit: building index: scanning table",
        "<clear>",
      ]
    `);
  });

  test("is cut so that it never fills the terminal's line", () => {
    const [line = ""] = live([started("001", "学生の名前が長すぎるので切られる表")], {}, 30);
    expect(line).toBe("<clear>001 学生の名前が長すぎるの...");
    const [full = ""] = live([started("001", "x".repeat(30))], {}, 30);
    expect(full).toBe(`<clear>001 ${"x".repeat(22)}...`);
  });

  test("gives way to lines that stay, and comes back below them", () => {
    expect(live([started("001", "x"), notice("WARNING")])).toMatchInlineSnapshot(`
      [
        "<clear>001 x: applying",
        "<clear>warning: table x\\ndoes not exist
      001 x: applying",
        "<clear>",
      ]
    `);
  });
});

describe("notices", () => {
  test("of severity WARNING are always told, others only with verbose", () => {
    expect(shown([notice("NOTICE")])).toBe("");
    expect(shown([notice("NOTICE")], { verbose: true })).toBe("notice: table x\\ndoes not exist\n");
    expect(shown([notice("WARNING")])).toBe("warning: table x\\ndoes not exist\n");
  });
});

test("quiet writes nothing", () => {
  expect(shown([...RUN, notice("WARNING"), waiting(0)], { quiet: true })).toBe("");
  expect(shown([...RUN, notice("WARNING")], { quiet: true, live: true })).toBe("");
});

test("colour only where it is asked for", () => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what is looked for.
  const colour = /\u001b\[\d/;
  expect(shown([...RUN, notice("WARNING")], { live: true })).not.toMatch(colour);
  expect(shown([notice("WARNING")], { color: true })).toBe(
    "\u001b[33mwarning: table x\\ndoes not exist\u001b[0m\n",
  );
  expect(shown(RUN, { live: true, color: true })).toMatch(colour);
});

test("nothing that a server or a file says can steer the terminal", () => {
  const bad = "\u001b[2J";
  const events: RunEvent[] = [
    { type: "connected", server_version: bad, database: bad },
    { ...planned, run_id: bad } as RunEvent,
    waiting(0, bad),
    started(bad, bad),
    { ...retried, label: bad, sqlstate: bad } as RunEvent,
    finished(bad, bad),
    { ...progress(1), label: bad, name: bad, phase: bad } as RunEvent,
    { type: "notice", severity: bad, message: bad },
  ];
  for (const style of [{ verbose: true }, { verbose: true, live: true }]) {
    const text = shown(events, style);
    expect(text).toContain("\\x1b[2J");
    expect(text).not.toContain(bad);
  }
});
