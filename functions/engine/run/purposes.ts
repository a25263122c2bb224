import type { Purpose } from "../registry/privileges.ts";
import { REGISTRY_VERSION } from "../registry/schema.ts";
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
  const older = shape.kind === "seed" || (shape.kind === "ours" && shape.format < REGISTRY_VERSION);
  return [
    "making",
    "recording",
    "applying",
    ...(older ? (["upgrading"] as const) : []),
    ...(removes ? (["removing"] as const) : []),
    ...(repeats ? (["repeating"] as const) : []),
    ...(outside ? (["outside"] as const) : []),
  ];
}
