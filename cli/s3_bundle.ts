import type { BundleSource } from "#engine/seam.ts";
import { openStore } from "#io/bundles/s3.ts";
import { LATEST, latestOf, parsePlace } from "#io/bundles/s3_place.ts";
import { s3Source } from "#io/bundles/s3_source.ts";
import type { Call } from "./call.ts";

/** `s3://BUCKET/KEY?versionId=ID`; `s3://BUCKET/bundles/NAME/latest` is the newest version of that bundle. */
export function openS3Source(text: string, { terminal, interrupt }: Call): BundleSource {
  const place = parsePlace(text);
  const name = latestOf(place);
  const { bucket, key, version_id } = place;
  const named = name === null ? { name: null, key, version: null } : { name, key: null, version: LATEST };
  const request = { bucket, ...named, version_id, archive_sha256: null, digest: null };
  return s3Source(request, openStore(terminal.env), interrupt);
}
