import { fault, MigrationFault } from "../errors.ts";
import { type Bundle, readBundle, type SourceFile } from "./bundle.ts";
import { MANIFEST_FILE } from "./manifest.ts";
import { BUNDLE_NAME } from "./options.ts";
import type { Manifest } from "./read_manifest.ts";

/** An archive whose files were all read and checked. */
export interface Archive {
  readonly files: readonly SourceFile[];
  /** sha256 (hex) of the archive's own bytes. */
  readonly archive_sha256: string;
  /** null where it has none, as a plain zip of a folder. */
  readonly manifest: Manifest | null;
  /** The folder that everything lies in, and that was taken off; null where there is none. */
  readonly top: string | null;
}

/** What whoever asks for a bundle knows of it; null for what is not pinned. Hexadecimal, in either case. */
export interface Pins {
  readonly archive_sha256: string | null;
  /** Of the manifest. */
  readonly digest: string | null;
}

export const NO_PINS: Pins = { archive_sha256: null, digest: null };

/** Throws `archive-sha256-differs` where an archive is not the one that was pinned. Asked before it is opened. */
export function holdArchive(found: string, { archive_sha256 }: Pins, source: string): void {
  if (archive_sha256 === null || archive_sha256.toLowerCase() === found) return;
  const said = `${source} has the sha256 ${found}, and ${archive_sha256} was asked for.`;
  throw new MigrationFault(fault("archive-sha256-differs", said));
}

/**
 * The bundle of an archive. `source.name` is its name where neither its manifest nor its bundle.json gives one.
 * Throws what readBundle throws, `manifest-differs` where the manifest is not that of the files, and
 * `bundle-digest-differs` where the bundle is not the one that was pinned.
 */
export function readArchived(
  archive: Archive,
  source: { readonly name: string | null; readonly fallback: string; readonly path: string },
  pins: Pins = NO_PINS,
): Bundle {
  const { files, manifest } = archive;
  const name = nameOf(archive, source);
  const bundle = readBundle(files, { name, version: manifest?.version ?? null, path: source.path });
  if (manifest !== null && manifest.digest !== bundle.digest) {
    const said = `${MANIFEST_FILE} has the sha256 ${manifest.digest}; that of these files, under this name and version, is ${bundle.digest}.`;
    throw new MigrationFault(fault("manifest-differs", said, { file: MANIFEST_FILE }));
  }
  if (pins.digest !== null && pins.digest.toLowerCase() !== bundle.digest) {
    const said = `The bundle of ${source.path} has the digest ${bundle.digest}, and ${pins.digest} was asked for.`;
    throw new MigrationFault(fault("bundle-digest-differs", said));
  }
  if (source.name !== null && source.name !== bundle.options.name) {
    const said = `${source.path} holds the bundle ${bundle.options.name}, and ${source.name} was asked for.`;
    throw new MigrationFault(fault("bundle-name-differs", said));
  }
  return bundle;
}

/** A bundle's name where its bundle.json gives none. `fallback` is that of the file. */
export const nameOf = (
  { manifest, top }: Archive,
  { name, fallback }: { readonly name: string | null; readonly fallback: string },
): string => manifest?.name ?? name ?? named(top) ?? named(fallback) ?? "bundle";

/** The name of a file or folder where it can be a bundle's. */
const named = (text: string | null): string | null => (text !== null && BUNDLE_NAME.test(text) ? text : null);
