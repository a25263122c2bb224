import type { Bundle } from "#engine/bundle/bundle.ts";
import { readBundle } from "#engine/bundle/bundle.ts";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import type { ChangeReport } from "#engine/report.ts";
import type { ChangeRequest, RunOptions } from "#engine/request.ts";
import { runChange } from "#engine/run/change.ts";
import type { RunEvent, World } from "#engine/seam.ts";
import { type ConnectionSettings, connect } from "#io/connect.ts";
import { systemWorld } from "#io/system.ts";
import type { TestDatabase } from "./database.ts";
import { firstConnection } from "./first_connection.ts";

/** A bundle from texts by path: what a folder would give. */
export function bundleOf(files: Readonly<Record<string, string | Uint8Array>>, name = "suite"): Bundle {
  const sources = Object.entries(files).map(([path, text]) => ({ path, bytes: Buffer.from(text) }));
  return readBundle(sources, { name, path: `/bundles/${name}` });
}

export const runOptions = (more: Partial<RunOptions> = {}): RunOptions => ({
  run_id: null,
  requested_by: "a test",
  reason: null,
  request_id: null,
  history_schema: "public",
  lock_wait_ms: 30_000,
  run_wait_ms: 0,
  retry_for_ms: 10_000,
  max_lock_hold_ms: null,
  timeout_ms: null,
  silence_ms: 10_000,
  role: null,
  strict: false,
  allow_session_pooler: false,
  expected_plan: null,
  placeholders: new Map(),
  counted: null,
  ...more,
});

export function settingsFor(db: TestDatabase, more: Partial<ConnectionSettings> = {}): ConnectionSettings {
  const { host, port, user, password, database } = db.config;
  return {
    host: host ?? "127.0.0.1",
    port: port ?? 5432,
    user: user ?? "postgres",
    database: database ?? "postgres",
    password: async () => String(password),
    sslmode: "disable",
    ca: null,
    statement_timeout_ms: 0,
    allow_session_pooler: false,
    ...more,
  };
}

export interface TestWorld extends World {
  readonly events: RunEvent[];
  /** Aborts `interrupt`, as Ctrl-C does. */
  stop(): void;
}

/** The real world against a test's database, with the events kept. */
export function worldFor(db: TestDatabase, more: Partial<ConnectionSettings> = {}): TestWorld {
  const settings = settingsFor(db, more);
  const events: RunEvent[] = [];
  const emit = (event: RunEvent): void => {
    events.push(event);
  };
  const controller = new AbortController();
  return {
    ...systemWorld,
    target: { host: settings.host, port: settings.port, database: settings.database },
    connect: firstConnection((runId) => connect(settings, runId, emit)),
    emit,
    interrupt: controller.signal,
    events,
    stop: () => controller.abort("SIGINT"),
  };
}

export const UP: ChangeRequest = { command: "up", target: { to: "latest" }, allow_out_of_order: false };

export const rollback = (steps: number): ChangeRequest => ({
  command: "rollback",
  target: { remove: "steps", steps },
  verify: "last",
});

/** Applies (or what else is requested) a bundle to a test's database with everything else by default. */
export function run(
  db: TestDatabase,
  bundle: Bundle,
  request: ChangeRequest = UP,
  more: Partial<RunOptions> = {},
): Promise<ChangeReport> {
  return runChange(request, loadedSource(bundle), runOptions(more), worldFor(db));
}
