import type { ErrorCode } from "#engine/error_codes.ts";
import { runLockKey } from "#engine/run/lock_keys.ts";

/** What happens at run time to a statement that no reading has refused. */
export type AtRunTime =
  /** The step fails, and all of it is rolled back; `leaves` is what no rollback takes back, and SQL that does. */
  | {
      readonly kind: "caught";
      readonly code: ErrorCode;
      readonly sqlstate?: string;
      readonly leaves?: string;
    }
  /** It does what it says within the transaction, or nothing: there is nothing to catch. */
  | { readonly kind: "harmless"; readonly because: string }
  /** It acts outside of the transaction. `holds` says what is true all the same; `undo` takes it back. */
  | { readonly kind: "beyond"; readonly holds: string; readonly undo?: string };

/** A way out of the job's transaction, session or sight. */
export interface Escape {
  readonly sql: string;
  /** The code that refuses it when it is read; null where only the run can tell, for it is dynamic. */
  readonly plan: ErrorCode | null;
  readonly run: AtRunTime;
}

const caught = (code: ErrorCode, more: { sqlstate?: string; leaves?: string } = {}): AtRunTime => ({
  kind: "caught",
  code,
  ...more,
});
const harmless = (because: string): AtRunTime => ({ kind: "harmless", because });
const beyond = (holds: string, undo?: string): AtRunTime => ({
  kind: "beyond",
  holds,
  ...(undo === undefined ? {} : { undo }),
});

/** What both halves make first: a table, a procedure that commits, and a role to change to. */
export const BASE = `CREATE TABLE base (a int);
CREATE PROCEDURE commits() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO base VALUES (1); COMMIT; END $$;
CREATE PROCEDURE run_sql(sql text) LANGUAGE plpgsql AS $$ BEGIN EXECUTE sql; END $$;
CREATE TYPE mood AS ENUM ('fine')`;

/** `database` is where dblink connects to, `somebody` a role. Each runs behind `CREATE TABLE made (a int);`. */
export function escapes(database: string, somebody: string): readonly Escape[] {
  const left = { leaves: "DROP TABLE made" };
  const H = "public.schema_migrations";
  const row = (sql: string, plan: ErrorCode | null, run: AtRunTime): Escape => ({ sql, plan, run });
  const dblink = (sql: string) => `SELECT dblink_exec('${database}', $x$${sql}$x$)`;
  const other = "what ran on the other connection stays; history and step are one all the same";
  return [
    // The transaction.
    row("COMMIT", "transaction-control", caught("transaction-escaped", left)),
    row("END", "transaction-control", caught("transaction-escaped", left)),
    row("COMMIT; BEGIN; SELECT 1", "transaction-control", caught("transaction-escaped", left)),
    row("COMMIT AND CHAIN", "transaction-control", caught("transaction-escaped", left)),
    row("ROLLBACK", "transaction-control", caught("transaction-escaped")),
    row("ABORT", "transaction-control", caught("transaction-escaped")),
    row("ROLLBACK AND CHAIN", "transaction-control", caught("transaction-escaped")),
    row(
      "PREPARE TRANSACTION 'ours'",
      "transaction-control",
      caught("transaction-escaped", { leaves: "ROLLBACK PREPARED 'ours'" }),
    ),
    row("COMMIT PREPARED 'theirs'", "transaction-control", caught("sql-error", { sqlstate: "25001" })),
    row("ROLLBACK PREPARED 'theirs'", "transaction-control", caught("sql-error", { sqlstate: "25001" })),
    row("BEGIN", "transaction-control", harmless("a transaction is open: the server only warns")),
    row("START TRANSACTION", "transaction-control", harmless("as BEGIN")),
    row(
      "SAVEPOINT own; ROLLBACK TO own; RELEASE own",
      null,
      harmless("a file may have savepoints of its own"),
    ),
    row("DO $$ BEGIN COMMIT; END $$", null, caught("sql-error", { sqlstate: "2D000" })),
    row("DO $$ BEGIN ROLLBACK AND CHAIN; END $$", null, caught("sql-error", { sqlstate: "2D000" })),
    row("DO $$ BEGIN EXECUTE 'COMMIT'; END $$", null, caught("sql-error", { sqlstate: "0A000" })),
    row("CALL commits()", null, caught("sql-error", { sqlstate: "2D000" })),
    row("CALL run_sql('PREPARE TRANSACTION ''x''')", null, caught("sql-error", { sqlstate: "0A000" })),
    row(
      "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
      "isolation-level",
      caught("sql-error", { sqlstate: "25001" }),
    ),
    row(
      "SET TRANSACTION SNAPSHOT '00000003-1'",
      "isolation-level",
      caught("sql-error", { sqlstate: "25001" }),
    ),
    row(
      "SET TRANSACTION READ ONLY",
      "transaction-control",
      caught("history-write-refused", { sqlstate: "25006" }),
    ),
    row(
      "DO $$ BEGIN EXECUTE 'SET transaction_read_only = on'; END $$",
      null,
      caught("history-write-refused", { sqlstate: "25006" }),
    ),
    row(
      "ALTER TYPE mood ADD VALUE 'new'; SELECT 'new'::mood",
      null,
      caught("sql-error", { sqlstate: "55P04" }),
    ),
    // What cannot run in a transaction.
    row("CREATE DATABASE another", "needs-no-transaction", caught("sql-error", { sqlstate: "25001" })),
    row("DROP DATABASE postgres", "needs-no-transaction", caught("sql-error", { sqlstate: "25001" })),
    row("VACUUM base", "needs-no-transaction", caught("sql-error", { sqlstate: "25001" })),
    row(
      "CREATE INDEX CONCURRENTLY ON base (a)",
      "needs-no-transaction",
      caught("sql-error", { sqlstate: "25001" }),
    ),
    row(
      "REINDEX TABLE CONCURRENTLY base",
      "needs-no-transaction",
      caught("sql-error", { sqlstate: "25001" }),
    ),
    // Role and session.
    row(`SET ROLE ${somebody}`, null, caught("role-left")),
    row(`DO $$ BEGIN EXECUTE 'SET ROLE ${somebody}'; END $$`, null, caught("role-left")),
    row(`SELECT set_config('role', '${somebody}', false)`, "session-authorization", caught("role-left")),
    row(`SET SESSION AUTHORIZATION ${somebody}`, "session-authorization", caught("role-left")),
    row(`SET SESSION SESSION AUTHORIZATION ${somebody}`, "session-authorization", caught("role-left")),
    row("RESET SESSION AUTHORIZATION", "session-authorization", harmless("it is the job's already")),
    row("RESET ROLE", null, harmless("it is the job's already; --role: see the roles' suites")),
    row("SET client_encoding = 'LATIN1'", "client-encoding", caught("encoding-left")),
    row("SET NAMES 'LATIN1'", "client-encoding", caught("encoding-left")),
    row("SELECT set_config('client_encoding', 'LATIN1', true)", "client-encoding", caught("encoding-left")),
    row(
      "UPDATE pg_settings SET setting = 'LATIN1' WHERE name = 'client_encoding'",
      "forbidden-statement",
      caught("encoding-left"),
    ),
    row(
      "SET standard_conforming_strings = off",
      "forbidden-statement",
      harmless("it ends with the step; whether the next message is read alike is asked before it"),
    ),
    row("SET search_path = pg_temp", null, harmless("our own names are qualified")),
    row("SET session_replication_role = replica", null, harmless("it ends with the step")),
    // Locks.
    row("SELECT pg_advisory_unlock_all()", "advisory-lock", caught("lock-lost")),
    row(`SELECT pg_advisory_unlock(${runLockKey("public")})`, "advisory-lock", caught("lock-lost")),
    row("DO $$ BEGIN PERFORM pg_advisory_unlock_all(); END $$", null, caught("lock-lost")),
    row("SELECT pg_advisory_lock(7)", "advisory-lock", caught("advisory-lock-left")),
    row("SELECT pg_try_advisory_lock_shared(7, 8)", "advisory-lock", caught("advisory-lock-left")),
    row("CALL run_sql('SELECT pg_advisory_lock(7)')", null, caught("advisory-lock-left")),
    row("DISCARD ALL", "forbidden-statement", caught("sql-error", { sqlstate: "25001" })),
    // Our own tables: one each, the rest is the tampering corpus.
    row(`DELETE FROM ${H}`, "own-tables", caught("own-tables-touched")),
    row(`DROP TABLE ${H} CASCADE`, "own-tables", caught("own-tables-touched")),
    row(`ALTER TABLE ${H} ADD extra int`, "own-tables", caught("own-tables-touched")),
    row(
      `CREATE TABLE copy AS TABLE ${H}; DROP TABLE ${H}; ALTER TABLE copy RENAME TO schema_migrations`,
      "own-tables",
      caught("own-tables-touched"),
    ),
    row(`DO $$ BEGIN EXECUTE 'TRUNCATE ${H}'; END $$`, null, caught("own-tables-touched")),
    // The server and the world.
    row(
      "ALTER SYSTEM SET work_mem = '8MB'",
      "forbidden-statement",
      caught("sql-error", { sqlstate: "25001" }),
    ),
    row("SELECT pg_terminate_backend(pg_backend_pid())", "forbidden-statement", caught("connection-lost")),
    row(
      "SELECT pg_cancel_backend(pg_backend_pid())",
      "forbidden-statement",
      caught("sql-error", { sqlstate: "57014" }),
    ),
    row("COPY base FROM STDIN", "copy-from-stdin", caught("sql-error", { sqlstate: "57014" })),
    row("COPY base TO STDOUT", "forbidden-statement", harmless("nobody reads it")),
    row(
      "LOAD 'plpgsql'",
      "forbidden-statement",
      beyond("the library stays in a session that ends with the run"),
    ),
    row(
      "COPY base TO PROGRAM 'cat > /dev/null'",
      "needs-bundle-option",
      beyond("the command has run on the server, which takes a superuser or pg_execute_server_program"),
    ),
    row(
      dblink("CREATE TABLE elsewhere (a int)"),
      "needs-bundle-option",
      beyond(other, "DROP TABLE elsewhere"),
    ),
    row("SELECT lo_import('/dev/null', 4242)", null, harmless("a large object is rolled back as a row is")),
  ];
}
