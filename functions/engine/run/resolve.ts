import { committedQuery } from "../registry/read.ts";
import { BEGIN } from "../registry/write.ts";
import type { Message } from "../seam.ts";
import { sendLast } from "../step/sender.ts";
import { stepLockKey } from "./lock_keys.ts";
import { type Reopening, reopen } from "./reopen.ts";
import type { Target } from "./target.ts";

/** The COMMIT that was sent and not answered, by the event that its transaction wrote under the step lock. */
export interface Committing {
  readonly run_id: string;
  /** The migration's `stepKey`. */
  readonly key: string;
  readonly action: Parameters<typeof committedQuery>[3];
  /** The tables are made by the same transaction: where they are not there, it was not committed. */
  readonly makes_tables?: boolean;
}

/** What became of a COMMIT whose answer was lost. Never a guess. */
export type Resolution =
  | { readonly kind: "committed" | "not-committed"; readonly target: Target }
  | { readonly kind: "unknown"; readonly reason: string };

const POLL_MS = 50;
const LONGEST_POLL_MS = 1_000;

/** How long to look for the database again, where the run has no deadline: a failover takes a minute or two. */
const RESOLVE_FOR_MS = 180_000;
/** A deadline that has passed leaves so much to learn what came of the last COMMIT. */
const AT_LEAST_MS = 2_000;

/** Until when something is looked for that was lost now; on the monotonic clock. */
export const lookUntil = (now_ms: number, deadline_ms: number, longest_ms = RESOLVE_FOR_MS): number =>
  Math.max(now_ms + AT_LEAST_MS, Math.min(now_ms + longest_ms, deadline_ms));

/**
 * Learns whether a step was committed: connects again to the primary of the same cluster, takes the step's
 * transaction-level lock, which is granted only once the old backend's transaction has ended, and then, in a new
 * statement, looks for what the step wrote in its own transaction. The absence of a row says nothing before that:
 * the COMMIT may still be under way. pg_xact_status is not asked: after a crash the number may be another's.
 */
export async function resolveCommit(lost: Target, doubt: Committing, how: Reopening): Promise<Resolution> {
  const { world, until_ms } = how;
  for (let target = lost; ; ) {
    const reopened = await reopen(target, how);
    if (reopened.kind === "gone") return { kind: "unknown", reason: reopened.reason };
    target = reopened.target;
    const seen = await lookUnderLock(target, doubt, how);
    if (seen === "committed" || seen === "not-committed") return { kind: seen, target };
    await target.session.close();
    const over = world.clock.monotonic_ms() >= until_ms || world.interrupt.aborted;
    if (over || seen !== "lost") return { kind: "unknown", reason: REASONS[seen] };
    await world.sleep(LONGEST_POLL_MS * world.random(), world.interrupt);
  }
}

const REASONS = {
  lost: "the connection was lost again",
  held: "the old session's transaction has not ended",
  refused: "the history could not be read",
} as const;

/** undefined_table; invalid_schema_name. */
const NO_TABLE: ReadonlySet<string> = new Set(["42P01", "3F000"]);

/** Polls the lock: who waits in it cannot be told to stop at the deadline without another connection. */
async function lookUnderLock(
  { session, tables }: Target,
  { run_id, key: step_key, action, makes_tables = false }: Committing,
  { options, world, until_ms }: Reopening,
): Promise<"committed" | "not-committed" | keyof typeof REASONS> {
  const key = stepLockKey(options.history_schema);
  const look: readonly Message[] = [
    { text: BEGIN },
    { text: `SELECT pg_catalog.pg_try_advisory_xact_lock('${key}'::pg_catalog.int8)` },
    committedQuery(tables, run_id, step_key, action),
    { text: "ROLLBACK" },
  ];
  // What was just ended needs a moment to go: an interrupt leaves it that.
  const at_least_ms = world.clock.monotonic_ms() + AT_LEAST_MS;
  for (let pause_ms = POLL_MS; ; pause_ms = Math.min(LONGEST_POLL_MS, pause_ms * 2)) {
    const [, granted, row] = await sendLast(session, world, look);
    if (granted?.kind === "lost" || row?.kind === "lost") return "lost";
    const absent = makes_tables && row?.kind === "error" && NO_TABLE.has(row.error.sqlstate);
    if (granted?.kind !== "done" || (row?.kind !== "done" && !absent)) return "refused";
    // What is there was committed, whoever has the lock by now; its absence counts under the lock alone.
    if (row?.kind === "done" && row.results[0]?.rows[0]?.[0] === "t") return "committed";
    if (granted.results[0]?.rows[0]?.[0] === "t") return "not-committed";
    const stopped = world.interrupt.aborted;
    const left_ms = (stopped ? Math.min(until_ms, at_least_ms) : until_ms) - world.clock.monotonic_ms();
    if (left_ms <= 0) return "held";
    await world.sleep(Math.min(left_ms, pause_ms), stopped ? undefined : world.interrupt);
  }
}
