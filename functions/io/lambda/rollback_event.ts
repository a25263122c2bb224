import * as v from "valibot";
import type { RollbackRequest } from "#engine/request.ts";
import { type AskedChange, askedChange, CHANGE, NOT_BOTH } from "./change_event.ts";
import { COMMON, COUNT, VERSION } from "./event_fields.ts";
import { readEvent } from "./read_event.ts";

const VERIFICATIONS = ["last", "all", "none"] as const;

export const ROLLBACK_EVENT = v.object({
  ...COMMON,
  steps: v.optional(COUNT),
  to: v.optional(VERSION),
  from: v.optional(VERSION),
  verify: v.optional(v.picklist(VERIFICATIONS, "`last`, `all` or `none`"), "last"),
  ...CHANGE,
});

/** Without `steps`, `to` and `from` the last one. Throws a MigrationFault: `bad-event`, `wrong-target`. */
export function readRollbackEvent(event: unknown, target: string): AskedChange<RollbackRequest> {
  const read = readEvent(event, ROLLBACK_EVENT, target, [["steps", "to", "from"], NOT_BOTH]);
  return askedChange(
    {
      command: "rollback",
      target:
        read.to !== undefined
          ? { remove: "above", version: read.to }
          : read.from !== undefined
            ? { remove: "from", version: read.from }
            : { remove: "steps", steps: read.steps ?? 1 },
      verify: read.verify,
    },
    read,
  );
}
