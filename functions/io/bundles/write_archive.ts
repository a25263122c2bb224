import { buffer } from "node:stream/consumers";
import { ZipFile } from "yazl";
import { type Bundle, readBundle, type SourceFile } from "#engine/bundle/bundle.ts";
import { faultsOfNames } from "#engine/bundle/entry_names.ts";
import { isBundleFile } from "#engine/bundle/layout.ts";
import { MANIFEST_FILE } from "#engine/bundle/manifest.ts";
import { readSource } from "#engine/bundle/source.ts";
import { MigrationFault } from "#engine/errors.ts";
import { archiveSha256, readArchive } from "./archive.ts";
import { ARCHIVE_LIMITS, type ArchiveLimits } from "./archive_limits.ts";

/** What goes into an archive; a name and a version that bundle.json gives win over these. */
export interface ArchiveFiles {
  readonly files: readonly SourceFile[];
  readonly name: string;
  readonly version: string | null;
  /** Where they came from. */
  readonly path: string;
}

/** An archive as it was written, and the bundle that it holds. */
export interface WrittenArchive {
  readonly bytes: Buffer;
  readonly archive_sha256: string;
  readonly bundle: Bundle;
}

/**
 * The archive of a bundle's files: equal files under an equal name and version give equal bytes, on any machine.
 * It is read again before it is given away, so that what is published can be read. Throws a MigrationFault.
 */
export async function writeArchive(
  files: readonly SourceFile[],
  source: Omit<ArchiveFiles, "files">,
  limits: ArchiveLimits = ARCHIVE_LIMITS,
): Promise<WrittenArchive> {
  // Once: a large file is read when it is asked for, and may change in between.
  const read = files
    .filter(({ path }) => isBundleFile(path))
    .map(readSource)
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const [wrong, ...more] = faultsOfNames(read.map(({ path }) => path));
  if (wrong !== undefined) throw new MigrationFault(wrong, ...more);
  const bundle = readBundle(read, source);
  const zip = new ZipFile();
  zip.addBuffer(Buffer.from(bundle.manifest), MANIFEST_FILE, ENTRY);
  for (const { path, bytes } of read) zip.addBuffer(asBuffer(bytes), path, ENTRY);
  zip.end();
  const bytes = await buffer(zip.outputStream);
  await readArchive(bytes, limits);
  return { bytes, archive_sha256: archiveSha256(bytes), bundle };
}

/**
 * Stored, not deflated: what deflate makes of the same bytes depends on the zlib that Node was built with and on the
 * processor. The time is the earliest there is, which yazl writes alike in every time zone.
 */
const ENTRY = { compress: false, mtime: new Date(0), mode: 0o100644, forceDosTimestamp: true } as const;

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
