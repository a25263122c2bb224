import type { ErrorCode } from "#engine/error_codes.ts";
import { type Fault, fault } from "#engine/errors.ts";
import { toTlsFault } from "./tls_fault.ts";

interface ConnectError {
  readonly code?: string;
  readonly message: string;
  readonly severity?: string;
}

interface Where {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
}

const asConnectError = (error: unknown): ConnectError =>
  error instanceof Error ? (error as ConnectError) : { message: String(error) };

/** The name among `parameters` that the server said it does not know (42704), in whatever language; or null. */
export function unknownParameter(
  error: unknown,
  parameters: readonly (readonly [string, string])[],
): string | null {
  const { code, message } = asConnectError(error);
  if (code !== "42704") return null;
  return parameters.map(([name]) => name).find((name) => message.match(/\w+/g)?.includes(name)) ?? null;
}

/** 08P01 "unsupported startup parameter": PgBouncer's answer to `options`. */
export function isUnsupportedParameter(error: unknown): boolean {
  const { code, message } = asConnectError(error);
  return code === "08P01" && message.includes("startup parameter");
}

const SERVER_CODES: Readonly<Record<string, ErrorCode>> = {
  "28P01": "wrong-password",
  "28000": "wrong-password",
  "3D000": "no-such-database",
};

/** What a refused or failed connection means to a user: which part, and what to check. */
export function toConnectFault(error: unknown, where: Where): Fault {
  const { code = "", message, severity } = asConnectError(error);
  const place = `${where.host}:${where.port}`;
  if (isUnsupportedParameter(error)) {
    return fault("pooler", `A connection pooler answers at ${place}: ${message}.`, { sqlstate: code });
  }
  if (severity !== undefined) {
    const known = SERVER_CODES[code] ?? "connection-refused";
    const who = `${where.user}@${place}/${where.database}`;
    const tls = /no encryption|SSL off/.test(message)
      ? { remedy: "The server wants TLS: pass --sslmode require or verify-full." }
      : {};
    return fault(known, `The server refused ${who}: ${message}.`, { sqlstate: code, ...tls });
  }
  // pg's words where the server wants a password (SCRAM) and none was given.
  if (/password must be a (non-empty )?string/i.test(message)) {
    return fault(
      "wrong-password",
      `The server at ${place} wants a password for ${where.user}, and none was given.`,
    );
  }
  const tls = toTlsFault({ code, message }, where.host, place);
  if (tls !== null) return tls;
  return fault("unreachable", `No answer from ${place}: ${describe(code, message)}.`);
}

function describe(code: string, message: string): string {
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return "the host name is not known";
  if (code === "ECONNREFUSED") return "nothing listens on that port";
  if (message === "timeout expired") return "it did not answer in time";
  return message || code;
}
