import { createHash } from "node:crypto";
import { type Plan, scriptOf } from "./plan.ts";

/** A planned step as it is recorded. */
export interface PlannedStepSummary {
  /** null of a repeatable migration. */
  readonly version: string | null;
  readonly label: string;
  readonly name: string;
  readonly direction: "up" | "down" | "verify" | "repeat";
}

export const planSummary = (plan: Plan): readonly PlannedStepSummary[] =>
  plan.steps.map(({ migration, direction }) => ({
    version: migration.version === null ? null : String(migration.version),
    label: migration.label,
    name: migration.name,
    direction,
  }));

/** sha256 (hex) of the ordered steps and of the scripts they run: what a person says yes to. */
export function planDigest(plan: Plan): string {
  const scripts = plan.steps.map(({ migration, direction, verifies }) => [
    scriptOf(migration, direction)?.checksum ?? null,
    verifies.map((verified) => verified.verify?.checksum ?? null),
  ]);
  return createHash("sha256")
    .update(JSON.stringify([planSummary(plan), scripts]))
    .digest("hex");
}
