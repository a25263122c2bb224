/**
 * What the startup packet holds: limits only, for `RESET ALL` returns to them. Nothing here changes what a
 * user's SQL means (search_path, TimeZone and the like are never pinned). Milliseconds unless said.
 */
export function packetSettings(statementTimeoutMs: number): readonly (readonly [string, string])[] {
  return [
    // Under deadlock_timeout (1 s): the job and never the application loses a deadlock.
    ["lock_timeout", "200"],
    // Said also when 0: a role's own default must not kill a migration.
    ["statement_timeout", String(statementTimeoutMs)],
    // A dead or frozen runner's locks are gone within seconds.
    ["idle_in_transaction_session_timeout", "15000"],
    ["idle_session_timeout", "60000"],
    ["client_connection_check_interval", "1000"],
    // Seconds.
    ["tcp_keepalives_idle", "10"],
    ["tcp_keepalives_interval", "5"],
    ["tcp_keepalives_count", "3"],
    ["tcp_user_timeout", "20000"],
  ];
}
