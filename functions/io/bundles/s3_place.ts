import { fault, MigrationFault } from "#engine/errors.ts";
import { BUNDLE_PREFIX } from "../contract.ts";

/** An object, or one version of it. */
export interface S3Place {
  readonly bucket: string;
  readonly key: string;
  /** null for whichever version is the current one. */
  readonly version_id: string | null;
}

/** `s3://bucket/key?versionId=...`: what is recorded of a bundle, and what --bundle takes. Nothing is escaped. */
export const placeText = ({ bucket, key, version_id }: S3Place): string =>
  `s3://${bucket}/${key}${version_id === null ? "" : `?versionId=${version_id}`}`;

/** The place that such a text names. Throws `bad-argument`. */
export function parsePlace(text: string): S3Place {
  const [, bucket, key, version_id = null] =
    /^s3:\/\/([^/?]+)\/(.+?)(?:\?versionId=([^?&=]+))?$/s.exec(text) ?? [];
  if (bucket !== undefined && key !== undefined && BUCKET.test(bucket) && isKey(key)) {
    return { bucket, key, version_id };
  }
  const wanted = "s3://BUCKET/KEY or s3://BUCKET/KEY?versionId=ID";
  throw new MigrationFault(
    fault("bad-argument", `${JSON.stringify(text)} names no object; wanted ${wanted}.`),
  );
}

const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/** S3 takes up to 1024 bytes; a query or a control character in one is a slip of the pen. */
const isKey = (key: string): boolean =>
  Buffer.byteLength(key) <= 1024 && !/\p{Cc}|[?#]/u.test(key) && !key.endsWith("/");

export const bundleKey = (name: string, version: string): string => `${BUNDLE_PREFIX}${name}/${version}.zip`;

/** Where the versions of a bundle stand. */
export const bundleFolder = (name: string): string => `${BUNDLE_PREFIX}${name}/`;

/** The bundle that a key is a version of; null for a key of somebody else's making. */
export const nameOfKey = (key: string): string | null =>
  key.startsWith(BUNDLE_PREFIX)
    ? (/^([^/]+)\/[^/]+$/.exec(key.slice(BUNDLE_PREFIX.length))?.[1] ?? null)
    : null;

/** In the place of a version: the newest. */
export const LATEST = "latest";

/** The bundle of which `bundles/NAME/latest` means the newest version; null for any other key. */
export const latestOf = ({ key }: S3Place): string | null =>
  key.endsWith(`/${LATEST}`) ? nameOfKey(key) : null;
