import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { readArchived } from "#engine/bundle/archived.ts";
import { fault, MigrationFault } from "#engine/errors.ts";
import type { BundleSource } from "#engine/seam.ts";
import { boundedClient } from "../aws_client.ts";
import { readArchive } from "../bundles/archive.ts";
import { BUNDLE_PREFIX, FUNCTION_ENVIRONMENT } from "../contract.ts";
import type { FunctionSettings } from "../function_settings.ts";
import type { CommonEvent } from "./event_fields.ts";

/** The bundle that an event names, in the function's bucket; its name is the function's own where the event has none. */
export function bundleSource(wish: CommonEvent["bundle"], settings: FunctionSettings): BundleSource {
  const name = wish.name ?? settings.bundle;
  return {
    reference: { bucket: settings.bucket, ...wish },
    async read() {
      if (name === null && wish.key === undefined) {
        const message = `The event names no bundle, and ${FUNCTION_ENVIRONMENT.bundle} is not set; wanted bundle.name or bundle.key.`;
        throw new MigrationFault(fault("bad-event", message));
      }
      const key = wish.key ?? `${BUNDLE_PREFIX}${name}/${wish.version}.zip`;
      const client = new S3Client({ ...boundedClient(null), forcePathStyle: true });
      const answer = await client.send(new GetObjectCommand({ Bucket: settings.bucket, Key: key }));
      const bytes = await answer.Body?.transformToByteArray();
      const archive = await readArchive(bytes ?? new Uint8Array());
      const path = `s3://${settings.bucket}/${key}?versionId=${answer.VersionId ?? "null"}`;
      return readArchived(archive, { name, fallback: "bundle", path });
    },
  };
}
