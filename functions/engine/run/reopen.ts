import type { ErrorCode } from "../error_codes.ts";
import { MigrationFault } from "../errors.ts";
import type { RunOptions } from "../request.ts";
import type { World } from "../seam.ts";
import { sendLast } from "../step/sender.ts";
import { endBackend } from "../watch/end_backend.ts";
import type { Frame } from "./frame.ts";
import type { ServerFacts } from "./preflight.ts";
import { openTarget, type Target } from "./target.ts";

/** What a lost connection is opened again with. */
export interface Reopening {
  readonly frame: Frame;
  readonly options: RunOptions;
  readonly world: World;
  /** On the monotonic clock; the first try is made in any case. */
  readonly until_ms: number;
}

/** A new session on the same cluster, or why there is none. */
export type Reopened =
  | { readonly kind: "open"; readonly target: Target }
  | { readonly kind: "gone"; readonly reason: string };

/** Passing troubles of a server that restarts or fails over; of any other the next try would come to the same. */
const PASSING: ReadonlySet<ErrorCode> = new Set([
  "unreachable",
  "connection-refused",
  "connection-lost",
  "standby",
  "read-only",
]);
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1_000;

/**
 * Connects again after a connection was lost, to the primary of the same cluster, until the time is over. What is
 * left of the lost session's backend is ended: it would hold its locks until it noticed by itself.
 */
export async function reopen(lost: Target, how: Reopening): Promise<Reopened> {
  const { frame, world, until_ms } = how;
  for (let pause_ms = FIRST_PAUSE_MS; ; pause_ms = Math.min(LONGEST_PAUSE_MS, pause_ms * 2)) {
    const opened = await openSame(lost, how);
    if (opened.kind === "open") {
      await sendLast(opened.target.session, world, endBackend(lost.facts.backend_pid, frame.run_id));
      return opened;
    }
    const left_ms = until_ms - world.clock.monotonic_ms();
    if (!opened.passing || left_ms <= 0 || world.interrupt.aborted) return opened;
    world.emit({ type: "reconnecting", run_id: frame.run_id, reason: opened.reason });
    await world.sleep(Math.min(left_ms, pause_ms * (0.5 + world.random() / 2)), world.interrupt);
  }
}

type Tried =
  | Extract<Reopened, { kind: "open" }>
  | { readonly kind: "gone"; readonly reason: string; readonly passing: boolean };

async function openSame(
  { facts: before, accepts_foreign }: Target,
  { frame, options, world }: Reopening,
): Promise<Tried> {
  try {
    const target = await openTarget(frame.run_id, options, world, { writes: true, accepts_foreign });
    const other = otherServer(before, target.facts);
    if (other === null) return { kind: "open", target };
    await target.session.close();
    return { kind: "gone", ...other };
  } catch (error) {
    if (!(error instanceof MigrationFault)) throw error;
    const [{ code, message }] = error.faults;
    return { kind: "gone", reason: message, passing: PASSING.has(code) };
  }
}

/** Another cluster, or a primary from before the failover that the run has seen, cannot tell what became of a commit. */
function otherServer(
  before: ServerFacts,
  now: ServerFacts,
): { readonly reason: string; readonly passing: boolean } | null {
  const known = before.system_identifier !== null && now.system_identifier !== null;
  if (known && before.system_identifier !== now.system_identifier) {
    const reason = `another cluster answers (system identifier ${now.system_identifier}, it was ${before.system_identifier})`;
    return { reason, passing: false };
  }
  if (before.timeline === null || now.timeline === null || now.timeline >= before.timeline) return null;
  const reason = `a primary answers that another had taken over from (timeline ${now.timeline}, it was ${before.timeline})`;
  return { reason, passing: true };
}
