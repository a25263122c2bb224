import { isAdvisoryLock } from "../run/lock_keys.ts";
import { ALL_ROWS, type Message, type Result } from "../seam.ts";
import { iso } from "./read.ts";
import { keepsReports, type Shape } from "./shape.ts";
import type { QualifiedTables } from "./tables.ts";
import { CHANGING, type EventAction } from "./write.ts";

/** What is recorded under a run id, for who comes with the same id again. */
export interface Recalled {
  readonly run_id: string;
  readonly command: string;
  readonly status: string;
  readonly finished: boolean;
  readonly request_hash: string;
  /** As `storedPlan` made it, or as an older release did. */
  readonly plan: unknown;
  readonly plan_digest: string | null;
  readonly bundle_digest: string;
  readonly bundle_source: string;
  readonly attempt: number;
  readonly stalled: boolean;
  readonly started_at: string;
  readonly finished_at: string | null;
  readonly duration_ms: number | null;
  readonly error: unknown;
  /** null where none was stored. */
  readonly report: unknown;
  /** The backend that began its last attempt. */
  readonly holder_pid: number | null;
  /** That backend holds the run lock. */
  readonly held: boolean;
  /** Another run has changed the history since this one was claimed. */
  readonly moved_on: boolean;
}

/** One row, or none, of one JSON text. */
export function recallQuery(t: QualifiedTables, shape: Shape, runLock: bigint, runId: string): Message {
  const kept = keepsReports(shape);
  // Where the row does not say behind which event it was claimed, the server's clock does.
  const before = `(SELECT pg_catalog.max(b.event_id) FROM ${t.events} b WHERE b.finished_at OPERATOR(pg_catalog.<) r.started_at)`;
  return {
    text: `SELECT pg_catalog.jsonb_build_object('run_id', r.run_id, 'command', r.command, 'status', r.status,
        'finished', r.finished_at IS NOT NULL, 'request_hash', r.request_hash, 'plan', r.plan,
        'bundle_digest', r.bundle_digest, 'bundle_source', r.bundle_source, 'attempt', r.attempt,
        'started_at', ${iso("r.started_at")}, 'finished_at', ${iso("r.finished_at")}, 'duration_ms', r.duration_ms,
        'error', r.error, 'holder_pid', r.holder_pid, 'plan_digest', ${kept ? "r.plan_digest" : "NULL"},
        'stalled', ${kept ? "r.stalled" : "false"}, 'report', ${kept ? "r.report" : "NULL"},
        'held', EXISTS (SELECT FROM pg_catalog.pg_lock_status() l
          LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid OPERATOR(pg_catalog.=) l.pid
          WHERE l.pid OPERATOR(pg_catalog.=) r.holder_pid AND l.granted AND ${isAdvisoryLock(runLock)}
            AND (a.backend_start IS NULL OR a.backend_start OPERATOR(pg_catalog.=) r.holder_started_at)),
        'moved_on', EXISTS (SELECT FROM ${t.events} e WHERE e.run_id OPERATOR(pg_catalog.<>) r.run_id AND e.success
          AND e.action OPERATOR(pg_catalog.=) ANY ('{${CHANGING.join()},repeat}'::pg_catalog.text[])
          AND e.event_id OPERATOR(pg_catalog.>) coalesce(${kept ? "r.after_event, " : ""}${before}, 0)))
      FROM ${t.runs} r WHERE r.run_id OPERATOR(pg_catalog.=) $1::pg_catalog.text`,
    values: [runId],
  };
}

export const toRecalled = (result: Result | undefined): Recalled | null =>
  JSON.parse(result?.rows[0]?.[0] ?? "null") as Recalled | null;

/** A step, or the verification behind it, that a run has committed. */
export interface CommittedStep {
  readonly version: string | null;
  readonly name: string;
  readonly action: EventAction;
  readonly duration_ms: number | null;
  readonly lock_wait_ms: number | null;
  readonly lock_held_ms: number | null;
  readonly tries: number | null;
  readonly statements: number | null;
  readonly checks: unknown;
  readonly blockers: unknown;
}

/** What the attempts of a run have committed, in order: each event was written in its step's own transaction. */
export const committedByQuery = (t: QualifiedTables, shape: Shape, runId: string): Message => ({
  text: `SELECT pg_catalog.jsonb_build_object('version', version::pg_catalog.text, 'name', name, 'action', action,
      'duration_ms', duration_ms, 'lock_wait_ms', lock_wait_ms, 'lock_held_ms', lock_held_ms, 'tries', tries,
      'statements', statements, 'checks', checks, 'blockers', ${shape.kind === "ours" && shape.format > 1 ? "blockers" : "NULL"})
    FROM ${t.events} WHERE run_id OPERATOR(pg_catalog.=) $1::pg_catalog.text AND success ORDER BY event_id`,
  values: [runId],
  rows_kept: ALL_ROWS,
});

export const toCommitted = (result: Result | undefined): readonly CommittedStep[] =>
  (result?.rows ?? []).map(([row]) => JSON.parse(row ?? "{}") as CommittedStep);
