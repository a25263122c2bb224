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
  ...CHANGE,
});

/** Throws a MigrationFault: `bad-event`, `wrong-target`. */
export function readApplyEvent(event: unknown, target: string): AskedChange<UpRequest> {
  const read = readEvent(event, APPLY_EVENT, target, [["to", "steps"], NOT_BOTH]);
  return askedChange(
    {
      command: "up",
      target:
        read.to !== undefined
          ? { to: "version", version: read.to }
          : read.steps !== undefined
            ? { to: "steps", steps: read.steps }
            : { to: "latest" },
      allow_out_of_order: read.allow_out_of_order,
    },
    read,
  );
}
