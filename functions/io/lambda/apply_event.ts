import * as v from "valibot";
import type { UpRequest } from "#engine/request.ts";
import { type AskedChange, askedChange, CHANGE, NOT_BOTH } from "./change_event.ts";
import { COMMON, COUNT, FLAG, VERSION } from "./event_fields.ts";
import { readEvent } from "./read_event.ts";

export const APPLY_EVENT = v.object({
  ...COMMON,
  to: v.optional(VERSION),
  steps: v.optional(COUNT),
  allow_out_of_order: FLAG,
  record_consolidated: FLAG,
  ...CHANGE,
});

/** Recording runs no migration: what says which to run, and how, has no place beside it. */
const BESIDE_RECORDING = ["to", "steps", "allow_out_of_order", ...NOT_BOTH, "count"] as const;

const EXCLUSIVE = [
  ["to", "steps"],
  NOT_BOTH,
  ...BESIDE_RECORDING.map((name) => ["record_consolidated", name]),
];

export interface AskedApply extends AskedChange<UpRequest> {
  /** Not to apply, but to write down which migrations the bundle's consolidated ones stand for. */
  readonly record_consolidated: boolean;
}

/** Throws a MigrationFault: `bad-event`, `wrong-target`. */
export function readApplyEvent(event: unknown, target: string): AskedApply {
  const read = readEvent(event, APPLY_EVENT, target, EXCLUSIVE);
  const change = askedChange(
    {
      command: "up",
      target:
        read.to !== undefined
          ? { to: "version", version: read.to }
          : read.steps !== undefined
            ? { to: "steps", steps: read.steps }
            : { to: "latest" },
      allow_out_of_order: read.allow_out_of_order,
    } satisfies UpRequest,
    read,
  );
  return { ...change, record_consolidated: read.record_consolidated };
}
