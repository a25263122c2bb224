import type { Message, Result } from "../seam.ts";

/** What a server tells of itself that matters for a migration; null where it does not tell this login. */
export interface ServerState {
  /** Seconds since the last segment of WAL was archived; null where nothing is archived, or it is hidden. */
  readonly archived_s: number | null;
  /** Sessions that wait for a lock in this database. */
  readonly lock_waits: number;
  /** Oldest open transaction of others in this database, in seconds; prepared ones too. */
  readonly oldest_transaction_s: number | null;
  readonly oldest_transaction_pid: number | null;
  readonly prepared: number;
  /** Of this database, in bytes. */
  readonly database_bytes: number;
  /** The largest table or index, in bytes, as of its last VACUUM or ANALYZE: its true size would wait for its lock. */
  readonly largest_bytes: number;
  readonly replicas: number;
  /** The furthest behind, in seconds; null where nobody is. */
  readonly replica_lag_s: number | null;
  /** How far they are is hidden from this login. */
  readonly replicas_hidden: boolean;
  /** Bytes of WAL that the slot furthest behind holds back. */
  readonly slot_bytes: number;
  readonly idle_slots: number;
  /** Other sessions of this database are hidden from this login. */
  readonly hidden: boolean;
}

const seconds = (since: string): string =>
  `EXTRACT(epoch FROM pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) ${since})`;

/** One look, in one row of JSON. Nothing in it needs more than a plain login. */
export const SERVER_STATE_QUERY: Message = {
  text: `WITH others AS (SELECT a.pid, a.xact_start, a.backend_type IS NULL AS hidden
      FROM pg_catalog.pg_stat_activity a
      WHERE a.datname OPERATOR(pg_catalog.=) pg_catalog.current_database() AND a.pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid()),
    open AS (SELECT pid, xact_start FROM others WHERE xact_start IS NOT NULL
      UNION ALL SELECT 0, prepared FROM pg_catalog.pg_prepared_xacts
        WHERE database OPERATOR(pg_catalog.=) pg_catalog.current_database()),
    oldest AS (SELECT pid, ${seconds("xact_start")} AS age FROM open ORDER BY xact_start LIMIT 1)
  SELECT pg_catalog.jsonb_build_object(
    'archived_s', (SELECT ${seconds("last_archived_time")} FROM pg_catalog.pg_stat_archiver),
    'lock_waits', (SELECT pg_catalog.count(*) FROM pg_catalog.pg_locks l WHERE NOT l.granted
      AND l.pid OPERATOR(pg_catalog.=) ANY (SELECT pid FROM others)),
    'oldest_transaction_s', (SELECT age FROM oldest), 'oldest_transaction_pid', (SELECT pid FROM oldest),
    'prepared', (SELECT pg_catalog.count(*) FROM open WHERE pid OPERATOR(pg_catalog.=) 0),
    'database_bytes', pg_catalog.pg_database_size(pg_catalog.current_database()),
    'largest_bytes', (SELECT coalesce(pg_catalog.max(c.relpages::pg_catalog.int8), 0) FROM pg_catalog.pg_class c)
      OPERATOR(pg_catalog.*) pg_catalog.current_setting('block_size')::pg_catalog.int8,
    'replicas', (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_replication),
    'replica_lag_s', (SELECT pg_catalog.max(EXTRACT(epoch FROM replay_lag)) FROM pg_catalog.pg_stat_replication),
    'replicas_hidden', (SELECT coalesce(pg_catalog.bool_or(state IS NULL), false) FROM pg_catalog.pg_stat_replication),
    'slot_bytes', CASE WHEN pg_catalog.pg_is_in_recovery() THEN 0 ELSE (SELECT
      coalesce(pg_catalog.max(pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), restart_lsn)), 0)
      FROM pg_catalog.pg_replication_slots) END,
    'idle_slots', (SELECT pg_catalog.count(*) FROM pg_catalog.pg_replication_slots WHERE NOT active),
    'hidden', (SELECT coalesce(pg_catalog.bool_or(hidden), false) FROM others))`,
};

export const toServerState = (result: Result | undefined): ServerState =>
  JSON.parse(result?.rows[0]?.[0] ?? "{}") as ServerState;
