import { crc32, inflateRawSync } from "node:zlib";
import type { Entry, LocalFileHeader, ZipFile } from "yauzl";
import { type Fault, fault } from "#engine/errors.ts";
import type { ArchiveLimits } from "./archive_limits.ts";
import type { ListedEntry } from "./directory.ts";

const STORED = 0;
const DEFLATED = 8;
const LINK = 0o120000;
const REGULAR = 0o100000;

/** What the directory's own words on a file make us refuse, before a byte of it is inflated. */
export function faultsOfEntry({ name, entry }: ListedEntry, limits: ArchiveLimits): readonly Fault[] {
  const faults: Fault[] = [];
  const refuse = (code: Fault["code"], because: string): void => {
    faults.push(fault(code, `The entry ${JSON.stringify(name)} ${because}.`, { file: name }));
  };
  const { compressedSize, uncompressedSize, compressionMethod } = entry;
  const type = unixType(entry);
  if (type === LINK) refuse("archive-link", "is a link");
  else if (type !== 0 && type !== REGULAR) refuse("archive-link", "is no regular file");
  if (entry.isEncrypted()) refuse("archive-encrypted", "is encrypted");
  if (compressionMethod !== STORED && compressionMethod !== DEFLATED) {
    refuse("archive-compression", `is compressed by the method ${compressionMethod}`);
  }
  if (uncompressedSize > limits.file_bytes) {
    refuse("archive-inflates", `has ${uncompressedSize} bytes, and ${limits.file_bytes} are the limit`);
  }
  if (uncompressedSize > limits.ratio_from_bytes && uncompressedSize > compressedSize * limits.ratio) {
    refuse(
      "archive-ratio",
      `inflates from ${compressedSize} to ${uncompressedSize} bytes; ${limits.ratio} times is the limit`,
    );
  }
  return faults;
}

/** The type in the file's mode, which only archives made on Unix have; 0 where it says none. */
const unixType = ({ versionMadeBy, externalFileAttributes }: Entry): number =>
  versionMadeBy >> 8 === 3 ? (externalFileAttributes >>> 16) & 0o170000 : 0;

/** Where a file's own bytes stand in the archive, or why its header cannot be believed. */
export async function locateEntry(zip: ZipFile, { name, entry }: ListedEntry): Promise<EntryPlace | Fault> {
  let header: LocalFileHeader;
  try {
    header = await zip.readLocalFileHeaderPromise(entry);
  } catch (error) {
    return damaged(name, `has no header where the directory says (${(error as Error).message})`);
  }
  const same =
    header.fileName.equals(entry.fileNameRaw) &&
    header.compressionMethod === entry.compressionMethod &&
    (header.generalPurposeBitFlag & 1) === (entry.generalPurposeBitFlag & 1);
  // Readers that go by the header would see another file.
  if (!same) return damaged(name, "has another name or method in its header than in the directory");
  return {
    start: entry.relativeOffsetOfLocalHeader,
    data: header.fileDataStart,
    end: header.fileDataStart + entry.compressedSize,
  };
}

export interface EntryPlace {
  /** Of the header. */
  readonly start: number;
  readonly data: number;
  readonly end: number;
}

/** The bytes of a file, inflated no further than the directory says; or what is wrong with them. */
export function entryBytes(
  bytes: Buffer,
  { name, entry }: ListedEntry,
  { data, end }: EntryPlace,
): Buffer | Fault {
  const raw = bytes.subarray(data, end);
  const found = entry.compressionMethod === STORED ? raw : inflated(raw, entry.uncompressedSize, name);
  if (!Buffer.isBuffer(found)) return found;
  if (found.length !== entry.uncompressedSize) {
    return sizeFault(name, entry.uncompressedSize, `${found.length}`);
  }
  if (crc32(found) === entry.crc32) return found;
  return fault("archive-crc", `The bytes of ${name} do not have the check sum that the archive gives them.`, {
    file: name,
  });
}

function inflated(raw: Buffer, size: number, name: string): Buffer | Fault {
  try {
    // One byte more than announced, so that a lie is seen; nothing past that is inflated.
    const { buffer, engine } = inflateRawSync(raw, {
      maxOutputLength: size + 1,
      info: true,
    }) as unknown as Inflated;
    if (engine.bytesWritten === raw.length) return buffer;
    return damaged(name, "has bytes behind the end of its compressed data");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ERR_BUFFER_TOO_LARGE") return sizeFault(name, size, "more");
    return damaged(name, `cannot be inflated (${code ?? (error as Error).message})`);
  }
}

/** Of zlib's `info`, which its types leave out. */
interface Inflated {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

const damaged = (name: string, because: string): Fault =>
  fault("archive-damaged", `The entry ${JSON.stringify(name)} ${because}.`, { file: name });

const sizeFault = (name: string, wanted: number, found: string): Fault =>
  fault(
    "archive-size-differs",
    `${name} has ${wanted} bytes by the archive's directory, and ${found} in truth.`,
    {
      file: name,
    },
  );
