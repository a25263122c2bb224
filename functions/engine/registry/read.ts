import type { AppliedRow, History } from "../history.ts";
import { isAdvisoryLock } from "../run/lock_keys.ts";
import { ALL_ROWS, type Message, type Result } from "../seam.ts";
import { toLastEvents, toRepeatables } from "./repeatables.ts";
import { keepsOrigins, keepsReports, type Shape } from "./shape.ts";
import { toStatements } from "./statements.ts";
import { KEY_OF_EVENT } from "./step_key.ts";
import type { QualifiedTables } from "./tables.ts";
import { CHANGING, type EventAction } from "./write.ts";

/** ISO 8601 in UTC, whatever the session's DateStyle and TimeZone. */
export const iso = (column: string) =>
  `pg_catalog.to_char(pg_catalog.timezone('UTC', ${column}), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** All applied rows; the seed's table has only its own columns. */
export function historyQuery(t: QualifiedTables, shape: Shape): Message {
  const ours = shape.kind === "ours";
  const own = ours
    ? "label, rollback_checksum, bundle, applied_seq, run_id, duration_ms, state, checksum_raw"
    : "NULL, NULL, NULL, pg_catalog.row_number() OVER (ORDER BY applied_at NULLS FIRST, version), NULL, NULL, 'applied', NULL";
  const origin = keepsOrigins(shape) ? "origin, applied_by" : "NULL, NULL";
  return {
    text: `SELECT version, name, checksum, ${iso("applied_at")}, ${own}, ${origin} FROM ${t.history} ORDER BY version`,
    rows_kept: ALL_ROWS,
  };
}

/** The history from its rows and, where the tables hold them, its statements and repeatable migrations. */
export const toHistory = (
  rows: Result | undefined,
  statements: Result | undefined,
  repeatables: Result | undefined,
  events: Result | undefined,
): History => ({
  rows: (rows?.rows ?? []).map(toAppliedRow),
  repeatables: toRepeatables(repeatables),
  last_events: toLastEvents(events),
  statements: toStatements(statements),
});

function toAppliedRow(row: readonly (string | null)[]): AppliedRow {
  const [
    version,
    name,
    checksum,
    applied_at,
    label,
    rollback_checksum,
    bundle,
    seq,
    run_id,
    duration,
    state,
    checksum_raw,
    origin,
    applied_by,
  ] = row;
  return {
    version: BigInt(version ?? 0),
    name: name ?? "",
    checksum: checksum ?? null,
    applied_at: applied_at ?? null,
    label: label ?? null,
    rollback_checksum: rollback_checksum ?? null,
    bundle: bundle ?? null,
    applied_seq: BigInt(seq ?? 0),
    run_id: run_id ?? null,
    duration_ms: duration === null || duration === undefined ? null : Number(duration),
    state: state === "applied_unverified" ? state : "applied",
    checksum_raw: checksum_raw ?? null,
    origin: origin ?? null,
    applied_by: applied_by ?? null,
  };
}

/** How many rows the history has, and the version applied last; null where there is none. */
export const endOfHistoryQuery = (t: QualifiedTables): Message => ({
  text: `SELECT pg_catalog.count(*), (SELECT version FROM ${t.history} ORDER BY applied_seq DESC LIMIT 1) FROM ${t.history}`,
});

/** Of how many versions this run has committed a change, and whether another run has committed one since. */
export const changesSinceQuery = (t: QualifiedTables, runId: string): Message => ({
  text: `SELECT pg_catalog.count(DISTINCT e.version), EXISTS (SELECT FROM ${t.events} o
      WHERE o.run_id OPERATOR(pg_catalog.<>) $1::pg_catalog.text AND o.success
        AND o.action OPERATOR(pg_catalog.=) ANY ('{${CHANGING.join()}}'::pg_catalog.text[])
        AND o.event_id OPERATOR(pg_catalog.>) pg_catalog.max(e.event_id))
    FROM ${t.events} e WHERE e.run_id OPERATOR(pg_catalog.=) $1::pg_catalog.text AND e.success
      AND e.action OPERATOR(pg_catalog.=) ANY ('{apply,rollback}'::pg_catalog.text[])`,
  values: [runId],
});

/** The longest time that one direction of a migration took, in milliseconds, script and verification. */
export interface RecordedDuration {
  /** The migration's `stepKey`. */
  readonly key: string;
  readonly direction: "up" | "down" | "repeat";
  readonly ms: number;
}

export const recordedDurationsQuery = (t: QualifiedTables): Message => ({
  text: `SELECT ${KEY_OF_EVENT}, action, pg_catalog.max(duration_ms) FROM ${t.events}
    WHERE success AND action OPERATOR(pg_catalog.=) ANY ('{apply,rollback,repeat}'::pg_catalog.text[]) GROUP BY 1, 2`,
  rows_kept: ALL_ROWS,
});

export const toRecordedDurations = (result: Result | undefined): readonly RecordedDuration[] =>
  (result?.rows ?? []).map(([key, action, ms]) => ({
    key: key ?? "",
    direction: action === "rollback" ? "down" : action === "repeat" ? "repeat" : "up",
    ms: Number(ms),
  }));

/**
 * Whether a run's step was committed: its event, written in the step's own transaction, unlike the history's row
 * stays when a later run rolls the migration back. One boolean.
 */
export const committedQuery = (
  t: QualifiedTables,
  runId: string,
  key: string,
  action: EventAction,
): Message => ({
  text: `SELECT EXISTS (SELECT FROM ${t.events} WHERE run_id OPERATOR(pg_catalog.=) $1::pg_catalog.text
    AND ${KEY_OF_EVENT} OPERATOR(pg_catalog.=) $2::pg_catalog.text AND action OPERATOR(pg_catalog.=) $3::pg_catalog.text AND success)`,
  values: [runId, key, action],
});

/** Key and action of all that a run's steps have committed. */
export const committedStepsQuery = (t: QualifiedTables, runId: string): Message => ({
  text: `SELECT ${KEY_OF_EVENT}, action FROM ${t.events} WHERE run_id OPERATOR(pg_catalog.=) $1::pg_catalog.text AND success`,
  values: [runId],
  rows_kept: ALL_ROWS,
});

/** One recorded run, as `status` and `runs` show it. */
export interface RecordedRun {
  readonly run_id: string;
  readonly command: string;
  readonly status: string;
  readonly requested_by: string | null;
  readonly reason: string | null;
  readonly bundle: string;
  readonly bundle_version: string | null;
  readonly bundle_digest: string;
  readonly started_at: string;
  readonly finished_at: string | null;
  readonly duration_ms: number | null;
  readonly error: unknown;
  /** How often it was begun. */
  readonly attempt: number;
  /** Whether the backend that held the lock still lives; null for a finished run. */
  readonly alive: boolean | null;
}

/** A run is alive while its backend holds the run lock; pg_stat_activity would hide that from a plain login. */
const runColumns = (
  runLock: bigint,
) => `r.run_id, r.command, r.status, r.requested_by, r.reason, r.bundle, r.bundle_version,
  r.bundle_digest, ${iso("r.started_at")}, ${iso("r.finished_at")}, r.duration_ms, r.error, r.attempt,
  CASE WHEN r.finished_at IS NULL THEN EXISTS (SELECT FROM pg_catalog.pg_lock_status() l
    WHERE l.pid OPERATOR(pg_catalog.=) r.holder_pid AND ${isAdvisoryLock(runLock)}) END`;

/** The last runs, newest first; `which` narrows to those that run or failed since the last good one, to open ones, or to one id. */
export function runsQuery(
  t: QualifiedTables,
  runLock: bigint,
  which:
    | { readonly kind: "latest"; readonly limit: number }
    | { readonly kind: "one"; readonly run_id: string }
    | { readonly kind: "open" }
    | { readonly kind: "open-or-failed" },
): Message {
  const from = `SELECT ${runColumns(runLock)} FROM ${t.runs} r`;
  switch (which.kind) {
    case "latest":
      return {
        text: `${from} ORDER BY r.started_at DESC, r.run_id DESC LIMIT $1::pg_catalog.int4`,
        values: [String(which.limit)],
      };
    case "one":
      return {
        text: `${from} WHERE r.run_id OPERATOR(pg_catalog.=) $1::pg_catalog.text`,
        values: [which.run_id],
      };
    case "open":
      return {
        text: `${from} WHERE r.finished_at IS NULL ORDER BY r.started_at, r.run_id`,
        rows_kept: ALL_ROWS,
      };
    case "open-or-failed":
      return {
        text: `${from} WHERE r.finished_at IS NULL
          OR r.status OPERATOR(pg_catalog.<>) ALL ('{ok,refused,bad_input}'::pg_catalog.text[]) AND r.started_at
            OPERATOR(pg_catalog.>) coalesce((SELECT pg_catalog.max(o.started_at) FROM ${t.runs} o
              WHERE o.status OPERATOR(pg_catalog.=) 'ok' AND o.command OPERATOR(pg_catalog.<>) ALL ('{verify,mark,adopt,baseline,repair}'::pg_catalog.text[])), '-infinity')
          ORDER BY r.started_at DESC, r.run_id DESC LIMIT 20`,
      };
  }
}

export function toRun(row: readonly (string | null)[]): RecordedRun {
  const text = (i: number) => row[i] ?? null;
  return {
    run_id: text(0) ?? "",
    command: text(1) ?? "",
    status: text(2) ?? "",
    requested_by: text(3),
    reason: text(4),
    bundle: text(5) ?? "",
    bundle_version: text(6),
    bundle_digest: text(7) ?? "",
    started_at: text(8) ?? "",
    finished_at: text(9),
    duration_ms: text(10) === null ? null : Number(text(10)),
    error: text(11) === null ? null : JSON.parse(text(11) ?? "null"),
    attempt: Number(text(12)),
    alive: text(13) === null ? null : text(13) === "t",
  };
}

/** How far a run is, and what it told at its end; of a run that is asked for by its id. */
export interface RunProgress {
  /** As it was stored; null while it runs, and where an older release wrote the row. */
  readonly report: unknown;
  /** Planned steps that are committed. */
  readonly progress: { readonly done: number; readonly planned: number };
}

/** What is no list has no steps. */
const PLAN =
  "CASE WHEN pg_catalog.jsonb_typeof(r.plan) OPERATOR(pg_catalog.=) 'array' THEN r.plan ELSE '[]'::pg_catalog.jsonb END";

export const progressQuery = (t: QualifiedTables, shape: Shape, runId: string): Message => ({
  text: `SELECT ${keepsReports(shape) ? "r.report" : "NULL"}, pg_catalog.jsonb_array_length(${PLAN}),
    (SELECT pg_catalog.count(*) FROM pg_catalog.jsonb_array_elements(${PLAN}) AS p(step)
      WHERE EXISTS (SELECT FROM ${t.events} e WHERE e.run_id OPERATOR(pg_catalog.=) r.run_id AND e.success
        AND ${KEY_OF_EVENT} OPERATOR(pg_catalog.=) coalesce(p.step OPERATOR(pg_catalog.->>) 'version',
          pg_catalog.concat('R__', p.step OPERATOR(pg_catalog.->>) 'name'))
        AND e.action OPERATOR(pg_catalog.=) coalesce('{"up": "apply", "down": "rollback", "verify": "verify", "repeat": "repeat"}'::pg_catalog.jsonb
          OPERATOR(pg_catalog.->>) (p.step OPERATOR(pg_catalog.->>) 'direction'), r.command)))
    FROM ${t.runs} r WHERE r.run_id OPERATOR(pg_catalog.=) $1::pg_catalog.text`,
  values: [runId],
});

export function toProgress(result: Result | undefined): RunProgress {
  const [report, planned, done] = result?.rows[0] ?? [];
  return {
    report: JSON.parse(report ?? "null"),
    progress: { done: Number(done ?? 0), planned: Number(planned ?? 0) },
  };
}

/** What happened to each migration in one run. */
export interface RecordedEvent {
  /** null of a repeatable one, and its label is empty. */
  readonly version: string | null;
  /** The version as the file spells it. */
  readonly label: string;
  readonly name: string;
  readonly action: string;
  readonly success: boolean;
  readonly started_at: string | null;
  readonly finished_at: string;
  readonly duration_ms: number | null;
  readonly tries: number | null;
  readonly statements: number | null;
  readonly rows: number | null;
  readonly sqlstate: string | null;
  readonly error: unknown;
  readonly checks: unknown;
  readonly timings: unknown;
  readonly blockers: unknown;
}

export function eventsQuery(t: QualifiedTables, runId: string): Message {
  return {
    text: `SELECT pg_catalog.jsonb_build_object('version', version::pg_catalog.text, 'label', label, 'name', name, 'action', action,
        'success', success, 'started_at', ${iso("started_at")}, 'finished_at', ${iso("finished_at")},
        'duration_ms', duration_ms, 'tries', tries, 'statements', statements, 'rows', rows, 'sqlstate', sqlstate,
        'error', error, 'checks', checks, 'timings', timings, 'blockers', blockers)
      FROM ${t.events} WHERE run_id OPERATOR(pg_catalog.=) $1::pg_catalog.text ORDER BY event_id`,
    values: [runId],
    rows_kept: ALL_ROWS,
  };
}

export function toEvent(row: readonly (string | null)[]): RecordedEvent {
  const event = JSON.parse(row[0] ?? "{}") as RecordedEvent;
  return { ...event, timings: withProgress(event.timings) };
}

/** What the first releases recorded has none. */
const withProgress = (timings: unknown): unknown =>
  Array.isArray(timings) ? timings.map((timing: object) => ({ progress: null, ...timing })) : timings;
