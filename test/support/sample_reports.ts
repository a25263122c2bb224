import type { ErrorCode } from "#engine/error_codes.ts";
import { type Fault, fault } from "#engine/errors.ts";
import type { RecordedEvent, RecordedRun } from "#engine/registry/read.ts";
import type { ListedMigration, ReportHead, StepReport } from "#engine/report.ts";
import type { Blocker } from "#engine/seam.ts";

/** Reports as runs give them, for what shows or describes them. Times and ids are fixed. */
export const RUN_ID = "0192f3a1-7c4e-7a52-9d10-3b8f6f0c2e11";

const DIGEST = "3f9c0b7a5d1e2f4c8b6a90d7e1c3f5a2b4d6e8f0a1c3e5d7f9b0a2c4e6d8f1b3";

/** The head of a report on PAWS360: connected, 210 ms, nothing done. */
export function sampleHead(more: Partial<ReportHead> = {}): ReportHead {
  return {
    run_id: RUN_ID,
    status: "ok",
    bundle: {
      name: "paws360",
      version: "1.0.0",
      digest: DIGEST,
      source: "migrations/paws360",
      migrations: 7,
    },
    target: { host: "localhost", port: 5432, database: "paws360", server_version: "18.1" },
    current_version: null,
    steps: [],
    refusals: [],
    warnings: [],
    error: null,
    started_at: "2025-07-13T12:00:00.000Z",
    finished_at: "2025-07-13T12:00:00.210Z",
    duration_ms: 210.4,
    ...more,
  };
}

/** Of a run that was begun once and came to its end. */
export const SAMPLE_ATTEMPT = { replayed: false, recovered: false, attempt: 1 } as const;

/** A step of `up` that was done in 41 ms. */
export function sampleStep(label: string, name: string, more: Partial<StepReport> = {}): StepReport {
  return {
    version: String(Number(label)),
    label,
    name,
    direction: "up",
    status: "done",
    duration_ms: 41.3,
    lock_wait_ms: 0,
    lock_held_ms: 3.1,
    statements: 4,
    tries: 1,
    checks: [],
    results: [],
    blockers: [],
    error: null,
    ...more,
  };
}

/** A step of a repeatable migration. */
export const sampleRepeat = (name: string, more: Partial<StepReport> = {}): StepReport =>
  sampleStep("", name, { version: null, direction: "repeat", ...more });

/** A step that nobody came to. */
export const stepNotRun = (label: string, name: string): StepReport =>
  sampleStep(label, name, {
    status: "not_run",
    duration_ms: null,
    lock_wait_ms: null,
    lock_held_ms: null,
    tries: 0,
  });

/** A session that holds what a step needs. */
export const sampleBlocker = (more: Partial<Blocker> = {}): Blocker => ({
  pid: 4711,
  user: "alice",
  application: null,
  client_address: null,
  backend_type: "client backend",
  state: "active",
  transaction_age_ms: 5_100,
  snapshot_age: 3,
  hidden: false,
  to_prevent_wraparound: false,
  ...more,
});

/** Checks that pass, numbered from 1. */
export const passes = (count: number): StepReport["checks"] =>
  Array.from({ length: count }, (_, i) => ({ name: `check ${i + 1}`, status: "pass", details: null }));

/** A fault of a file's line, as the server's error on a statement. */
export function sampleFault(code: ErrorCode, message: string, more: Partial<Fault> = {}): Fault {
  return fault(code, message, more);
}

export const sampleMigration = (
  label: string,
  name: string,
  applied_at: string | null = null,
  duration_ms: number | null = null,
  origin: string | null = null,
): ListedMigration => ({
  version: String(Number(label)),
  label,
  name,
  applied_at,
  duration_ms,
  origin,
  applied_by: null,
});

export function sampleRun(more: Partial<RecordedRun> = {}): RecordedRun {
  return {
    run_id: RUN_ID,
    command: "up",
    status: "ok",
    requested_by: "alice",
    reason: null,
    bundle: "paws360",
    bundle_version: "1.0.0",
    bundle_digest: DIGEST,
    started_at: "2025-07-13T12:00:00.000Z",
    finished_at: "2025-07-13T12:00:00.210Z",
    duration_ms: 210.4,
    error: null,
    attempt: 1,
    alive: null,
    ...more,
  };
}

export function sampleEvent(more: Partial<RecordedEvent> = {}): RecordedEvent {
  return {
    version: "1",
    label: "001",
    name: "initial_schema",
    action: "apply",
    success: true,
    started_at: "2025-07-13T12:00:00.000Z",
    finished_at: "2025-07-13T12:00:00.041Z",
    duration_ms: 41.3,
    tries: 1,
    statements: 4,
    rows: 0,
    sqlstate: null,
    error: null,
    checks: [],
    timings: [],
    blockers: null,
    ...more,
  };
}
