import type { ErrorCode } from "#engine/error_codes.ts";
import { type Fault, fault } from "#engine/errors.ts";

/** Of a call that no function answered: whether it can have begun something. */
export type Unanswered =
  /** It was turned away, or never sent. */
  | { readonly kind: "refused"; readonly fault: Fault }
  /** It was sent, and nothing came back: the function may be at work. */
  | { readonly kind: "lost"; readonly fault: Fault };

/** What the SDK, Node and Lambda say of an error; all of it from outside. */
interface Said {
  readonly name: string;
  readonly message: string;
  /** Node's, of a connection. */
  readonly code: string;
  /** HTTP; null where there was no answer. */
  readonly status: number | null;
}

/** What a failed call means to a user. `where` names the function as it was asked for. */
export function toUnanswered(error: unknown, where: string): Unanswered {
  const said = sayingOf(error);
  const { name, message, status } = said;
  const refused = (code: ErrorCode, text: string): Unanswered => ({
    kind: "refused",
    fault: fault(code, text),
  });
  const nobody = (code: ErrorCode, why: string): Unanswered => refused(code, `${where}: ${why} (${name}).`);
  if (/region is missing/i.test(message))
    return refused(
      "aws-region-missing",
      "No AWS region is configured, and the function's name does not tell it.",
    );
  if (/region not accepted/i.test(message))
    return refused("aws-region-missing", "What is configured as the AWS region is none.");
  if (/^Expired|TokenRefreshRequired/.test(name) || (NO_CREDENTIALS.test(name) && /expired/i.test(message)))
    return nobody("aws-credentials-expired", "the credentials for AWS have expired");
  if (NO_CREDENTIALS.test(name)) return nobody("aws-credentials-missing", "there are no credentials for AWS");
  if (status === null) return fromNetwork(said, where);
  if (BAD_CREDENTIALS.test(name))
    return nobody("aws-credentials-refused", "AWS does not accept the credentials");
  const known = KNOWN.find(([pattern]) => pattern.test(name));
  if (known !== undefined) return refused(known[1], `${where}: ${name}: ${plain(message)}.`);
  if (status === 413)
    return refused("payload-too-large", `${where} does not take so much: ${plain(message)}.`);
  if (status === 429) return refused("invoke-throttled", `${where}: ${plain(message)}.`);
  const text = `${where}: Lambda answers ${status}, ${name}: ${plain(message)}.`;
  // Of its own faults Lambda does not say how far it came.
  return status >= 500
    ? { kind: "lost", fault: fault("function-unavailable", text) }
    : refused("function-unavailable", text);
}

const NO_CREDENTIALS = /^(CredentialsProviderError|TokenProviderError)$/;
const BAD_CREDENTIALS =
  /^(UnrecognizedClient|InvalidSignature|SignatureDoesNotMatch|InvalidClientTokenId|MissingAuthenticationToken|IncompleteSignature)/;

/** By the names of Lambda's errors, with or without `Exception` at their end. */
const KNOWN: readonly (readonly [RegExp, ErrorCode])[] = [
  [/^ResourceNotFound/, "function-absent"],
  [/^(AccessDenied|UnauthorizedOperation)/, "invoke-denied"],
  [/^(TooManyRequests|Throttling|EC2Throttled)/, "invoke-throttled"],
  [/^(RequestTooLarge|RequestEntityTooLarge|SerializedRequestEntityTooLarge)/, "payload-too-large"],
  // It needs one of these before its code begins.
  [
    /^(KMS|EC2|ENI|EFS|S3Files|SnapStart|Subnet|InvalidSecurityGroup|InvalidSubnet|InvalidRuntime|InvalidZipFile|ResourceNotReady|ResourceConflict)/,
    "function-unavailable",
  ],
];

/** Of these the request was never sent. */
const NOT_SENT = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ERR_INVALID_URL",
  // What answered speaks no TLS.
  "EPROTO",
]);

function fromNetwork({ name, message, code }: Said, where: string): Unanswered {
  const never =
    NOT_SENT.has(code) || /CERT|TLS|SSL/.test(code) || /did not establish a connection/.test(message);
  const what = code === "" ? `${name}: ${plain(message)}` : `${code}: ${plain(message)}`;
  const text = never
    ? `Lambda cannot be reached from here for ${where}: ${what}.`
    : `Lambda was asked for ${where}, and no answer came: ${what}.`;
  return { kind: never ? "refused" : "lost", fault: fault("lambda-unreachable", text) };
}

function sayingOf(error: unknown): Said {
  const fields = (typeof error === "object" && error !== null ? error : {}) as {
    readonly name?: unknown;
    readonly message?: unknown;
    readonly code?: unknown;
    readonly $metadata?: { readonly httpStatusCode?: unknown };
    readonly errors?: readonly { readonly code?: unknown }[];
  };
  const text = (value: unknown): string => (typeof value === "string" ? value : "");
  const status = fields.$metadata?.httpStatusCode;
  return {
    name: text(fields.name) || "Error",
    message: text(fields.message) || String(error),
    // Where a name has several addresses, each has its own error.
    code: text(fields.code) || text(fields.errors?.[0]?.code),
    status: typeof status === "number" && saysNo(status) ? status : null,
  };
}

/** An answer of 200 that cannot be read is no answer. */
const saysNo = (status: number): boolean => status >= 400;

/** One line without its full stop. */
const plain = (message: string): string => message.replace(/\s+/g, " ").trim().replace(/\.$/, "");
