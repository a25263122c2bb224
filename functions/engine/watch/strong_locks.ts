import type { Message } from "../seam.ts";
import type { Observer } from "./observer.ts";

/**
 * Whether a backend holds a lock that readers or writers wait for. A relation that it made itself is not counted:
 * until the commit no other session sees its row in pg_class.
 */
const strongLocksQuery = (backend_pid: number): Message => ({
  text: `SELECT EXISTS (SELECT FROM pg_catalog.pg_lock_status() l
    JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) l.relation
    WHERE l.pid OPERATOR(pg_catalog.=) ${backend_pid} AND l.granted AND l.locktype OPERATOR(pg_catalog.=) 'relation'
      AND l.mode OPERATOR(pg_catalog.=) ANY ('{ShareLock,ShareRowExclusiveLock,ExclusiveLock,AccessExclusiveLock}'::pg_catalog.text[]))`,
});

/** Whether the run's backend holds a strong lock at this moment; null where that cannot be seen. */
export async function holdsStrongLock(observer: Observer): Promise<boolean | null> {
  const result = await observer.ask(strongLocksQuery(observer.backend_pid));
  return result === null ? null : result.rows[0]?.[0] === "t";
}
