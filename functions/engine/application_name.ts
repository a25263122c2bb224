import { createHash } from "node:crypto";
import { LONGEST_NAME_BYTES } from "./registry/tables.ts";

/**
 * What a run's sessions are called, on every server the same: PostgreSQL cuts a longer name, and two long ids may begin
 * alike. `~` is in no run id.
 */
export function applicationName(run_id: string): string {
  const whole = `paws-migrate/${run_id}`;
  if (whole.length <= LONGEST_NAME_BYTES) return whole;
  const mark = `~${createHash("sha256").update(run_id).digest("hex").slice(0, 12)}`;
  return `${whole.slice(0, LONGEST_NAME_BYTES - mark.length)}${mark}`;
}
