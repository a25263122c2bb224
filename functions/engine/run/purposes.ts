import type { Purpose } from "../registry/privileges.ts";
import { isUpgradable } from "../registry/schema.ts";
import type { Shape } from "../registry/shape.ts";
import type { PreparedStep } from "../step/messages.ts";

/** What the run's role must be able to do with our tables. */
export function purposesOf(
  shape: Shape,
  { steps }: { readonly steps: readonly PreparedStep[] },
): readonly Purpose[] {
  if (steps.length === 0) return ["recording"];
  const removes = steps.some(({ planned }) => planned.direction === "down");
  const repeats = steps.some(({ planned }) => planned.direction === "repeat");
  const outside = steps.some(
    ({ planned, script }) => planned.direction === "verify" || script.directives.no_transaction,
  );
  return [
    "making",
    "recording",
    "applying",
    ...(isUpgradable(shape) ? (["upgrading"] as const) : []),
    ...(removes ? (["removing"] as const) : []),
    ...(repeats ? (["repeating"] as const) : []),
    ...(outside ? (["outside"] as const) : []),
  ];
}
