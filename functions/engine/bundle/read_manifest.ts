import { type Fault, fault } from "../errors.ts";
import { isObject } from "../stored_json.ts";
import { parseJsonBytes } from "./json_bytes.ts";
import { digestOf, listedFile, MANIFEST_FILE, type ManifestFile } from "./manifest.ts";
import { BUNDLE_NAME, BUNDLE_VERSION } from "./options.ts";
import type { ReadFile } from "./source.ts";

/** What an archive's `manifest.json` says of it. */
export interface Manifest {
  readonly name: string;
  readonly version: string | null;
  readonly files: readonly ManifestFile[];
  /** sha256 (hex) of its bytes. */
  readonly digest: string;
}

/** Reads `manifest.json`; the fault is `manifest-invalid`. Its migrations are made anew and compared by digest. */
export function readManifest(bytes: Uint8Array): Manifest | Fault {
  const found = parseJsonBytes(bytes);
  if (found === undefined) return invalid("is not JSON");
  if (!isObject(found)) return invalid("is not an object");
  const { format, name, version, files } = found;
  if (format !== 1) {
    return invalid(`has the format ${JSON.stringify(format) ?? "(none)"}, and this release reads format 1`);
  }
  if (typeof name !== "string" || !BUNDLE_NAME.test(name)) return invalid("has no valid name");
  if (version !== null && (typeof version !== "string" || !BUNDLE_VERSION.test(version)))
    return invalid("has no valid version");
  if (!Array.isArray(files) || !files.every(isListed)) return invalid("does not list its files");
  return { name, version, files, digest: digestOf(bytes) };
}

/** Every way in which files differ from what the manifest lists. */
export function heldAgainst(manifest: Manifest, files: readonly ReadFile[]): readonly Fault[] {
  const faults: Fault[] = [];
  const there = new Map(files.map((file) => [file.path, file]));
  const listed = new Set<string>();
  for (const wanted of manifest.files) {
    const { path } = wanted;
    if (listed.has(path)) {
      faults.push(invalid(`lists ${JSON.stringify(path)} twice`));
      continue;
    }
    listed.add(path);
    const file = there.get(path);
    if (file === undefined) {
      const said = `${MANIFEST_FILE} lists ${JSON.stringify(path)}, and it is not in the archive.`;
      faults.push(fault("manifest-file-missing", said, { file: path }));
      continue;
    }
    const found = listedFile(file);
    if (found.size === wanted.size && found.sha256 === wanted.sha256) continue;
    const said = `${path} has ${found.size} bytes with sha256 ${found.sha256}; ${MANIFEST_FILE} says ${wanted.size} and ${wanted.sha256}.`;
    faults.push(fault("manifest-file-differs", said, { file: path }));
  }
  for (const { path } of files) {
    if (listed.has(path)) continue;
    const said = `${JSON.stringify(path)} is in the archive, and ${MANIFEST_FILE} does not list it.`;
    faults.push(fault("manifest-file-extra", said, { file: path }));
  }
  return faults;
}

const invalid = (because: string): Fault =>
  fault("manifest-invalid", `${MANIFEST_FILE} ${because}.`, { file: MANIFEST_FILE });

const isListed = (value: unknown): value is ManifestFile =>
  isObject(value) &&
  typeof value.path === "string" &&
  Number.isSafeInteger(value.size) &&
  typeof value.sha256 === "string";
