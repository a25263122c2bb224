import type { BundleSource } from "#engine/seam.ts";
import { openStore } from "../bundles/s3.ts";
import { s3Source } from "../bundles/s3_source.ts";
import type { FunctionSettings } from "../function_settings.ts";
import type { CommonEvent } from "./event_fields.ts";

/**
 * The bundle that an event names, in the function's bucket; where it names none, the newest of the function's own.
 * S3 may take no longer than until `over`. Throws a MigrationFault where it contradicts itself or names nothing.
 */
export function openBundleSource(
  wish: CommonEvent["bundle"],
  settings: FunctionSettings,
  over: AbortSignal,
): BundleSource {
  const { key = null, version_id = null, archive_sha256 = null, digest = null } = wish;
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
    openStore(process.env),
    over,
  );
}
