import { Metrics } from "@aws-lambda-powertools/metrics";
import { METRIC_DIMENSIONS, METRIC_NAMESPACE, METRICS } from "../contract.ts";

export type MetricKey = keyof typeof METRICS;

/** What every line of metrics is about; `properties` are no dimensions: they are found in the log alone. */
export interface MetricScope {
  readonly target: string;
  readonly command: string;
  readonly properties: Readonly<Record<string, string>>;
}

/**
 * CloudWatch takes 100 values of one metric in a line. At the hundredth the library writes the line by itself, and what
 * comes after it loses its properties: so there is none.
 */
const MOST_VALUES = 99;

/** Writes the values to stdout as lines in CloudWatch's Embedded Metric Format, as many as it takes. */
export function emitMetrics(
  scope: MetricScope,
  values: Readonly<Partial<Record<MetricKey, readonly number[]>>>,
): void {
  const entries = Object.entries(values) as [MetricKey, readonly number[]][];
  const longest = Math.max(0, ...entries.map(([, { length }]) => length));
  for (let from = 0; from < longest; from += MOST_VALUES) {
    const part = entries.map(([key, all]) => [key, all.slice(from, from + MOST_VALUES)] as const);
    emitLine(scope, part);
  }
}

function emitLine(
  { target, command, properties }: MetricScope,
  part: readonly (readonly [MetricKey, readonly number[]])[],
): void {
  const metrics = new Metrics({ namespace: METRIC_NAMESPACE });
  // Its own default, the service's name, would be a dimension more.
  metrics.clearDefaultDimensions();
  metrics.setDefaultDimensions({
    [METRIC_DIMENSIONS.target]: target,
    [METRIC_DIMENSIONS.command]: command,
  });
  for (const [name, value] of Object.entries(properties)) metrics.addMetadata(name, value);
  for (const [key, values] of part) {
    const { name, unit } = METRICS[key];
    for (const value of values) metrics.addMetric(name, unit, value);
  }
  if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
}
