import type { RunEvent, World } from "#engine/seam.ts";
import { type ConnectionSettings, connect } from "#io/connect.ts";
import type { ServerConnection } from "#io/embedded/server.ts";
import { systemWorld } from "#io/system.ts";
import { firstConnection } from "./first_connection.ts";

/** The real world against any database, with the events kept. */
export function worldOn(
  { host, port, user, password, database }: ServerConnection,
  more: Partial<ConnectionSettings> = {},
): World & { readonly events: readonly RunEvent[] } {
  const settings: ConnectionSettings = {
    host,
    port,
    user,
    database,
    password: async () => password,
    sslmode: "disable",
    ca: null,
    statement_timeout_ms: 0,
    allow_session_pooler: false,
    ...more,
  };
  const events: RunEvent[] = [];
  const emit = (event: RunEvent): void => void events.push(event);
  return {
    ...systemWorld,
    target: { host: settings.host, port: settings.port, database: settings.database },
    connect: firstConnection((runId) => connect(settings, runId, emit)),
    emit,
    interrupt: new AbortController().signal,
    events,
  };
}
