import { mostTellingFirst } from "./kept_steps.ts";
import { cut } from "./limits.ts";
import type { Cut, Report, StepReport } from "./report.ts";
import { isObject, type JsonObject } from "./stored_json.ts";

/** Less than this no limit may be: so much a head with every text in it can take. */
export const SMALLEST_REPORT_BYTES = 32_768;

/** How much of what is in a report stays: entries of each list, UTF-16 units of each text. */
interface Bounds {
  readonly entries: number;
  readonly text: number;
}

/** From mild to harsh. No text of a fixed form (a digest, a time, a run id) is as long as the shortest of them. */
const BOUNDS: readonly [Bounds, ...Bounds[]] = [
  { entries: Number.POSITIVE_INFINITY, text: Number.POSITIVE_INFINITY },
  { entries: 1_000, text: 2_000 },
  { entries: 100, text: 500 },
  { entries: 20, text: 200 },
  { entries: 5, text: 100 },
  { entries: 0, text: 100 },
];

/** Failed steps that may cost the rest of the report its detail. */
const FAILED_KEPT = 20;
/** Of these lists the end is the newest. */
const NEWEST_LAST: ReadonlySet<string> = new Set(["applied", "events"]);

/**
 * The report as it is where it has at most `most_bytes` (at least SMALLEST_REPORT_BYTES) as JSON in UTF-8. Else with
 * `cut` and without some of its steps: those that failed and the newest are kept. Where that is not enough, its lists
 * and texts are cut too.
 */
export function cutReport<R extends Report>(report: R, most_bytes: number): R {
  const bytes = bytesOf(report);
  if (bytes <= most_bytes) return report;
  const { steps } = report;
  const see = seeOf(report);
  for (const [i, bounds] of BOUNDS.entries()) {
    const last = i === BOUNDS.length - 1;
    const bare = { ...(shrunk({ ...report, steps: [] }, bounds) as R), steps: [] };
    const room = most_bytes - bytesOf({ ...bare, cut: { steps_left_out: steps.length, bytes, see } });
    const small = steps.map((step) => shrunk(step, bounds) as StepReport);
    const kept = keptWithin(small, room);
    if (room < 0 || (!last && kept.size < Math.min(wanted(steps), FAILED_KEPT))) continue;
    const left = small.filter((_, at) => kept.has(at));
    return { ...bare, steps: left, cut: { steps_left_out: steps.length - left.length, bytes, see } };
  }
  throw new Error(`a report's head has more than ${most_bytes} bytes`);
}

const encoder = new TextEncoder();
const bytesOf = (value: unknown): number => encoder.encode(JSON.stringify(value)).length;

const failed = ({ status }: StepReport): boolean => status === "failed";

/** How many steps must fit before the rest of the report keeps its detail: the failed ones, or else the newest. */
const wanted = (steps: readonly StepReport[]): number =>
  Math.max(steps.filter(failed).length, Math.min(steps.length, 1));

/** Which steps fit into `room`: the failed ones in their order, then those that ran, the newest first, then others. */
function keptWithin(steps: readonly StepReport[], room: number): ReadonlySet<number> {
  const kept = new Set<number>();
  let left = room;
  for (const at of mostTellingFirst(steps)) {
    // One for the comma.
    left -= bytesOf(steps[at]) + 1;
    if (left < 0) break;
    kept.add(at);
  }
  return kept;
}

/** A copy with each list and each text within the bounds. */
function shrunk(value: unknown, bounds: Bounds, key = ""): unknown {
  if (typeof value === "string") return value.length > bounds.text ? cut(value, bounds.text) : value;
  if (Array.isArray(value)) {
    const { entries } = bounds;
    const some =
      value.length <= entries
        ? value
        : NEWEST_LAST.has(key)
          ? value.slice(value.length - entries)
          : value.slice(0, entries);
    return some.map((inner) => shrunk(inner, bounds));
  }
  if (typeof value !== "object" || value === null) return value;
  if (key === "report" && isObject(value)) {
    const less = withFewerSteps(value, bounds.entries);
    if (less !== null) return shrunk(less, bounds);
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, shrunk(inner, bounds, name)]),
  );
}

/** A run's stored report with the most telling of its steps, which says so itself; null where they are not too many. */
function withFewerSteps(report: JsonObject, most: number): JsonObject | null {
  const { steps, run_id } = report;
  if (!Array.isArray(steps) || steps.length <= most) return null;
  const kept = new Set(mostTellingFirst(steps.map((step) => (isObject(step) ? step : {}))).slice(0, most));
  const see = typeof run_id === "string" ? `paws-migrate runs --run ${run_id}` : "paws-migrate runs";
  const told: Cut = { steps_left_out: steps.length - kept.size, bytes: bytesOf(report), see };
  return { ...report, steps: steps.filter((_, at) => kept.has(at)), cut: told };
}

/** Where the whole is: a run's records hold it; what only reads is asked again. */
function seeOf(report: Report): string {
  if (report.command === "runs" && "runs" in report) {
    const [only] = report.runs.length === 1 ? report.runs : [];
    return only === undefined ? "paws-migrate runs" : `paws-migrate runs --run ${only.run_id}`;
  }
  if (report.run_id !== null) return `paws-migrate runs --run ${report.run_id}`;
  return report.command === "plan" && "of" in report
    ? `paws-migrate plan ${report.of}`
    : "paws-migrate status";
}
