import type { Fault } from "#engine/errors.ts";
import type { FunctionAddress } from "#io/lambda_client.ts";
import type { Edge } from "./edge.ts";
import { isAsBefore, type Look, lookAtRun, type SeenRun } from "./look.ts";
import { progressTeller } from "./tell_progress.ts";

/** Which run is followed, and how long what may take. Milliseconds. */
export interface Followed {
  readonly run_id: string;
  readonly status: FunctionAddress;
  /** As it was before it was asked for again; null for a new one. */
  readonly before: SeenRun | null;
  /** So long its row may not be there: it waits in Lambda's queue, for a start, and for another run. */
  readonly unseen_ms: number;
}

/** How following a run ended. */
export type Outcome =
  | { readonly kind: "ended"; readonly look: Extract<Look, { kind: "run" }> }
  /** Nothing of it was ever seen. */
  | { readonly kind: "not-seen" }
  /** Its row is open, and whoever worked on it is gone. */
  | { readonly kind: "gone"; readonly look: Extract<Look, { kind: "run" }> }
  /** It could not be seen any more, or did not end in all the time that a function has. */
  | { readonly kind: "out-of-sight"; readonly fault: Fault | null }
  | { readonly kind: "interrupted" };

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 5_000;
/** A run that has lost its connection takes this long at most to connect again and close its row. */
const GONE_MS = 90_000;
const BLIND_MS = 180_000;
/** What a function has at most, and a minute. */
const LONGEST_RUN_MS = 16 * 60_000;

/** Looks at a run until it has ended, and tells how far it is. */
export async function follow(edge: Edge, { run_id, status, before, unseen_ms }: Followed): Promise<Outcome> {
  const begun = edge.monotonic_ms();
  const tell = progressTeller(edge);
  let seen_at: number | null = null;
  let gone_since: number | null = null;
  let blind_since: number | null = null;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS)) {
    await edge.sleep(pause, edge.interrupt);
    if (edge.interrupt.aborted) return { kind: "interrupted" };
    const look = await lookAtRun(edge, status, run_id);
    const now = edge.monotonic_ms();
    if (look.kind === "interrupted") return look;
    if (look.kind === "blind") {
      blind_since ??= now;
      if (look.lasting || now - blind_since >= BLIND_MS) return { kind: "out-of-sight", fault: look.fault };
      continue;
    }
    blind_since = null;
    if (look.kind === "run" && !isAsBefore(look.run, before)) {
      seen_at ??= now;
      tell(look.run);
      if (look.run.finished_at !== null) return { kind: "ended", look };
      gone_since = look.run.alive === false ? (gone_since ?? now) : null;
      if (gone_since !== null && now - gone_since >= GONE_MS) return { kind: "gone", look };
      if (now - seen_at >= LONGEST_RUN_MS) return { kind: "out-of-sight", fault: null };
    } else if (now - begun >= unseen_ms) return { kind: "not-seen" };
  }
}
