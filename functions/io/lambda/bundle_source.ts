import type { BundleSource } from "#engine/seam.ts";
import { openStore } from "../bundles/s3.ts";
import { S3_LIMITS } from "../bundles/s3_client.ts";
import { s3Source } from "../bundles/s3_source.ts";
import type { FunctionSettings } from "../function_settings.ts";
import type { CommonEvent } from "./event_fields.ts";

/**
 * The bundle that an event names, in the function's bucket; where it names none, the newest of the function's own.
 * `longest_ms`: S3 may take no longer. Throws a MigrationFault where it contradicts itself or names nothing.
 */
export function openBundleSource(
  wish: CommonEvent["bundle"],
  settings: FunctionSettings,
  longest_ms: number,
): BundleSource {
  const { key = null, version_id = null, archive_sha256 = null, digest = null } = wish;
  const deadline_ms = Math.min(S3_LIMITS.deadline_ms, longest_ms);
  return s3Source(
    {
      bucket: settings.bucket,
      // A key tells the name by itself.
      name: wish.name ?? (key === null ? settings.bundle : null),
      version: wish.version,
      key,
      version_id,
      archive_sha256,
      digest,
    },
    openStore(process.env, { ...S3_LIMITS, deadline_ms }),
  );
}
