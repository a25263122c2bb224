import * as v from "valibot";
import type { VerifyRequest } from "#engine/request.ts";
import { COMMON, type CommonEvent, FLAG, VERSION } from "./event_fields.ts";
import { readEvent } from "./read_event.ts";

export const VERIFY_EVENT = v.object({
  ...COMMON,
  versions: v.optional(v.array(VERSION, "a list of versions"), []),
  integrity: FLAG,
});

/** Without `versions` everything that is applied. Throws a MigrationFault: `bad-event`, `wrong-target`. */
export function readVerifyEvent(
  event: unknown,
  target: string,
): { readonly request: VerifyRequest; readonly common: CommonEvent } {
  const read = readEvent(event, VERIFY_EVENT, target);
  const { versions, integrity } = read;
  return { request: { command: "verify", versions, integrity }, common: read };
}
