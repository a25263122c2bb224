import { type Fault, fault, MigrationFault } from "../errors.ts";
import type { Recalled } from "../registry/recall.ts";
import { UNFINISHED } from "../registry/runs.ts";

/** What a run that comes with an id finds under it. */
export type Met =
  | { readonly kind: "new" }
  /** It came to its end: what it told is told again. */
  | { readonly kind: "ended"; readonly recalled: Recalled }
  /** An attempt is at work. */
  | { readonly kind: "running"; readonly recalled: Recalled }
  /** An attempt died, ran out of time, or could not learn how it ended. */
  | { readonly kind: "unfinished"; readonly recalled: Recalled };

/** Throws `run-id-reused` where another request bears the id. */
export function metOf(recalled: Recalled | null, request_hash: string): Met {
  if (recalled === null) return { kind: "new" };
  if (recalled.request_hash !== request_hash) throw new MigrationFault(reused(recalled));
  if (!recalled.finished) return { kind: recalled.held ? "running" : "unfinished", recalled };
  return { kind: UNFINISHED.includes(recalled.status) ? "unfinished" : "ended", recalled };
}

const reused = ({ run_id, command, started_at }: Recalled): Fault =>
  fault("run-id-reused", `The run id ${run_id} is another request's: \`${command}\` of ${started_at}.`);
