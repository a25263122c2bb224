import type { ErrorCode } from "#engine/error_codes.ts";
import { type Fault, fault } from "#engine/errors.ts";
import { type AwsError, isTls, refuseNobody } from "../aws_client.ts";

interface Meaning {
  readonly code: ErrorCode;
  readonly says: string;
}

const THROTTLED = /^(Throttling(Exception)?|TooManyRequestsException|RequestLimitExceeded|SlowDown)$/;
const NETWORK_WORDS: Readonly<Record<string, string>> = {
  ENOTFOUND: "its host name is not known",
  EAI_AGAIN: "its host name is not known",
  ECONNREFUSED: "nothing listens there",
  ERR_INVALID_URL: "its address in AWS_ENDPOINT_URL is no URL",
};

/**
 * Why a secret could not be read. Throws a MigrationFault where the caller has no credentials for AWS. What the service
 * said stands in `detail`.
 */
export function toSecretFault(error: AwsError, secret: string, region: string): Fault {
  refuseNobody(error, `The secret ${secret} was to be read`);
  const { code, says } = meaningOf(error, region);
  const remedy =
    code === "secret-unreachable"
      ? {
          remedy: `Check the interface endpoint com.amazonaws.${region}.secretsmanager: its subnets, private DNS, and port 443 in both security groups.`,
        }
      : {};
  return fault(code, `The secret ${secret} ${says}.`, {
    detail: `${error.name}: ${error.message}`,
    ...remedy,
  });
}

function meaningOf({ name, message, status, network }: AwsError, region: string): Meaning {
  if (network !== null) {
    const why = isTls(network)
      ? `no trusted connection (${network}): see what stands between, such as a proxy that opens TLS`
      : (NETWORK_WORDS[network] ?? `no answer came in time, or the connection was cut (${network})`);
    const says = `could not be read: Secrets Manager of ${region} cannot be reached from this subnet, ${why}`;
    return { code: "secret-unreachable", says };
  }
  if (name === "ResourceNotFoundException") {
    if (/staging label/i.test(message)) return { code: "secret-absent", says: "has no current version" };
    return { code: "secret-absent", says: `is not there in ${region}` };
  }
  // The name of a secret may hold anything.
  if (/KMS|kms:|DecryptionFailure/.test(`${name} ${message.replace(/arn:\S+/g, "")}`)) {
    return {
      code: "secret-key",
      says: "cannot be decrypted: its KMS key is disabled, gone, or not permitted to this role",
    };
  }
  if (/^AccessDenied/.test(name)) {
    return { code: "secret-not-permitted", says: "must not be read by this role" };
  }
  if (name === "InvalidRequestException" && /delet/i.test(message)) {
    return { code: "secret-deleted", says: "is scheduled for deletion" };
  }
  if (THROTTLED.test(name) || status === 429) {
    return { code: "secret-throttled", says: "could not be read: Secrets Manager throttles this account" };
  }
  if (status !== null && status >= 500) {
    const says = `could not be read: Secrets Manager of ${region} answered ${status}, several times`;
    return { code: "secret-unreachable", says };
  }
  const answered = status === null ? name : `${name}, HTTP ${status}`;
  return { code: "secret-unreadable", says: `could not be read (${answered})` };
}
