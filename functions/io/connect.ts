import { isIP } from "node:net";
import type { ConnectionOptions } from "node:tls";
import { Client } from "pg";
import { MigrationFault } from "#engine/errors.ts";
import { cut, LONGEST_NOTICE, NOTICES_KEPT } from "#engine/limits.ts";
import type { RunEvent, Session } from "#engine/seam.ts";
import { sendCancelRequest } from "./cancel.ts";
import { isUnsupportedParameter, toConnectFault, unknownParameter } from "./connect_fault.ts";
import { packetSettings } from "./packet.ts";
import { toSession } from "./postgres.ts";
import { systemClock } from "./system.ts";
import { isNoTls } from "./tls_fault.ts";

/** `prefer`: TLS where the server has it; `require`: TLS, unverified; `verify-full`: chain and host name. */
export type SslMode = "disable" | "prefer" | "require" | "verify-full";

/** Which database, as whom, and how carefully. */
export interface ConnectionSettings {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  /** Asked for at each connect, so that a rotated secret is seen; null where none is known. */
  readonly password: () => Promise<string | null>;
  readonly sslmode: SslMode;
  /** PEM text of the accepted roots; null for the system's own. */
  readonly ca: string | null;
  /** What `statement_timeout` is while nothing else is asked; 0 for none. */
  readonly statement_timeout_ms: number;
  /** What is left for opening it, in milliseconds; without it only its own limit holds. */
  readonly left_ms?: () => number;
  /** A pooler in session mode may stand between; it takes no startup options. */
  readonly allow_session_pooler: boolean;
}

/** A host that answers nothing must not hold anyone longer than five seconds. */
const CONNECT_TIMEOUT_MS = 4_500;

function tlsOptions(settings: ConnectionSettings): ConnectionOptions | null {
  if (settings.sslmode === "disable" || settings.host.startsWith("/")) return null;
  const verified = settings.sslmode === "verify-full";
  return {
    rejectUnauthorized: verified,
    ...(settings.ca === null ? {} : { ca: settings.ca }),
    // SNI takes no address (RFC 6066); the name is checked against the certificate either way.
    ...(isIP(settings.host) === 0 ? { servername: settings.host } : { host: settings.host }),
  };
}

/**
 * Opens one connection, never a pool. A startup parameter that the server does not know is dropped and the
 * connection repeated. Throws a MigrationFault: unreachable, wrong-password, no-such-database, pooler,
 * connection-refused, tls-untrusted, tls-wrong-host, tls-expired, tls-not-offered, tls-failed.
 */
export async function connect(
  settings: ConnectionSettings,
  runId: string,
  emit: (event: RunEvent) => void,
): Promise<Session> {
  const dropped: string[] = [];
  let tls = tlsOptions(settings);
  for (;;) {
    const parameters = packetSettings(settings.statement_timeout_ms).filter(
      ([name]) => !dropped.includes(name),
    );
    // The empty string is never a password; without one pg would look for .pgpass again.
    const password = (await settings.password()) ?? "";
    const client = new Client({
      host: settings.host,
      port: settings.port,
      user: settings.user,
      database: settings.database,
      password,
      ssl: tls ?? false,
      application_name: `paws-migrate/${runId}`.slice(0, 63),
      options: parameters.map(([name, value]) => `-c ${name}=${value}`).join(" "),
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      connectionTimeoutMillis: Math.ceil(
        Math.min(CONNECT_TIMEOUT_MS, settings.left_ms?.() ?? CONNECT_TIMEOUT_MS),
      ),
      pipeline: true,
    } as ConstructorParameters<typeof Client>[0]);
    // Without a listener a lost connection would end the process; every open answer is told `lost` anyway.
    client.on("error", () => {});
    forwardNotices(client, emit);
    try {
      await client.connect();
    } catch (error) {
      void client.end();
      const unknown = unknownParameter(error, parameters);
      if (unknown !== null) {
        dropped.push(unknown);
        continue;
      }
      if (settings.allow_session_pooler && isUnsupportedParameter(error) && parameters.length > 0) {
        dropped.push(...parameters.map(([name]) => name));
        continue;
      }
      if (settings.sslmode === "prefer" && tls !== null && error instanceof Error && isNoTls(error.message)) {
        tls = null;
        continue;
      }
      throw new MigrationFault(toConnectFault(error, settings));
    }
    const target = client as unknown as { readonly processID: number; readonly secretKey: number };
    return toSession(client, {
      clock: systemClock,
      dropped_parameters: dropped,
      cancel: () =>
        sendCancelRequest({
          host: settings.host,
          port: settings.port,
          pid: target.processID,
          secret: target.secretKey,
          tls,
        }),
    });
  }
}

function forwardNotices(client: Client, emit: (event: RunEvent) => void): void {
  let seen = 0;
  client.on("notice", (notice) => {
    seen += 1;
    if (seen > NOTICES_KEPT + 1) return;
    const message =
      seen > NOTICES_KEPT
        ? "More notices follow; they are left out."
        : cut(notice.message ?? "", LONGEST_NOTICE);
    emit({ type: "notice", severity: notice.severity ?? "NOTICE", message });
  });
}
