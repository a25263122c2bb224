import { type ErrorCode, MigrationFault } from "../errors.ts";
import type { RunOptions } from "../request.ts";
import type { World } from "../seam.ts";
import { sendLast } from "../step/sender.ts";
import { endBackend } from "../watch/end_backend.ts";
import type { Frame } from "./frame.ts";
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
  { facts: { system_identifier: before } }: Target,
  { frame, options, world }: Reopening,
): Promise<Tried> {
  try {
    const target = await openTarget(frame.run_id, options, world, true);
    const { system_identifier: now } = target.facts;
    if (before === null || now === null || before === now) return { kind: "open", target };
    await target.session.close();
    const reason = `another cluster answers (system identifier ${now}, it was ${before})`;
    return { kind: "gone", reason, passing: false };
  } catch (error) {
    if (!(error instanceof MigrationFault)) throw error;
    const [{ code, message }] = error.faults;
    return { kind: "gone", reason: message, passing: PASSING.has(code) };
  }
}
