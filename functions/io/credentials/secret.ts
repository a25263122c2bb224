import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { MigrationFault } from "#engine/errors.ts";
import { boundedClient, toAwsError, withinDeadline } from "../aws_client.ts";
import { toSecretFault } from "./secret_fault.ts";
import { type Login, parseSecret } from "./secret_text.ts";

/** For all tries of one reading together. */
const DEADLINE_MS = 12_000;

/** A secret's ARN says in which region it is. */
export const secretRegion = (arn: string): string | null =>
  /^arn:[\w-]+:secretsmanager:([\w-]+):/.exec(arn)?.[1] ?? null;

/**
 * Reads the current version of a secret, anew at each call: what is kept would be stale after a rotation. Throws a
 * MigrationFault: secret-absent, secret-not-permitted, secret-deleted, secret-key, secret-malformed,
 * secret-unreachable, secret-throttled, secret-unreadable, aws-credentials-missing, -expired, -refused.
 * `left_ms`: more than that it may not take.
 */
export function secretReader(
  arn: string,
  left_ms: () => number = () => Number.POSITIVE_INFINITY,
): () => Promise<Login> {
  const region = secretRegion(arn);
  const client = new SecretsManagerClient(boundedClient(region));
  const command = { SecretId: arn, VersionStage: "AWSCURRENT" };
  return async () => {
    const answer = await withinDeadline(Math.min(DEADLINE_MS, left_ms()), (abortSignal) =>
      client.send(new GetSecretValueCommand(command), { abortSignal }),
    ).catch((error: unknown) => {
      throw new MigrationFault(toSecretFault(toAwsError(error), arn, region ?? "this region"));
    });
    return parseSecret(answer.SecretString, answer.VersionId ?? "unknown", arn);
  };
}
