import * as v from "valibot";
import { COMMON, type CommonEvent } from "./event_fields.ts";
import { readEvent } from "./read_event.ts";

export const STATUS_EVENT = v.object(COMMON);

/** With a run id it asks for that run alone, and needs no bundle. Throws a MigrationFault: `bad-event`, `wrong-target`. */
export function readStatusEvent(
  event: unknown,
  target: string,
): { readonly run_id: string | null; readonly common: CommonEvent } {
  const common = readEvent(event, STATUS_EVENT, target, [["run_id", "bundle"]]);
  return { run_id: common.run_id ?? null, common };
}
