import { fault, MigrationFault } from "#engine/errors.ts";

/** Tries of one call by the SDK; between them it waits a fraction of a second, longer where it is throttled. */
const ATTEMPTS = 3;
/** A service in the same region answers the handshake in milliseconds: more means that no route leads to it. */
const CONNECT_MS = 2_000;
const ANSWER_MS = 5_000;

/** What every client of an AWS service is made with. Credentials and an endpoint of AWS_ENDPOINT_URL are the SDK's to find. */
export const boundedClient = (region: string | null) => ({
  ...(region === null ? {} : { region }),
  maxAttempts: ATTEMPTS,
  retryMode: "standard" as const,
  requestHandler: {
    connectionTimeout: CONNECT_MS,
    requestTimeout: ANSWER_MS,
    // Without it a request that is too late is a warning.
    throwOnRequestTimeout: true,
    socketTimeout: ANSWER_MS,
  },
});

/** Thrown by `withinDeadline`. */
export class DeadlineError extends Error {
  override readonly name = "DeadlineError";
}

/**
 * Ends a call after `ms`, whatever it is doing: the SDK's own pauses between tries heed no signal. Throws a
 * DeadlineError then.
 */
export async function withinDeadline<T>(ms: number, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new DeadlineError(`no answer within ${ms / 1_000} s`));
      controller.abort();
    }, ms);
  });
  const called = call(controller.signal);
  called.catch(() => {});
  try {
    return await Promise.race([called, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The part of an SDK's error that may be told: its name, the service's text, the HTTP status. */
export interface AwsError {
  readonly name: string;
  readonly message: string;
  readonly status: number | null;
  /** What kept it from an answer, where there was none. */
  readonly network: string | null;
}

const NETWORK =
  /^(ECONNREFUSED|ECONNRESET|EPIPE|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ERR_INVALID_URL|TimeoutError|AbortError|DeadlineError)$/;
/** Of OpenSSL, as Node names them. */
const TLS = /^(EPROTO|ERR_(TLS|SSL)_\w+|CERT_\w+|UNABLE_TO_\w+|(DEPTH_ZERO_)?SELF_SIGNED_CERT\w*)$/;

/** Whether what kept it from an answer was that nobody is trusted there. */
export const isTls = (network: string): boolean => TLS.test(network);

export function toAwsError(error: unknown): AwsError {
  const { name, message, code, $metadata } = (error ?? {}) as {
    readonly name?: unknown;
    readonly message?: unknown;
    readonly code?: unknown;
    readonly $metadata?: { readonly httpStatusCode?: number };
  };
  const words = [code, name].filter((word) => typeof word === "string");
  return {
    name: typeof name === "string" ? name : "Error",
    message: typeof message === "string" ? message : String(error),
    status: $metadata?.httpStatusCode ?? null,
    network: words.find((word) => NETWORK.test(word) || isTls(word)) ?? null,
  };
}

const MISSING = /^(CredentialsProviderError|TokenProviderError)$/;
const EXPIRED = /^(ExpiredToken|RequestExpired|TokenRefreshRequired)/;
const REFUSED =
  /^(UnrecognizedClient|InvalidSignature|SignatureDoesNotMatch|InvalidClientTokenId|InvalidAccessKeyId|MissingAuthenticationToken|IncompleteSignature)/;

/** Throws `aws-credentials-...` where the caller is nobody to AWS; else does nothing. */
export function refuseNobody({ name, message }: AwsError, wanted: string): void {
  const code = nobody(name, message);
  if (code === null) return;
  throw new MigrationFault(fault(code, `${wanted}: ${NOBODY[code]} (${name}).`, { detail: message }));
}

const NOBODY = {
  "aws-credentials-missing": "there are no credentials for AWS",
  "aws-credentials-expired": "the credentials for AWS have expired",
  "aws-credentials-refused": "AWS does not accept the credentials",
} as const;

function nobody(name: string, message: string): keyof typeof NOBODY | null {
  if (EXPIRED.test(name) || (MISSING.test(name) && /expired/i.test(message)))
    return "aws-credentials-expired";
  if (MISSING.test(name)) return "aws-credentials-missing";
  return REFUSED.test(name) ? "aws-credentials-refused" : null;
}
