import type { Blocker, Message, Result } from "../seam.ts";

const AUTOVACUUM = "autovacuum worker";

/**
 * Who blocks a backend at this moment; it answers only while that waits. Looked for only then: the function
 * holds up the server's lock table. An autovacuum worker has a database and no user, also where all else is hidden.
 */
export const blockersQuery = (backend_pid: number): Message => ({
  text: `SELECT DISTINCT ON (b.pid) b.pid, pg_catalog.pg_get_userbyid(a.usesysid), a.application_name,
    pg_catalog.host(a.client_addr),
    CASE WHEN a.backend_type IS NULL AND a.usesysid IS NULL AND a.datid IS NOT NULL THEN '${AUTOVACUUM}'
      WHEN b.pid OPERATOR(pg_catalog.=) 0 THEN 'prepared transaction' ELSE a.backend_type END,
    a.state,
    pg_catalog.round((EXTRACT(epoch FROM pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) a.xact_start)
      OPERATOR(pg_catalog.*) 1000)::pg_catalog.numeric, 3),
    pg_catalog.age(a.backend_xmin), a.pid IS NOT NULL AND a.backend_type IS NULL,
    pg_catalog.strpos(a.query, '(to prevent wraparound)') OPERATOR(pg_catalog.>) 0
  FROM pg_catalog.pg_stat_get_activity(${backend_pid}) m
  CROSS JOIN LATERAL pg_catalog.unnest(CASE WHEN m.wait_event_type OPERATOR(pg_catalog.=) 'Lock'
    THEN pg_catalog.pg_blocking_pids(m.pid) END) AS b(pid)
  LEFT JOIN LATERAL pg_catalog.pg_stat_get_activity(b.pid) a ON true
  WHERE a.pid IS NOT NULL OR b.pid OPERATOR(pg_catalog.=) 0`,
});

export const toBlockers = (result: Result): readonly Blocker[] => result.rows.map(toBlocker);

function toBlocker(row: readonly (string | null)[]): Blocker {
  const [pid, user, application, address, type, state, age, xmin, hidden, wraparound] = row;
  return {
    pid: Number(pid),
    user: user ?? null,
    application: application || null,
    client_address: address ?? null,
    backend_type: type ?? null,
    state: state ?? null,
    transaction_age_ms: age == null ? null : Number(age),
    snapshot_age: xmin == null ? null : Number(xmin),
    hidden: hidden === "t",
    to_prevent_wraparound: type === AUTOVACUUM && wraparound === "t",
  };
}

/** It is cancelled by the deadlock check of who waits for it, and by nothing else. */
export const givesWay = (blocker: Blocker): boolean =>
  blocker.backend_type === AUTOVACUUM && !blocker.to_prevent_wraparound;

/** How many are named where there is little room. */
const NAMED = 3;

/** Blockers in words, for a message. */
export function blockersText(blockers: readonly Blocker[]): string {
  const named = blockers.slice(0, NAMED).map(blockerText).join("; ");
  return blockers.length <= NAMED ? named : `${named}; and ${blockers.length - NAMED} more`;
}

function blockerText(blocker: Blocker): string {
  const { pid, user, application, client_address, backend_type, state, transaction_age_ms, hidden } = blocker;
  if (pid === 0) return "a prepared transaction (see pg_prepared_xacts)";
  const facts = [
    backend_type === null || backend_type === "client backend" ? null : backend_type,
    application,
    user === null ? null : `user ${user}`,
    client_address === null ? null : `from ${client_address}`,
    state,
    transaction_age_ms === null ? null : `transaction open for ${(transaction_age_ms / 1000).toFixed(1)} s`,
    blocker.to_prevent_wraparound ? "to prevent wraparound" : null,
    hidden ? "what else it is, is hidden from this login" : null,
  ];
  return `process ${pid} (${facts.flatMap((fact) => fact ?? []).join(", ")})`;
}
