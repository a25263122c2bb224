import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fault } from "#engine/errors.ts";
import { METRICS } from "#io/contract.ts";
import { openTelemetry } from "#io/telemetry/telemetry.ts";
import { captured } from "../../support/captured.ts";
import { carriesMetrics, readMetrics } from "../../support/emf.ts";
import { SAMPLE_ATTEMPT, sampleHead, sampleRepeat, sampleStep } from "../../support/sample_reports.ts";

const scope = { target: "orders", command: "apply", run_id: "release-42", request_id: "r" };

describe("while a run goes on", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it.each([
    ["ends well", async () => "done"],
    ["throws", async () => Promise.reject(new Error("no"))],
  ])("there is a heartbeat a minute, and none once it %s", async (_, end) => {
    const { lines } = await captured(async () => {
      const pause = () => new Promise((resolve) => setTimeout(resolve, 150_000));
      const run = openTelemetry(scope).during({}, async () => {
        await pause();
        return end();
      });
      run.catch(() => {});
      await vi.advanceTimersByTimeAsync(600_000);
      return run;
    });
    const beats = lines.filter(carriesMetrics).flatMap(readMetrics);
    expect(beats.map(({ name, values }) => [name, values])).toEqual([
      [METRICS.heartbeat.name, [1]],
      [METRICS.heartbeat.name, [1]],
    ]);
    expect(beats[0]?.dimensions).toEqual({ target: "orders", command: "apply" });
  });
});

const first = [sampleStep("001", "rooms"), sampleRepeat("010_views")];
it.each([
  ["a migration", sampleStep("002", "keys")],
  ["a repeatable one, which is told from the others by its name", sampleRepeat("020_grants")],
])("what an earlier attempt of the run did is not measured again: behind it came %s", async (_, last) => {
  const steps = [...first, last];
  const report = { ...sampleHead({ steps }), ...SAMPLE_ATTEMPT, command: "up", attempt: 2 } as const;
  const { lines } = await captured(async () => {
    const telemetry = openTelemetry(scope);
    const { label, name, direction } = last;
    const own = { label, name, direction, status: "done" } as const;
    telemetry.event({ ...own, type: "step-finished", duration_ms: 41.3, checks: 0 });
    await telemetry.finished(report, { failed: false, bus: null, left_ms: 60_000 });
  });
  const measured = lines.filter(carriesMetrics).flatMap(readMetrics);
  expect(measured.find(({ name }) => name === METRICS.applied.name)?.values).toEqual([1]);
  expect(measured.find(({ name }) => name === METRICS.tries.name)?.values).toHaveLength(1);
});

it("of an event that is wrong in thousands of ways the log tells some, and how many more there are", async () => {
  const faults = Array.from({ length: 7_000 }, (_, i) =>
    fault("bad-event", `k${i} is no field of this event.`),
  );
  const { errors } = await captured(() => openTelemetry(scope).ended(faults, null));
  const [line = ""] = errors;
  expect(line.length).toBeLessThan(20_000);
  expect(JSON.parse(line)).toMatchObject({ errors: { length: 50 }, left_out: 6_950 });
  expect(JSON.parse(line).errors[0].words).toBe("k0 is no field of this event.");
});

it("a log that cannot be written ends no run", async () => {
  const telemetry = openTelemetry(scope);
  const broken = vi.spyOn(process.stdout, "write").mockImplementation(() => {
    throw new Error("EPIPE");
  });
  try {
    telemetry.event({ type: "connected", server_version: "18", database: "d" });
    expect(await telemetry.during({}, async () => "done")).toBe("done");
    telemetry.ended([], null);
  } finally {
    broken.mockRestore();
  }
});
