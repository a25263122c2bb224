import { describe, expect, it } from "vitest";
import type { Fault } from "#engine/errors.ts";
import type { ChangeReport, Report, StepReport } from "#engine/report.ts";
import { cutReport, SMALLEST_REPORT_BYTES } from "#engine/report_cut.ts";
import { runSeed, seeded } from "../support/random.ts";
import { reportErrors } from "../support/report_schema.ts";
import {
  SAMPLE_ATTEMPT,
  sampleEvent,
  sampleFault,
  sampleHead,
  sampleMigration,
  sampleRun,
  sampleStep,
  stepNotRun,
} from "../support/sample_reports.ts";

const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));
const label = (n: number): string => String(n).padStart(4, "0");
const change = (steps: readonly StepReport[], more: Partial<ChangeReport> = {}): ChangeReport =>
  ({ command: "up", ...sampleHead({ steps }), ...SAMPLE_ATTEMPT, ...more }) as ChangeReport;
const stepsTo = (count: number, name = "x") =>
  Array.from({ length: count }, (_, i) => sampleStep(label(i + 1), name));

it("a report that fits is the very one", () => {
  const report = change(stepsTo(3));
  expect(cutReport(report, SMALLEST_REPORT_BYTES)).toBe(report);
  expect(report.cut).toBeUndefined();
});

it("one byte too many is too many, and umlauts count twice", () => {
  const report = change(stepsTo(200, "straße"));
  const bytes = bytesOf(report);
  expect(bytes).toBeGreaterThan(JSON.stringify(report).length);
  expect(cutReport(report, bytes)).toBe(report);
  const cut = cutReport(report, bytes - 1);
  expect(cut.cut).toMatchObject({ bytes, see: `paws-migrate runs --run ${report.run_id}` });
  expect(cut.steps.length).toBeLessThan(200);
});

it("the newest steps stay, whole, and it says how many are missing", () => {
  const { steps, cut } = cutReport(change(stepsTo(1_000)), 40_000);
  expect(steps.at(-1)).toEqual(sampleStep("1000", "x"));
  expect(steps.length).toBeGreaterThan(50);
  expect(cut?.steps_left_out).toBe(1_000 - steps.length);
  expect(steps.map(({ label: one }) => one)).toEqual(
    stepsTo(1_000)
      .slice(-steps.length)
      .map(({ label: one }) => one),
  );
});

it("failed steps stay before any other, and what ran before what did not", () => {
  const error = sampleFault("sql-error", "no");
  const failed = sampleStep("0002", "bad", { status: "failed", error });
  const steps = [sampleStep("0001", "x"), failed, ...stepsTo(500).slice(2), stepNotRun("0501", "y")];
  const kept = cutReport(change(steps), 40_000).steps.map((step) => step.label);
  expect(kept[0]).toBe("0002");
  expect(kept.at(-1)).toBe("0500");
});

describe.each<[string, Report]>([
  ["warnings", change([], { warnings: faults(500, 2_000) })],
  ["refusals", change([], { status: "refused", refusals: faults(3_000, 100) })],
  ["one step's checks", change([sampleStep("1", "x", { checks: checks(20_000) })])],
  ["one step's rows", change([sampleStep("1", "x", { results: rows(2_000) })])],
  [
    "rows counted",
    change([], {
      row_counts: Array.from({ length: 20_000 }, (_, i) => ({ relation: `a.t${i}`, before: i, after: null })),
    }),
  ],
  [
    "what is found in a schema",
    {
      command: "verify",
      ...sampleHead(),
      ...SAMPLE_ATTEMPT,
      recorded: true,
      pending: 0,
      stuck_runs: [],
      integrity: checks(20_000),
    } as Report,
  ],
  ["an error's texts", change([], { status: "failed", error: faults(1, 400_000)[0] ?? null })],
  ["many failed steps", change(stepsTo(3_000).map((step) => ({ ...step, status: "failed" as const })))],
  ["a status", { ...status(5_000), ...sampleHead({ run_id: null }) } as Report],
  [
    "a recorded run",
    {
      command: "runs",
      runs: [{ ...sampleRun(), events: Array.from({ length: 4_000 }, () => sampleEvent()) }],
      ...sampleHead({ run_id: null, bundle: null }),
    },
  ],
])("%s alone too big", (_, report) => {
  it.each([SMALLEST_REPORT_BYTES, 200_000])("is within %d bytes, flagged, and valid", (most) => {
    const found = cutReport(report, most);
    expect(bytesOf(found)).toBeLessThanOrEqual(most);
    expect(found.cut?.bytes).toBe(bytesOf(report));
    expect(reportErrors(found)).toEqual([]);
  });
});

it("of a run that is told by its id the stored report is cut like any other, and says so itself", () => {
  const error = sampleFault("sql-error", "no", { file: "0900_x.sql", line: 1 });
  const bad = sampleStep("0900", "bad", { status: "failed", error });
  const report = change([...stepsTo(1_500).slice(0, 899), bad, ...stepsTo(1_500).slice(900)]);
  const runs = [{ ...sampleRun({ run_id: "r" }), report }] as const;
  const found = cutReport(
    { command: "runs", runs, ...sampleHead({ run_id: null, bundle: null }) } as Report,
    200_000,
  );
  const told = "runs" in found ? (found.runs[0]?.report as ChangeReport) : null;
  const labels = told?.steps.map(({ label }) => label) ?? [];
  expect([labels[0], labels.at(-1)]).toEqual(["0900", "1500"]);
  expect(told?.cut).toEqual({
    steps_left_out: 1_500 - labels.length,
    bytes: bytesOf(report),
    see: `paws-migrate runs --run ${report.run_id}`,
  });
  expect(bytesOf(found)).toBeLessThanOrEqual(200_000);
});

it("of what is applied the newest stay, and the place to look is one that changes nothing", () => {
  const found = cutReport({ ...status(5_000), ...sampleHead({ run_id: null }) } as Report, 100_000);
  expect("applied" in found && found.applied.at(-1)?.label).toBe("5000");
  expect(found.cut?.see).toBe("paws-migrate status");
});

it("whatever is in it, it is never above the limit, and valid", () => {
  const random = seeded(runSeed("report_cut"));
  const upTo = (most: number): number => Math.floor(random() ** 4 * most);
  // Six bytes as JSON, four, three, one.
  const text = (): string => ["\u0001", "🐾", "€", "a"][upTo(4)]?.repeat(upTo(9_000)) ?? "";
  const anyFault = (): Fault => ({
    ...sampleFault("sql-error", text(), { file: text() }),
    detail: text(),
    where: text(),
    excerpt: text(),
  });
  const list = <T>(most: number, make: () => T): T[] => Array.from({ length: upTo(most) }, make);
  for (let i = 0; i < 16; i += 1) {
    const steps = list(150, () =>
      sampleStep("1", text(), {
        status: (["done", "failed", "not_run", "skipped"] as const)[upTo(4)] ?? "done",
        checks: list(20, () => ({ name: text(), status: "fail" as const, details: text() })),
        results: list(5, () => ({
          columns: list(9, text),
          rows: list(9, () => list(9, text)),
          row_count: 9,
        })),
        error: random() < 0.5 ? null : anyFault(),
      }),
    );
    const report = change(steps, {
      warnings: list(30, anyFault),
      refusals: list(30, anyFault),
      error: anyFault(),
    });
    const most = SMALLEST_REPORT_BYTES + upTo(500_000);
    const found = cutReport(report, most);
    expect(bytesOf(found)).toBeLessThanOrEqual(most);
    expect(found.cut === undefined).toBe(found === report);
    if (i % 8 === 0) expect(reportErrors(JSON.parse(JSON.stringify(found)))).toEqual([]);
  }
});

function faults(count: number, length: number): Fault[] {
  const long = { ...sampleFault("sql-error", "m"), message: "m".repeat(length), detail: "d".repeat(length) };
  return Array.from({ length: count }, () => long);
}

function checks(count: number): StepReport["checks"] {
  return Array.from({ length: count }, (_, i) => ({ name: `check ${i}`, status: "pass", details: null }));
}

function rows(count: number): StepReport["results"] {
  const row = Array.from({ length: 10 }, () => "v".repeat(100));
  return [{ columns: row, rows: Array.from({ length: count }, () => row), row_count: count }];
}

function status(count: number) {
  const applied = Array.from({ length: count }, (_, i) => sampleMigration(label(i + 1), "x"));
  const none = { pending: [], changed: [], missing: [], unverified: [], partial: [], repeatables: [] };
  return { command: "status", applied, ...none, running: null, failed_runs: [] } as const;
}
