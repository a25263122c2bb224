import { type Fault, fault } from "../errors.ts";
import type { FoundTables } from "../registry/shape.ts";
import { withRowSecurity } from "../registry/shape.ts";
import type { Answer, Message, Result } from "../seam.ts";

/** What is asked of a server before anything else. */
export interface ServerFacts {
  readonly in_recovery: boolean;
  /** Read-only by its own configuration or the database's; a role's default is overridden, not obeyed. */
  readonly read_only: boolean;
  readonly backend_pid: number;
  readonly version_num: number;
  readonly version: string;
  readonly encoding: string;
  /** Which cluster this is, a promoted standby being the same; null where the server does not tell. */
  readonly system_identifier: string | null;
  /**
   * How often a standby has taken over before this server became the primary, as eight hexadecimal digits; null
   * for a standby, or where the server does not tell.
   */
  readonly timeline: string | null;
  /** `synchronous_commit` is off: the server would answer a COMMIT before it is safe. */
  readonly lazy_commit: boolean;
}

/**
 * Transactions of ours that do not say so themselves: a role's default may be serializable, read-only or
 * deferrable, and would make a poll's look at the history stale, or wait.
 */
export const SESSION_CHARACTERISTICS: Message = {
  text: "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE, NOT DEFERRABLE",
};

export const factsQuery: Message = {
  text: `SELECT pg_catalog.pg_is_in_recovery(),
    EXISTS (SELECT FROM pg_catalog.pg_settings s WHERE s.name OPERATOR(pg_catalog.=) 'default_transaction_read_only'
      AND s.reset_val OPERATOR(pg_catalog.=) 'on')
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_db_role_setting d, pg_catalog.unnest(d.setconfig) AS c(setting)
        WHERE pg_catalog.starts_with(c.setting, 'default_transaction_read_only=')
          AND d.setrole OPERATOR(pg_catalog.=) (SELECT u.oid FROM pg_catalog.pg_roles u
            WHERE u.rolname OPERATOR(pg_catalog.=) session_user)
          AND (d.setdatabase OPERATOR(pg_catalog.=) 0 OR d.setdatabase OPERATOR(pg_catalog.=) (SELECT b.oid
            FROM pg_catalog.pg_database b WHERE b.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()))),
    pg_catalog.pg_backend_pid(), pg_catalog.current_setting('server_version_num'),
    pg_catalog.current_setting('server_version'), pg_catalog.current_setting('server_encoding'),
    pg_catalog.current_setting('synchronous_commit')`,
};

/** Asked by itself: where a login may not, its error must not take the other facts along. */
export const SYSTEM_QUERY: Message = {
  // The first eight digits of a WAL file's name are its timeline.
  text: `SELECT c.system_identifier, CASE WHEN NOT pg_catalog.pg_is_in_recovery()
    THEN pg_catalog."left"(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 8) END
    FROM pg_catalog.pg_control_system() c`,
};

export function toFacts(result: Result | undefined, system: Answer | undefined): ServerFacts {
  const [recovery, read_only, pid, version_num, version, encoding, synchronous_commit] =
    result?.rows[0] ?? [];
  const [system_identifier, timeline] = (system?.kind === "done" ? system.results[0]?.rows[0] : null) ?? [];
  return {
    in_recovery: recovery === "t",
    read_only: read_only === "t",
    backend_pid: Number(pid),
    version_num: Number(version_num),
    // Distributions append their package's name: `15.18 (Debian ...)`.
    version: (version ?? "").split(" ")[0] ?? "",
    encoding: encoding ?? "",
    system_identifier: system_identifier ?? null,
    timeline: timeline ?? null,
    lazy_commit: synchronous_commit === "off",
  };
}

const OLDEST_VERSION_NUM = 140000;

export interface PreflightOptions {
  /** The pid of the handshake. */
  readonly handshake_pid: number;
  readonly allow_session_pooler: boolean;
  /** The command writes to the database. */
  readonly writes: boolean;
}

/** Why this server must not be worked on, most telling first. */
export function preflightFaults(
  facts: ServerFacts,
  found: FoundTables,
  options: PreflightOptions,
): readonly Fault[] {
  const faults: Fault[] = [];
  if (facts.version_num < OLDEST_VERSION_NUM) {
    faults.push(fault("server-too-old", `The server is PostgreSQL ${facts.version}; 14 or newer is wanted.`));
  }
  if (facts.backend_pid !== options.handshake_pid && !options.allow_session_pooler) {
    const pids = `the handshake named backend ${options.handshake_pid}, the query ran on ${facts.backend_pid}`;
    faults.push(fault("pooler", `A connection pooler stands between this job and the server: ${pids}.`));
  }
  if (facts.in_recovery) faults.push(fault("standby", "The server is a standby: it is in recovery."));
  else if (options.writes && facts.read_only) faults.push(fault("read-only", "The database is read-only."));
  const hidden = withRowSecurity(found);
  if (hidden.length > 0) {
    faults.push(
      fault(
        "row-security",
        `Row-level security is on for ${hidden.join(", ")}: rows of the history may be hidden.`,
      ),
    );
  }
  return faults;
}
