import { describe, expect, it } from "vitest";
import { METRIC_DIMENSIONS, METRIC_NAMESPACE, METRICS } from "#io/contract.ts";
import { emitMetrics, type MetricKey } from "#io/telemetry/emf.ts";
import { captured } from "../../support/captured.ts";
import { readMetrics } from "../../support/emf.ts";

const scope = { target: "orders", command: "apply", properties: { run_id: "release-42", version: "7" } };
const emitted = async (values: Partial<Record<MetricKey, readonly number[]>>): Promise<readonly string[]> =>
  (await captured(() => emitMetrics(scope, values))).lines;

it("one line, in the format, with the contract's names, units and dimensions", async () => {
  const every = Object.fromEntries(Object.keys(METRICS).map((key, i) => [key, [i + 0.5]]));
  const lines = await emitted(every);
  expect(lines).toHaveLength(1);
  const metrics = readMetrics(lines[0] ?? "");
  expect(metrics.map(({ name, unit }) => ({ name, unit }))).toEqual(Object.values(METRICS));
  for (const [i, metric] of metrics.entries()) {
    expect(metric.namespace).toBe(METRIC_NAMESPACE);
    expect(metric.dimensions).toEqual({
      [METRIC_DIMENSIONS.target]: "orders",
      [METRIC_DIMENSIONS.command]: "apply",
    });
    expect(metric.values).toEqual([i + 0.5]);
    expect(Math.abs(Date.now() - metric.at_ms)).toBeLessThan(60_000);
  }
});

it("what belongs to one run alone is found in the log, and is no dimension", async () => {
  const [line = ""] = await emitted({ applied: [1] });
  expect(JSON.parse(line)).toMatchObject({ run_id: "release-42", version: "7" });
});

it("more than 100 values go into as many lines as it takes, in order, each whole", async () => {
  const steps = Array.from({ length: 250 }, (_, i) => i / 8);
  const lines = await emitted({ step_duration: steps, tries: steps.slice(0, 100), applied: [250] });
  expect(lines).toHaveLength(3);
  const metrics = lines.flatMap(readMetrics);
  const of = (name: string) => metrics.filter((metric) => metric.name === name);
  expect(of("StepDuration").flatMap(({ values }) => values)).toEqual(steps);
  expect(of("Tries").map(({ values }) => values.length)).toEqual([99, 1]);
  expect(of("Applied").map(({ values }) => values)).toEqual([[250]]);
  for (const line of lines) expect(JSON.parse(line)).toMatchObject({ run_id: "release-42" });
});

it("nothing to tell is no line", async () => {
  expect(await emitted({})).toEqual([]);
  expect(await emitted({ step_duration: [] })).toEqual([]);
});

describe("the reader refuses what CloudWatch would drop", () => {
  const line = async (): Promise<Record<string, unknown>> =>
    JSON.parse((await emitted({ applied: [1] }))[0] ?? "");
  const directive = (json: Record<string, unknown>) =>
    (json._aws as { CloudWatchMetrics: { Dimensions: string[][]; Metrics: object[] }[] })
      .CloudWatchMetrics[0];
  const BREAKS: Record<string, (json: Record<string, unknown>) => void> = {
    "a metric that is nowhere": (json) => delete json.Applied,
    "a dimension that is nowhere": (json) => delete json.target,
    "a dimension that is a number": (json) => Object.assign(json, { target: 1 }),
    "101 values": (json) => Object.assign(json, { Applied: Array(101).fill(1) }),
    "a value that is text": (json) => Object.assign(json, { Applied: "1" }),
    "31 dimensions": (json) =>
      directive(json)?.Dimensions.push(Array.from({ length: 31 }, (_, i) => `d${i}`)),
    "an unknown unit": (json) => Object.assign(directive(json)?.Metrics[0] ?? {}, { Unit: "ms" }),
    "no time": (json) => Object.assign(json, { _aws: { CloudWatchMetrics: [] } }),
  };
  it.each(Object.entries(BREAKS))("%s", async (_, break_) => {
    const json = await line();
    expect(() => readMetrics(JSON.stringify(json))).not.toThrow();
    break_(json);
    expect(() => readMetrics(JSON.stringify(json))).toThrow();
  });
});
