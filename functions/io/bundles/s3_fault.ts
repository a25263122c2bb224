import type { ErrorCode } from "#engine/error_codes.ts";
import { type Fault, fault } from "#engine/errors.ts";

/** What was asked of S3, in words that a message goes on from: `s3://b/k` and `read`. */
export interface S3Request {
  readonly where: string;
  readonly did: "read" | "list" | "publish";
}

/** What the SDK throws: an answer of S3, or an error of the connection. */
interface S3Error {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

type Meaning = readonly [code: ErrorCode, because: string, remedy?: string];

/**
 * What an error of S3, of the way to it, or of the credentials means to a user. Of what S3 said, the code alone is
 * told, and the action that it denies: its messages may hold what was signed, and by whom.
 */
export function toS3Fault(error: unknown, { where, did }: S3Request): Fault {
  const found = error instanceof Error ? (error as Error & S3Error) : { name: "", message: String(error) };
  const [code, because, remedy] = answerOf(found, did) ?? connectionOf(found) ?? unknown(found);
  const said = `${where} cannot be ${DONE[did]}: ${because}.`;
  return fault(code, said, remedy === undefined ? {} : { remedy });
}

const DONE = { read: "read", list: "listed", publish: "published" } as const;

/** S3's own codes. */
function answerOf(error: S3Error, did: S3Request["did"]): Meaning | null {
  const { name, message } = error;
  const status = error.$metadata?.httpStatusCode;
  if (name === "NoSuchKey" || name === "NotFound") return ["bundle-absent", "there is no such object"];
  if (name === "NoSuchVersion" || (name === "InvalidArgument" && /version/i.test(message))) {
    return ["bundle-version-absent", "the object has no version of that id"];
  }
  if (name === "MethodNotAllowed" && did === "read") {
    return ["bundle-version-absent", "that version is a delete marker"];
  }
  if (name === "NoSuchBucket") return ["no-such-bucket", "there is no such bucket"];
  if (REDIRECTS.has(name) || status === 301 || status === 307) {
    return ["s3-wrong-region", `the bucket is in another region (${name})`];
  }
  if (name.startsWith("KMS.")) return ["kms-key-unusable", `S3 cannot use the bucket's KMS key (${name})`];
  if (status === 403 || name === "AccessDenied") return denied(error, did);
  if (EXPIRED.has(name)) return ["aws-credentials-expired", `the credentials have expired (${name})`];
  if (name === "BadDigest" || name === "XAmzContentSHA256Mismatch") {
    return ["s3-checksum", `S3 received other bytes than were sent (${name})`];
  }
  return null;
}

const REDIRECTS = new Set([
  "PermanentRedirect",
  "TemporaryRedirect",
  "Redirect",
  "AuthorizationHeaderMalformed",
  "IllegalLocationConstraintException",
]);
const EXPIRED = new Set(["ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "RequestExpired"]);
const REFUSED = new Set([
  "InvalidAccessKeyId",
  "SignatureDoesNotMatch",
  "InvalidToken",
  "InvalidClientTokenId",
  "UnrecognizedClientException",
  "RequestTimeTooSkewed",
]);

/** A refusal that says no more than that; or a gateway's, which is no answer of S3. */
const UNEXPLAINED = new Set(["AccessDenied", "Forbidden", "Unknown", "UnknownError", "403", "Error"]);

function denied({ name, message }: S3Error, did: S3Request["did"]): Meaning {
  if (EXPIRED.has(name)) return ["aws-credentials-expired", `the credentials have expired (${name})`];
  if (REFUSED.has(name)) return ["aws-credentials-refused", `AWS does not accept the credentials (${name})`];
  if (name === "InvalidObjectState") {
    const restore = "Restore the object, or publish the bundle under a new version.";
    return ["s3-failed", `it lies in an archive class of storage (${name})`, restore];
  }
  if (!UNEXPLAINED.has(name)) return ["s3-access-denied", `access is denied (${name})`];
  const action = /not authorized to perform: ([a-z0-9-]+:[A-Za-z]+)/.exec(message)?.[1];
  if (action?.startsWith("kms:")) {
    return ["kms-key-unusable", `this login may not use the bucket's KMS key (${action} is denied)`];
  }
  // Without leave to list, S3 does not say whether there is such an object.
  if (did === "read" && action === "s3:ListBucket") {
    return [
      "bundle-absent",
      "it is absent, or not permitted: S3 does not tell which (s3:ListBucket is denied)",
    ];
  }
  if (did === "read" && action === undefined) {
    return ["s3-access-denied", "not permitted, or absent: without s3:ListBucket S3 does not tell which"];
  }
  return ["s3-access-denied", action === undefined ? "access is denied" : `${action} is denied`];
}

/** What comes from this side: the network, the credentials, the configuration. */
function connectionOf({ name, message, code = "" }: S3Error): Meaning | null {
  if (/Region is missing/.test(message)) return ["aws-region-missing", "no AWS region is configured"];
  if (/Region not accepted/.test(message)) {
    return ["aws-region-missing", "what is configured as the AWS region is none"];
  }
  if (code === "ERR_INVALID_URL") {
    return ["s3-unreachable", "its address is no URL", "Correct AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL."];
  }
  if (name === "CredentialsProviderError" || name === "TokenProviderError") {
    if (/expired/i.test(message)) return ["aws-credentials-expired", "the credentials have expired"];
    return ["aws-credentials-missing", "there are no AWS credentials"];
  }
  if (/Checksum mismatch/.test(message))
    return ["s3-checksum", "the bytes that came do not have its check sum"];
  if (/did not establish a connection/.test(message) || UNREACHABLE.has(code)) {
    const how =
      code === "ENOTFOUND" || code === "EAI_AGAIN" ? "the name of its host is not known" : "no connection";
    return ["s3-unreachable", `Amazon S3 cannot be reached from here (${how})`];
  }
  if (/CERT|ERR_TLS|ERR_SSL|SELF_SIGNED|VERIFY_LEAF/.test(code)) {
    return [
      "s3-unreachable",
      `no trusted connection to S3 (${code})`,
      "See what stands between: a proxy that opens TLS?",
    ];
  }
  // Before the next: the SDK calls these timeouts too.
  if (BROKEN.has(code) || message === "aborted") {
    return ["s3-failed", `the connection broke off${code === "" ? "" : ` (${code})`}`];
  }
  if (name === "TimeoutError" || name === "AbortError") return ["s3-timeout", "S3 did not answer in time"];
  return null;
}

const UNREACHABLE = new Set([
  "ENOTFOUND",
  "EAI_AGAIN",
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ETIMEDOUT",
]);
const BROKEN = new Set(["ECONNRESET", "EPIPE", "ERR_STREAM_PREMATURE_CLOSE", "HPE_INVALID_CONSTANT"]);

const unknown = ({ name, code, $metadata }: S3Error): Meaning => [
  "s3-failed",
  `S3 answered ${[name === "Error" ? code : name, $metadata?.httpStatusCode].filter(Boolean).join(", ") || "an error"}`,
];
