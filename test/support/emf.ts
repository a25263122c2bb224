import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";

/** One metric as CloudWatch has it after it has read a line. */
export interface ReadMetric {
  readonly namespace: string;
  readonly name: string;
  readonly unit: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly values: readonly number[];
  readonly at_ms: number;
}

interface EmfLine {
  readonly _aws: {
    readonly Timestamp: number;
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string; readonly Unit?: string }[];
    }[];
  };
  readonly [member: string]: unknown;
}

const schema = JSON.parse(readFileSync(new URL("./emf.schema.json", import.meta.url), "utf8")) as object;
const isEmf = new Ajv2020({ strict: false, allErrors: true }).compile<EmfLine>(schema);

const MOST_BYTES = 1_048_576;
const MOST_VALUES = 100;

/** Whether a line of a log claims to carry metrics. */
export const carriesMetrics = (line: string): boolean => line.startsWith("{") && "_aws" in JSON.parse(line);

/**
 * The metrics of a line, as CloudWatch's rules read it: the schema, and what it cannot say. Each name leads to a
 * member at the root; a dimension's value is a text, a metric's a number or up to 100 of them. Throws otherwise:
 * CloudWatch drops such a line without a word.
 */
export function readMetrics(line: string): readonly ReadMetric[] {
  if (Buffer.byteLength(line) > MOST_BYTES) throw new Error("the line has more than 1 MiB");
  const json: unknown = JSON.parse(line);
  if (!isEmf(json)) throw new Error(JSON.stringify(isEmf.errors));
  const { Timestamp: at_ms, CloudWatchMetrics: directives } = json._aws;
  return directives.flatMap(({ Namespace: namespace, Dimensions: sets, Metrics: metrics }) =>
    sets.flatMap((names) => {
      const dimensions = Object.fromEntries(names.map((name) => [name, dimension(json, name)]));
      return metrics.map(({ Name: name, Unit: unit = "None" }) => ({
        namespace,
        name,
        unit,
        dimensions,
        values: values(json, name),
        at_ms,
      }));
    }),
  );
}

function dimension(line: EmfLine, name: string): string {
  const value = Object.hasOwn(line, name) ? line[name] : undefined;
  if (typeof value === "string" && value !== "" && value.length <= 1_024) return value;
  throw new Error(`the dimension ${name} is ${JSON.stringify(value)}`);
}

function values(line: EmfLine, name: string): readonly number[] {
  const value = Object.hasOwn(line, name) ? line[name] : undefined;
  const all: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (all.length === 0 || all.length > MOST_VALUES) throw new Error(`${name} has ${all.length} values`);
  return all.map((one) => {
    if (typeof one === "number" && Number.isFinite(one) && Math.abs(one) < 2 ** 360) return one;
    throw new Error(`${name} has the value ${JSON.stringify(one)}`);
  });
}
