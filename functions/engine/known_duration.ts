import type { AnyMigration } from "./bundle/bundle.ts";
import type { PlannedStep } from "./plan.ts";

const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1_000,
  sec: 1_000,
  second: 1_000,
  m: 60_000,
  min: 60_000,
  minute: 60_000,
  h: 3_600_000,
  hour: 3_600_000,
};

/** `5 minutes`, `30s`, `1-2 minutes` (the longer), `< 1 minute` (1 minute). */
const ESTIMATE =
  /^(?:[<~]|about |up to )?\s*(?:\d+(?:\.\d+)?\s*(?:-|–|to)\s*)?(\d+(?:\.\d+)?)\s*([a-z]+?)s?\.?$/;

/** A header's estimate in milliseconds; null where it is not understood. */
export function parseEstimate(text: string): number | null {
  const [, number, unit = ""] = ESTIMATE.exec(text.trim().toLowerCase()) ?? [];
  // A lone `s` is a unit, and the plural's end of any other.
  const ms = UNIT_MS[unit] ?? null;
  return number === undefined || ms === null ? null : Number(number) * ms;
}

/** How long a step is known to take, in milliseconds, and how that is known. */
export interface KnownDuration {
  readonly ms: number;
  readonly from: "recorded" | "declared";
}

/**
 * `recorded`: the longest time that the database remembers of this version in this direction, or null. The
 * longer of both counts, for a step that is cut by the deadline is lost. A declared estimate is of the forward script alone.
 */
export function knownDuration(
  migration: Pick<AnyMigration, "header">,
  direction: PlannedStep["direction"],
  recorded: number | null,
): KnownDuration | null {
  const estimate = migration.header.estimated_duration;
  const declared =
    (direction !== "up" && direction !== "repeat") || !estimate ? null : parseEstimate(estimate);
  if (recorded !== null && recorded >= (declared ?? 0)) return { ms: recorded, from: "recorded" };
  return declared === null ? null : { ms: declared, from: "declared" };
}
