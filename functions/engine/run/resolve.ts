import { committedQuery } from "../registry/read.ts";
import { BEGIN } from "../registry/write.ts";
import type { Message } from "../seam.ts";
import type { InDoubt } from "../step/outcome.ts";
import { sendLast } from "../step/sender.ts";
import { stepLockKey } from "./lock_keys.ts";
import { type Reopening, reopen } from "./reopen.ts";
import type { Target } from "./target.ts";

/** What became of a COMMIT whose answer was lost. Never a guess. */
export type Resolution =
  | { readonly kind: "committed" | "not-committed"; readonly target: Target }
  | { readonly kind: "unknown"; readonly reason: string };

const POLL_MS = 50;
const LONGEST_POLL_MS = 1_000;

/**
 * Learns whether a step was committed: connects again to the primary of the same cluster, takes the step's
 * transaction-level lock, which is granted only once the old backend's transaction has ended, and then, in a new
 * statement, looks for what the step wrote in its own transaction. The absence of a row says nothing before that:
 * the COMMIT may still be under way. pg_xact_status is not asked: after a crash the number may be another's.
 */
export async function resolveCommit(lost: Target, doubt: InDoubt, how: Reopening): Promise<Resolution> {
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

/** Polls the lock: who waits in it cannot be told to stop at the deadline without another connection. */
async function lookUnderLock(
  { session, tables }: Target,
  { run_id, step, doubt }: InDoubt,
  { options, world, until_ms }: Reopening,
): Promise<"committed" | "not-committed" | keyof typeof REASONS> {
  const { migration } = step.planned;
  const key = stepLockKey(options.history_schema);
  const look: readonly Message[] = [
    { text: BEGIN },
    { text: `SELECT pg_catalog.pg_try_advisory_xact_lock('${key}'::pg_catalog.int8)` },
    committedQuery(tables, run_id, migration.version, doubt.action),
    { text: "ROLLBACK" },
  ];
  for (let pause_ms = POLL_MS; ; pause_ms = Math.min(LONGEST_POLL_MS, pause_ms * 2)) {
    const [, granted, row] = await sendLast(session, world, look);
    if (granted?.kind === "lost" || row?.kind === "lost") return "lost";
    if (granted?.kind !== "done" || row?.kind !== "done") return "refused";
    if (granted.results[0]?.rows[0]?.[0] === "t") {
      return row.results[0]?.rows[0]?.[0] === "t" ? "committed" : "not-committed";
    }
    const left_ms = until_ms - world.clock.monotonic_ms();
    if (left_ms <= 0 || world.interrupt.aborted) return "held";
    await world.sleep(Math.min(left_ms, pause_ms), world.interrupt);
  }
}
