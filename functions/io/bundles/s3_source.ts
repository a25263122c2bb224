import type { Bundle } from "#engine/bundle/bundle.ts";
import { BUNDLE_NAME, BUNDLE_VERSION } from "#engine/bundle/options.ts";
import { type Fault, fault, MigrationFault } from "#engine/errors.ts";
import type { BundleSource } from "#engine/seam.ts";
import { withTimeout } from "../system.ts";
import type { BundleStore } from "./s3.ts";
import { bundleKey, LATEST, nameOfKey, parsePlace, placeText, type S3Place } from "./s3_place.ts";
import { openArchived, stem } from "./source.ts";

/** A bundle in S3 as a caller asks for it: by name and version, or by key. null for what is not said. */
export interface S3BundleRequest {
  readonly bucket: string;
  readonly name: string | null;
  /** A version, or `latest`, which is the default. */
  readonly version: string | null;
  readonly key: string | null;
  readonly version_id: string | null;
  /** Pins: of the archive's bytes, and of its manifest. */
  readonly archive_sha256: string | null;
  readonly digest: string | null;
}

/**
 * A bundle in S3. `latest` and a key without a version id are resolved to one version of one object, which is what
 * the bundle's `source` names and what is read again for the same run. `interrupt` ends the wait.
 * Throws `bad-argument` for a request that contradicts itself or names nothing.
 */
export function s3Source(
  request: S3BundleRequest,
  store: BundleStore,
  interrupt?: AbortSignal,
): BundleSource {
  const [wrong, ...more] = faultsOfRequest(request);
  if (wrong !== undefined) throw new MigrationFault(wrong, ...more);
  return {
    reference: { ...request },
    async read(recorded) {
      const signal = withTimeout(store.limits.deadline_ms, interrupt);
      const place =
        recorded === null ? await resolve(request, store, signal) : recordedPlace(recorded, request);
      return readAt(place, request, store, signal);
    },
  };
}

/** What was resolved for this very request. A table's word must lead to no other bucket, and to no other bundle. */
function recordedPlace(recorded: string, request: S3BundleRequest): S3Place {
  const place = parsePlace(recorded);
  const key = keyOf(request);
  const meant = key === null ? nameOfKey(place.key) === request.name : place.key === key;
  const version = request.version_id ?? place.version_id;
  if (meant && place.bucket === request.bucket && place.version_id === version) return place;
  const said = `The run is recorded with the bundle ${JSON.stringify(recorded)}, which is not what its request names.`;
  throw new MigrationFault(fault("bundle-differs", said));
}

async function readAt(
  place: S3Place,
  request: S3BundleRequest,
  store: BundleStore,
  signal: AbortSignal,
): Promise<Bundle> {
  const { bytes, version_id } = await store.read(place, signal);
  const path = placeText({ ...place, version_id });
  if (version_id === null && request.archive_sha256 === null) {
    const said = `${path} has no version id, since its bucket keeps no versions: what ran could not be told later.`;
    throw new MigrationFault(fault("bucket-not-versioned", said));
  }
  const name = request.name ?? nameOfKey(place.key);
  return openArchived(bytes, { name, fallback: stem(place.key), path }, request);
}

async function resolve(request: S3BundleRequest, store: BundleStore, signal: AbortSignal): Promise<S3Place> {
  const { bucket, version_id } = request;
  return {
    bucket,
    key: keyOf(request) ?? (await store.newest(bucket, request.name ?? "", signal)),
    version_id,
  };
}

/** The key that a request names; null where the newest is asked for. */
function keyOf({ key, name, version }: S3BundleRequest): string | null {
  if (key !== null) return key;
  return name === null || version === null || version === LATEST ? null : bundleKey(name, version);
}

function faultsOfRequest(request: S3BundleRequest): readonly Fault[] {
  const { key, name, version, version_id, archive_sha256, digest } = request;
  const faults: Fault[] = [];
  const refuse = (message: string): void => {
    faults.push(fault("bad-argument", message, { remedy: "See docs/bundle-format.md, `Bundles in S3`." }));
  };
  const given = (value: string) => JSON.stringify(value.slice(0, 200));
  if (name === null && key === null) refuse("No bundle is named: neither by name nor by key.");
  if (name !== null && !BUNDLE_NAME.test(name)) refuse(`${given(name)} is not the name of a bundle.`);
  if (version !== null && !BUNDLE_VERSION.test(version))
    refuse(`${given(version)} is not the version of a bundle.`);
  if (key !== null && (key === "" || Buffer.byteLength(key) > 1024 || /\p{Cc}|[?#]/u.test(key))) {
    refuse(`${given(key)} is not the key of a bundle.`);
  }
  for (const [what, value] of Object.entries({ archive_sha256, digest })) {
    if (value !== null && !/^[0-9a-f]{64}$/i.test(value))
      refuse(`${what} is ${given(value)}; wanted 64 hexadecimal digits.`);
  }
  if (version_id !== null && !/^[\x21-\x7e]{1,1024}$/.test(version_id)) {
    refuse(`${given(version_id)} is not the id of a version.`);
  }
  const named = keyOf({ ...request, key: null });
  if (key !== null && named !== null && key !== named)
    refuse(`The key ${given(key)} is not that of ${name} ${version}.`);
  if (version_id !== null && key === null && named === null) {
    refuse("A version id belongs to a key, and `latest` is none.");
  }
  return faults;
}
