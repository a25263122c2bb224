import type { Holder, Message, Result } from "../seam.ts";
import type { Effect } from "../sql/effect.ts";
import { subject, tablesQuery } from "./related.ts";

/** One as the server shows it. `transaction` tells one transaction of a backend from its next. */
export interface SeenHolder extends Holder {
  readonly transaction: string;
}

/** A shorter transaction will be over before anybody has read of it. */
export const OLD_MS = 1_000;

/** Modes that conflict with the SHARE lock of a build, which waits for their transactions. */
const WRITING =
  "{RowExclusiveLock,ShareUpdateExclusiveLock,ShareRowExclusiveLock,ExclusiveLock,AccessExclusiveLock}";

/** A prepared transaction has no backend; its locks bear the virtual id of the backend it had. */
const OF_PREPARED = `l.pid IS NULL AND l.virtualtransaction OPERATOR(pg_catalog.=) (
  SELECT x.virtualtransaction FROM pg_catalog.pg_lock_status() x
    WHERE x.locktype OPERATOR(pg_catalog.=) 'transactionid' AND x.granted AND x.pid IS NULL
      AND x.transactionid OPERATOR(pg_catalog.=) p.transaction LIMIT 1)`;

/** Whether a statement waits for others' transactions at all. */
export const waitsForOthers = (effect: Effect): boolean =>
  effect.kind !== "presence" || effect.object === "index";

/**
 * Who would make a CONCURRENTLY statement wait: transactions with an old snapshot anywhere in this database
 * (a build and a REINDEX wait for these), and those that hold a lock on its tables, prepared ones too. A VACUUM's
 * snapshot makes nobody wait.
 */
export function holdersQuery(effect: Effect): Message {
  const builds = effect.kind === "create-index" || effect.kind === "reindex";
  const conflicts = builds ? `AND l.mode OPERATOR(pg_catalog.=) ANY ('${WRITING}'::pg_catalog.text[])` : "";
  const locked = (who: string): string => `EXISTS (SELECT FROM pg_catalog.pg_lock_status() l
      WHERE l.granted AND l.relation OPERATOR(pg_catalog.=) ANY (ARRAY(${tablesQuery(effect)}))
        AND l.database OPERATOR(pg_catalog.=) d.oid ${conflicts} AND ${who})`;
  const snapshot = builds ? "s.backend_xmin IS NOT NULL" : "false";
  return {
    text: `SELECT pg_catalog.jsonb_build_object('pid', s.pid, 'application', s.application_name,
        'age_ms', ${age("s.xact_start")}, 'hidden', s.xact_start IS NULL,
        'transaction', pg_catalog.concat(s.pid, ' ', s.xact_start, ' ', coalesce(s.backend_xid, s.backend_xmin)))
      FROM pg_catalog.pg_stat_activity s JOIN pg_catalog.pg_database d ON d.oid OPERATOR(pg_catalog.=) s.datid
      WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()
        AND s.pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid()
        AND coalesce(s.backend_type OPERATOR(pg_catalog.<>) 'autovacuum worker', true)
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_get_progress_info('VACUUM') v
          WHERE v.pid OPERATOR(pg_catalog.=) s.pid)
        AND (${snapshot} OR ${locked("l.pid OPERATOR(pg_catalog.=) s.pid")})
      UNION ALL
      SELECT pg_catalog.jsonb_build_object('pid', NULL, 'application', p.gid, 'age_ms', ${age("p.prepared")},
        'hidden', false, 'transaction', p.gid)
      FROM pg_catalog.pg_prepared_xacts p JOIN pg_catalog.pg_database d
        ON d.datname OPERATOR(pg_catalog.=) p.database
      WHERE p.database OPERATOR(pg_catalog.=) pg_catalog.current_database()
        AND ${locked(OF_PREPARED)}`,
    values: [subject(effect)],
  };
}

const age = (since: string): string =>
  `pg_catalog.round(EXTRACT(epoch FROM pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) ${since}) OPERATOR(pg_catalog.*) 1000)`;

export const toHolders = (result: Result | undefined): readonly SeenHolder[] =>
  (result?.rows ?? []).flatMap(([row]) =>
    row === null || row === undefined ? [] : [JSON.parse(row) as SeenHolder],
  );

/** Those that are old: by their age, or where that is hidden by having been seen that long ago already. */
export function oldOnes(
  holders: readonly SeenHolder[],
  first_seen_ms: ReadonlyMap<string, number>,
  now_ms: number,
): readonly SeenHolder[] {
  return holders.filter(
    ({ age_ms, transaction }) => (age_ms ?? now_ms - (first_seen_ms.get(transaction) ?? now_ms)) >= OLD_MS,
  );
}

/** `pid 12 (psql, 95 s)`, as an error names one. */
export function holderText({ pid, application, age_ms, hidden }: Holder): string {
  const who = pid === null ? `prepared transaction ${application}` : `pid ${pid}`;
  const what = [
    ...(pid === null || !application ? [] : [application]),
    ...(age_ms === null ? [] : [`${Math.round(age_ms / 1000)} s`]),
    ...(hidden ? ["the server hides the rest from this role"] : []),
  ];
  return what.length === 0 ? who : `${who} (${what.join(", ")})`;
}
