import type { RunEvent, Session } from "#engine/seam.ts";
import { type ConnectionSettings, connect } from "../connect.ts";
import type { FunctionSettings } from "../function_settings.ts";
import { systemClock, systemWorld } from "../system.ts";
import { connectWithToken, iamToken } from "./iam.ts";
import { connectWithSecret, ROTATION_MS } from "./rotation.ts";
import { secretReader } from "./secret.ts";

export interface FunctionConnection {
  readonly emit: (event: RunEvent) => void;
  /** A statement of a function that was killed must end by itself: more than what is left to the function; 0 for none. */
  readonly statement_timeout_ms: number;
  /** When the function must be done with whatever it waits for, on the system's monotonic clock; default never. */
  readonly ends_ms?: number;
  /** How long a refused secret is read again. */
  readonly rotation_ms?: number;
}

/**
 * Opens the sessions of a deployed function: verify-full always, and credentials that are fetched for each session.
 * What it gives throws what `connect`, `secretReader` and `iamToken` do.
 */
export function connectFunction(
  settings: FunctionSettings,
  {
    emit,
    statement_timeout_ms,
    ends_ms = Number.POSITIVE_INFINITY,
    rotation_ms = ROTATION_MS,
  }: FunctionConnection,
): (run_id: string) => Promise<Session> {
  const { host, port, database, ca, auth, region } = settings;
  const left_ms = (): number => Math.max(1, ends_ms - systemClock.monotonic_ms());
  const opened = (run_id: string, user: string, password: () => Promise<string>): Promise<Session> => {
    const connection: ConnectionSettings = {
      host,
      port,
      database,
      user,
      password,
      sslmode: "verify-full",
      ca,
      statement_timeout_ms,
      left_ms,
      allow_session_pooler: false,
    };
    return connect(connection, run_id, emit);
  };
  if (auth.kind === "iam") {
    const whom = { hostname: host, port, username: auth.user, region };
    return (run_id) =>
      connectWithToken(() => opened(run_id, auth.user, () => iamToken(whom, left_ms())), whom);
  }
  const read = secretReader(auth.arn, left_ms);
  const patience = { ...systemWorld, wait_ms: rotation_ms, ends_ms };
  return (run_id) =>
    connectWithSecret(read, ({ user, password }) => opened(run_id, user, async () => password), patience);
}
