/** What the engine asks of the world. Implemented in `io/`; nothing here knows `pg`, a clock or a disk. */
import type { Bundle } from "./bundle/bundle.ts";

/** One protocol message. With `values` it is one parameterized statement; without, one or more statements. */
export interface Message {
  readonly text: string;
  readonly values?: readonly (string | null)[];
  /** How many rows of each result to keep, by statement in order; without it the session's own cap. */
  readonly rows_kept?: readonly RowsKept[];
  /**
   * What its one COPY ... FROM stdin is given, in pieces of any length; may be run through again. A message without it
   * that asks for rows fails.
   */
  readonly copy?: Iterable<string>;
}

/** So many statements, and how many rows of each of them are kept. */
export interface RowsKept {
  readonly statements: number;
  readonly rows: number;
  /**
   * UTF-16 units kept of all their rows together: a row past it is not kept, and long fields are cut. Without
   * it there is no limit.
   */
  readonly text?: number;
}

/** All rows of the only statement. */
export const ALL_ROWS: readonly RowsKept[] = [{ statements: 1, rows: Number.POSITIVE_INFINITY }];

export interface Column {
  readonly name: string;
  /** pg_type oid: 16 is boolean, whose text form is `t` or `f`. */
  readonly type_oid: number;
}

/** What one statement of a message returned. `rows` is capped; `row_count` is the true number. */
export interface Result {
  /** The command tag without its counts: `COMMIT`, `INSERT`, `CREATE TABLE`. */
  readonly tag: string;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly (string | null)[])[];
  readonly row_count: number;
}

/** An ErrorResponse of the server. Positions count code points of the message's text, from 1. */
export interface ServerError {
  readonly sqlstate: string;
  readonly severity: string;
  readonly message: string;
  readonly detail: string | null;
  readonly hint: string | null;
  readonly position: number | null;
  readonly internal_position: number | null;
  readonly internal_query: string | null;
  readonly where: string | null;
}

/**
 * The answer to one message. `at_ms` is the clock when it was complete. An error's `results` are those of
 * the statements before the failing one, so `results.length` is its index within the message. `lost` means
 * the connection ended before the answer came: whether the message took effect is not known.
 */
export type Answer =
  | { readonly kind: "done"; readonly results: readonly Result[]; readonly at_ms: number }
  | {
      readonly kind: "error";
      readonly error: ServerError;
      readonly results: readonly Result[];
      readonly at_ms: number;
    }
  | { readonly kind: "lost"; readonly reason: string; readonly at_ms: number };

/** One connection to one server, which holds the run lock. */
export interface Session {
  /** The backend's pid as the connection handshake told it (BackendKeyData). */
  readonly backend_pid: number;
  /** Startup parameters the server did not know, and that were dropped. */
  readonly dropped_parameters: readonly string[];
  /** Which version of the credentials opened it (a secret's VersionId); null where they have none. */
  readonly credential_version: string | null;
  /**
   * Writes all messages in one flush, then waits; behind a message with `copy` the next are written when that is
   * answered. One answer per message, in order; it never rejects. `answered`
   * is called with each as it comes.
   */
  send(messages: readonly Message[], answered?: (answer: Answer) => void): Promise<readonly Answer[]>;
  /** Sends a CancelRequest on a connection of its own and waits until the server has taken it. */
  cancel(): Promise<void>;
  /** Ends the connection politely; after `lost`, does nothing. */
  close(): Promise<void>;
  /** Drops the connection at once; every open answer becomes `lost`. */
  destroy(): void;
}

/** Monotonic milliseconds for durations, wall-clock time for records. */
export interface Clock {
  monotonic_ms(): number;
  now(): Date;
}

/**
 * A session that stood in the way of a lock: who it is and for how long, never what it runs. What the server
 * hides from a login without pg_read_all_stats is null, and `hidden` says so.
 */
export interface Blocker {
  /** 0 for a prepared transaction, which has no process. */
  readonly pid: number;
  readonly user: string | null;
  readonly application: string | null;
  /** null for a local socket, and for the server's own processes. */
  readonly client_address: string | null;
  readonly backend_type: string | null;
  /** `active`, `idle in transaction`, ... */
  readonly state: string | null;
  readonly transaction_age_ms: number | null;
  /** How many transactions its snapshot is old; told of hidden sessions too. null without a snapshot. */
  readonly snapshot_age: number | null;
  readonly hidden: boolean;
  /** An autovacuum that does not give way. */
  readonly to_prevent_wraparound: boolean;
}

/** How far a statement is. */
export interface Progress {
  /** Of the server's own words: `building index: scanning table`, `scanning heap`, `COPY FROM`. */
  readonly phase: string;
  /** 0 to 100 within the phase; null where the server tells no whole. */
  readonly percent: number | null;
}

/** What happens during a run, for a live line, a log or a metric. */
export type RunEvent =
  | { readonly type: "connected"; readonly server_version: string; readonly database: string }
  | { readonly type: "waiting-for-lock"; readonly holder: string; readonly waited_ms: number }
  /** The connection was lost; the run connects again to learn and to record what came of it. */
  | { readonly type: "reconnecting"; readonly run_id: string; readonly reason: string }
  | {
      readonly type: "planned";
      readonly run_id: string;
      readonly steps: readonly {
        readonly label: string;
        readonly name: string;
        readonly direction: string;
      }[];
    }
  | {
      readonly type: "step-started";
      readonly label: string;
      readonly name: string;
      readonly direction: string;
    }
  | {
      readonly type: "step-retried";
      readonly label: string;
      readonly name: string;
      readonly sqlstate: string;
      readonly tries: number;
      readonly again_in_ms: number;
      /** Who was seen in the way of this try. */
      readonly blockers: readonly Blocker[];
    }
  | ({
      readonly type: "progress";
      readonly label: string;
      readonly name: string;
      readonly direction: string;
      /** Which of the step's statements, from 1; null where several travel together. */
      readonly statement: number | null;
    } & Progress)
  | {
      /** A statement that runs outside of a transaction does not start behind these. */
      readonly type: "waiting-for-transactions";
      readonly label: string;
      readonly holders: readonly Holder[];
      readonly waited_ms: number;
    }
  | {
      readonly type: "step-finished";
      readonly label: string;
      readonly name: string;
      readonly direction: string;
      readonly status: "done" | "failed";
      readonly duration_ms: number;
      readonly checks: number;
    }
  | { readonly type: "notice"; readonly severity: string; readonly message: string };

/** A transaction of somebody else's that a CONCURRENTLY statement would wait for. */
export interface Holder {
  /** null for a prepared transaction. */
  readonly pid: number | null;
  /** application_name, or a prepared transaction's gid; null where it has none. */
  readonly application: string | null;
  /** null where the server hides it. */
  readonly age_ms: number | null;
  /** The server hides what it does from this role. */
  readonly hidden: boolean;
}

/** Everything a run is handed, so that a test can hand it something else. */
export interface World {
  /** Where `connect` connects to, for reports. */
  readonly target: { readonly host: string; readonly port: number; readonly database: string };
  /** Opens a session for `run_id`. Throws a MigrationFault (unreachable, wrong-password, ...). */
  connect(run_id: string): Promise<Session>;
  readonly clock: Clock;
  /** Resolves after `ms`, or at once when `signal` aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** A number in [0, 1), for jitter. */
  random(): number;
  /** A new run id, ordered by time. */
  new_run_id(): string;
  /** Letters and digits that nobody can guess, for a savepoint's name. */
  nonce(): string;
  emit(event: RunEvent): void;
  /** Aborted when the caller wants the run to stop; `reason` is `"SIGINT"` or `"SIGTERM"`. */
  readonly interrupt: AbortSignal;
}

/** Where a run's bundle comes from. It is read only when the run is known to need it. */
export interface BundleSource {
  /**
   * What the caller asked for, unresolved, as plain JSON: it belongs to the request, so the same run id with another
   * bundle is another request. null where the files are named by the machine (a folder).
   */
  readonly reference: unknown;
  /**
   * Reads and checks the whole bundle. `recorded` is the `bundle_source` that an earlier attempt of the same run
   * recorded, so that `latest` is not resolved twice; null for a new run. Throws a MigrationFault.
   */
  read(recorded: string | null): Promise<Bundle>;
}
