import { createHash } from "node:crypto";
import type { Archive } from "#engine/bundle/archived.ts";
import { faultsOfNames, topFolder } from "#engine/bundle/entry_names.ts";
import { isBundleFile } from "#engine/bundle/layout.ts";
import { MANIFEST_FILE } from "#engine/bundle/manifest.ts";
import { heldAgainst, type Manifest, readManifest } from "#engine/bundle/read_manifest.ts";
import type { ReadFile } from "#engine/bundle/source.ts";
import { type Fault, fault, MigrationFault } from "#engine/errors.ts";
import { ARCHIVE_LIMITS, type ArchiveLimits } from "./archive_limits.ts";
import { type ListedEntry, readDirectory } from "./directory.ts";
import { type EntryPlace, entryBytes, faultsOfEntry, locateEntry } from "./entry.ts";

/** So many faults of one archive are told. */
const FAULTS_TOLD = 50;

/**
 * Reads a zip file whole, in memory: nothing of it is given away before all of it was checked. Throws a
 * MigrationFault with every fault found, first those of its directory, then those of its bytes, then those
 * against its manifest.
 */
export async function readArchive(
  archive: Uint8Array,
  limits: ArchiveLimits = ARCHIVE_LIMITS,
): Promise<Archive> {
  const bytes = Buffer.from(archive.buffer, archive.byteOffset, archive.byteLength);
  throwAny(tooLarge("archive-too-large", bytes.length, limits.archive_bytes, "The archive has"));
  const { zip, entries } = await readDirectory(bytes, limits);
  const total = entries.reduce((sum, { entry }) => sum + entry.uncompressedSize, 0);
  throwAny([
    ...faultsOfNames(entries.map(({ name }) => name)),
    ...entries.flatMap((listed) => faultsOfEntry(listed, limits)),
    ...tooLarge("archive-inflates", total, limits.total_bytes, "The archive's files have together"),
  ]);

  const files = await readEntries(bytes, zip, entries);
  const top = topFolder(files.map(({ path }) => path));
  const inside = top === null ? files : files.flatMap((file) => below(top, file));
  return {
    files: inside.filter(({ path }) => isBundleFile(path)),
    archive_sha256: archiveSha256(bytes),
    manifest: manifestOf(inside),
    top,
  };
}

export const archiveSha256 = (archive: Uint8Array): string =>
  createHash("sha256").update(archive).digest("hex");

/** Also for a size that is known before the bytes are. */
export function tooLarge(
  code: Extract<Fault["code"], "archive-too-large" | "archive-inflates">,
  found: number,
  most: number,
  what: string,
): readonly Fault[] {
  return found <= most ? [] : [fault(code, `${what} ${found} bytes, and ${most} are the limit.`)];
}

async function readEntries(
  bytes: Buffer,
  zip: Parameters<typeof locateEntry>[0],
  entries: readonly ListedEntry[],
): Promise<readonly ReadFile[]> {
  const faults: Fault[] = [];
  const placed: { readonly listed: ListedEntry; readonly place: EntryPlace }[] = [];
  for (const listed of entries) {
    const place = await locateEntry(zip, listed);
    if ("code" in place) faults.push(place);
    else placed.push({ listed, place });
  }
  const inOrder = placed.toSorted((a, b) => a.place.start - b.place.start);
  for (const [i, { listed, place }] of inOrder.entries()) {
    const next = inOrder[i + 1];
    if (next === undefined || place.end <= next.place.start) continue;
    const said = `The entries ${JSON.stringify(listed.name)} and ${JSON.stringify(next.listed.name)} share bytes.`;
    faults.push(fault("archive-damaged", said, { file: listed.name }));
  }
  throwAny(faults);
  const files: ReadFile[] = [];
  for (const { listed, place } of placed) {
    const found = entryBytes(bytes, listed, place);
    if (Buffer.isBuffer(found)) files.push({ path: listed.name, bytes: found });
    else faults.push(found);
  }
  throwAny(faults);
  return files;
}

/** What lies beside the folder is no part of the bundle. */
const below = (top: string, { path, bytes }: ReadFile): readonly ReadFile[] =>
  path.startsWith(`${top}/`) ? [{ path: path.slice(top.length + 1), bytes }] : [];

function manifestOf(files: readonly ReadFile[]): Manifest | null {
  const file = files.find(({ path }) => path === MANIFEST_FILE);
  if (file === undefined) return null;
  const manifest = readManifest(file.bytes);
  if ("code" in manifest) throw new MigrationFault(manifest);
  throwAny(
    heldAgainst(
      manifest,
      files.filter((other) => other !== file),
    ),
  );
  return manifest;
}

function throwAny(faults: readonly Fault[]): void {
  const [first, ...rest] = faults.slice(0, FAULTS_TOLD);
  if (first !== undefined) throw new MigrationFault(first, ...rest);
}
