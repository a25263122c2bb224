import * as v from "valibot";
import type { UpRequest } from "#engine/request.ts";
import { COMMON, COUNT, type CommonEvent, FLAG, PLAN_DIGEST, VERSION } from "./event_fields.ts";
import { readEvent } from "./read_event.ts";

export const APPLY_EVENT = v.object({
  ...COMMON,
  to: v.optional(VERSION),
  steps: v.optional(COUNT),
  allow_out_of_order: FLAG,
  dry_run: FLAG,
  expected_plan: PLAN_DIGEST,
});

export interface AskedChange<R> {
  readonly request: R;
  readonly common: CommonEvent;
  readonly dry_run: boolean;
  readonly expected_plan: string | null;
}

/** Throws a MigrationFault: `bad-event`, `wrong-target`. */
export function readApplyEvent(event: unknown, target: string): AskedChange<UpRequest> {
  const read = readEvent(event, APPLY_EVENT, target, [
    ["to", "steps"],
    ["dry_run", "expected_plan"],
  ]);
  return {
    request: {
      command: "up",
      target:
        read.to !== undefined
          ? { to: "version", version: read.to }
          : read.steps !== undefined
            ? { to: "steps", steps: read.steps }
            : { to: "latest" },
      allow_out_of_order: read.allow_out_of_order,
    },
    common: read,
    dry_run: read.dry_run,
    expected_plan: read.expected_plan ?? null,
  };
}
