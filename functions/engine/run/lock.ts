import { applicationName } from "../application_name.ts";
import { fault, MigrationFault } from "../errors.ts";
import type { History } from "../history.ts";
import { iso } from "../registry/read.ts";
import type { Shape } from "../registry/shape.ts";
import type { Message, World } from "../seam.ts";
import { isAdvisoryLock } from "./lock_keys.ts";
import { lookMessages, readLook, resultsOf, type Target } from "./target.ts";

export interface LockWait {
  readonly history_schema: string;
  /** How long to wait for another run, in milliseconds. */
  readonly lock_wait_ms: number;
}

export interface Waiting {
  /** On the monotonic clock. */
  readonly deadline_ms: number;
  readonly run_id: string;
  /** Whether to wait no longer, with the tables as they are now; null: never. */
  readonly leave: ((shape: Shape) => Promise<boolean>) | null;
}

const FIRST_POLL_MS = 50;
const LONGEST_POLL_MS = 1_000;

/**
 * Takes the run lock and reads the history under it. The lock is polled: who waits in `pg_advisory_lock`
 * holds a snapshot, and a CREATE INDEX CONCURRENTLY of the holder would wait for that for ever. The look
 * travels with each try and counts only when the lock was granted before it. Throws `other-run` when the time is
 * over, or the run's deadline has come, naming the holder. null where `leave` says so between two tries.
 */
export async function lockAndLook(
  target: Target,
  wait: LockWait,
  world: World,
  { deadline_ms, run_id, leave }: Waiting,
): Promise<{ readonly shape: Shape; readonly history: History } | null> {
  const { session, accepts_foreign } = target;
  const looking = { history_schema: wait.history_schema, accepts_foreign };
  const tryLock: Message = {
    text: "SELECT pg_catalog.pg_try_advisory_lock($1::pg_catalog.int8)",
    values: [String(target.run_lock_key)],
  };
  const began_ms = world.clock.monotonic_ms();
  const longest_ms = Math.min(wait.lock_wait_ms, deadline_ms - began_ms);
  let shape = target.shape;
  let locked = false;
  let polls = 0;
  for (let poll_ms = FIRST_POLL_MS; ; poll_ms = Math.min(LONGEST_POLL_MS, poll_ms * 2)) {
    // Only the first try brings a look along: a long history is not to be read at every poll.
    const look = locked || polls === 0 ? lookMessages(target, shape, wait.history_schema) : [];
    const answers = await session.send(locked ? look : [tryLock, ...look]);
    polls += 1;
    locked ||= resultsOf(answers[0], "Taking the run lock")[0]?.rows[0]?.[0] === "t";
    if (locked) {
      if (look.length === 0) continue;
      const read = readLook(answers.slice(-look.length), shape, looking);
      if (read.history !== null) return { shape: read.shape, history: read.history };
      shape = read.shape;
      continue;
    }
    const waited_ms = world.clock.monotonic_ms() - began_ms;
    // The holder may have made the tables meanwhile, and its row in them tells most.
    if (shape.kind !== "ours") {
      const now = await session.send(lookMessages(target, shape, wait.history_schema));
      shape = readLook(now, shape, looking).shape;
    }
    if (leave !== null && (await leave(shape))) return null;
    const { holder, same_run, stranger } = await lockHolder(target, shape, run_id);
    if (world.interrupt.aborted)
      throw new MigrationFault(fault("interrupted", "Interrupted while waiting for another run."));
    if (waited_ms >= longest_ms) {
      throw new MigrationFault(
        same_run
          ? fault("run-in-progress", `The same run is about to begin: ${holder}.`)
          : fault("other-run", `Another run holds the lock: ${holder}.`, { detail: stranger }),
      );
    }
    world.emit({ type: "waiting-for-lock", holder, waited_ms });
    const pause_ms = Math.min(poll_ms * (0.5 + world.random() / 2), longest_ms - waited_ms);
    await world.sleep(pause_ms, world.interrupt);
  }
}

/** Who holds the run lock. */
interface LockHolder {
  /** In words: run id, since when, and whether its backend lives. */
  readonly holder: string;
  /** A session of this very run id, that has written no row yet. */
  readonly same_run: boolean;
  /** What a session that is no run of ours calls itself: its own words, which logs must not hold. */
  readonly stranger: string | null;
}

async function lockHolder(target: Target, shape: Shape, run_id: string): Promise<LockHolder> {
  const recorded =
    shape.kind === "ours"
      ? `(SELECT pg_catalog.concat(r.run_id, ', since ', ${iso("r.started_at")}) FROM ${target.tables.runs} r
          WHERE r.holder_pid OPERATOR(pg_catalog.=) l.pid AND r.finished_at IS NULL ORDER BY r.started_at DESC LIMIT 1)`
      : "NULL";
  const [answer] = await target.session.send([
    {
      text: `SELECT l.pid, ${recorded}, a.application_name
        FROM pg_catalog.pg_lock_status() l LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid OPERATOR(pg_catalog.=) l.pid
        WHERE ${isAdvisoryLock(target.run_lock_key)} AND l.granted`,
    },
  ]);
  const row = resultsOf(answer, "Looking for the lock's holder")[0]?.rows[0];
  if (row === undefined) return { holder: "it ended a moment ago", same_run: false, stranger: null };
  const [pid, recorded_run, application] = row;
  const session = /^paws-migrate\/([A-Za-z0-9._:~-]+)$/.exec(application ?? "")?.[1] ?? null;
  const run = recorded_run ?? session;
  const named = application !== null && application !== "" && run === null;
  return {
    holder: `${run === null ? "of unknown name" : `run ${run}`}, its backend ${pid} lives`,
    same_run: application === applicationName(run_id),
    stranger: named ? `The session that holds it calls itself ${application}.` : null,
  };
}
