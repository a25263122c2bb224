import { S3Client } from "@aws-sdk/client-s3";
import { ARCHIVE_LIMITS } from "./archive_limits.ts";

/** How long to wait for S3, how often, and for how much. */
export interface S3Limits {
  readonly connect_ms: number;
  /** Without a byte in either direction. */
  readonly silence_ms: number;
  /** For everything that one bundle needs, retries included. */
  readonly deadline_ms: number;
  /** Of each request, and of each body that breaks off. */
  readonly attempts: number;
  readonly object_bytes: number;
}

export const S3_LIMITS: S3Limits = {
  connect_ms: 3_000,
  silence_ms: 10_000,
  deadline_ms: 60_000,
  attempts: 3,
  object_bytes: ARCHIVE_LIMITS.archive_bytes,
};

/** A client that gives up in time. Region, credentials and endpoint come from where the SDK looks for them. */
export function openClient(env: NodeJS.ProcessEnv, limits: S3Limits): S3Client {
  // An emulator has no host names for buckets.
  const emulated = Boolean(env.AWS_ENDPOINT_URL_S3 || env.AWS_ENDPOINT_URL);
  return new S3Client({
    maxAttempts: limits.attempts,
    forcePathStyle: emulated,
    requestHandler: { connectionTimeout: limits.connect_ms, socketTimeout: limits.silence_ms },
  });
}
