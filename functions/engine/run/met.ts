import { type Fault, fault, MigrationFault } from "../errors.ts";
import type { Recalled } from "../registry/recall.ts";
import { UNFINISHED } from "../registry/runs.ts";
import { EXIT_STATUS } from "../status.ts";

/** What a run that comes with an id finds under it. */
export type Met =
  | { readonly kind: "new" }
  /** It came to its end: what it told is told again. */
  | { readonly kind: "ended"; readonly recalled: Recalled }
  /** An attempt is at work. */
  | { readonly kind: "running"; readonly recalled: Recalled }
  /** An attempt died, ran out of time, or could not learn how it ended. */
  | { readonly kind: "unfinished"; readonly recalled: Recalled };

/** Throws `run-id-reused` where another request bears the id, `registry-too-new` where it ended nobody here knows how. */
export function metOf(recalled: Recalled | null, request_hash: string): Met {
  if (recalled === null) return { kind: "new" };
  if (recalled.request_hash !== request_hash) throw new MigrationFault(reused(recalled));
  if (!recalled.finished) return { kind: recalled.held ? "running" : "unfinished", recalled };
  if (UNFINISHED.includes(recalled.status)) return { kind: "unfinished", recalled };
  if (!Object.hasOwn(EXIT_STATUS, recalled.status)) throw new MigrationFault(strange(recalled));
  return { kind: "ended", recalled };
}

const reused = ({ run_id, command, started_at }: Recalled): Fault =>
  fault("run-id-reused", `The run id ${run_id} is another request's: \`${command}\` of ${started_at}.`);

const strange = ({ run_id }: Recalled): Fault =>
  fault("registry-too-new", `Run ${run_id} is recorded with a status that this release does not know.`);
