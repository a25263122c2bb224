import { createHash } from "node:crypto";

/**
 * Advisory lock keys: the first eight bytes, as a signed bigint, of sha256 of a name. The database is part of
 * an advisory lock already; a host name never is, for one database has many.
 */
const key = (what: "run" | "step", historySchema: string): bigint =>
  createHash("sha256").update(`paws-migrate:${what}:${historySchema}`).digest().readBigInt64BE();

/** Held by the session for a whole run: one runner at a time. */
export const runLockKey = (historySchema: string): bigint => key("run", historySchema);

/** Held by a step's transaction: granted again only when that transaction has ended. */
export const stepLockKey = (historySchema: string): bigint => key("step", historySchema);

/** SQL: whether a row of pg_lock_status() is this bigint key's lock, which pg_locks shows in two halves. */
export function isAdvisoryLock(key: bigint): string {
  const bits = BigInt.asUintN(64, key);
  return `locktype OPERATOR(pg_catalog.=) 'advisory' AND objsubid OPERATOR(pg_catalog.=) 1
    AND classid OPERATOR(pg_catalog.=) ${bits >> 32n}::pg_catalog.oid
    AND objid OPERATOR(pg_catalog.=) ${bits & 0xffffffffn}::pg_catalog.oid
    AND database OPERATOR(pg_catalog.=) (SELECT d.oid FROM pg_catalog.pg_database d
      WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database())`;
}
