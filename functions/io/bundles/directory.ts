import { type Entry, fromBufferPromise, getFileNameLowLevel, type ZipFile } from "yauzl";
import { type Fault, fault, MigrationFault } from "#engine/errors.ts";
import type { ArchiveLimits } from "./archive_limits.ts";

/** A file as an archive's directory lists it; folders are left out. */
export interface ListedEntry {
  readonly name: string;
  readonly entry: Entry;
}

/** An archive's directory, read to its end. */
export interface Directory {
  readonly zip: ZipFile;
  readonly entries: readonly ListedEntry[];
}

/** Reads what an archive lists, and nothing of its files. Throws a MigrationFault. */
export async function readDirectory(bytes: Buffer, limits: ArchiveLimits): Promise<Directory> {
  const zip = await opened(bytes);
  if (zip.entryCount > limits.entries) {
    throw refused(
      "archive-too-many-entries",
      `has ${zip.entryCount} entries, and ${limits.entries} are the limit`,
    );
  }
  const entries: ListedEntry[] = [];
  const faults: Fault[] = [];
  let size = 0;
  try {
    for await (const entry of zip.eachEntry()) {
      size += 46 + entry.fileNameLength + entry.extraFieldLength + entry.fileCommentLength;
      const name = nameOf(entry);
      if (typeof name !== "string") faults.push(name);
      else if (!name.endsWith("/")) entries.push({ name, entry });
    }
  } catch (error) {
    throw new MigrationFault(directoryFault(error), ...faults);
  }
  const [first, ...rest] = faults;
  if (first !== undefined) throw new MigrationFault(first, ...rest);
  const { start, end } = directorySpan(bytes, zip.comment.length);
  // Else another reader sees files that were not checked here.
  if (start + size !== end) throw refused("archive-damaged", "counts fewer entries than its directory holds");
  return { zip, entries };
}

async function opened(bytes: Buffer): Promise<ZipFile> {
  try {
    // Names are decoded here: yauzl gives up at the first that it does not like.
    return await fromBufferPromise(bytes, { decodeStrings: false });
  } catch (error) {
    const { message } = error as Error;
    if (!message.startsWith("End of central directory")) throw refused("archive-damaged", said(message));
    if (bytes.subarray(0, 4).equals(FIRST_BYTES))
      throw refused("archive-truncated", "has no directory at its end");
    throw refused("not-an-archive", "is no zip file");
  }
}

const FIRST_BYTES = Buffer.from("PK\x03\x04", "latin1");

function directoryFault(error: unknown): Fault {
  const { message } = error as Error;
  if (/encrypt/.test(message)) return refusal("archive-encrypted", "has encrypted files");
  if (/size mismatch/.test(message)) {
    return refusal("archive-size-differs", "gives a stored file two sizes");
  }
  return refusal("archive-damaged", said(message));
}

/** yauzl's own words, which hold numbers only where names are not decoded. */
const said = (message: string): string => `cannot be read as a zip file (${message})`;

const refusal = (code: Fault["code"], because: string): Fault => fault(code, `The archive ${because}.`);
const refused = (code: Fault["code"], because: string): MigrationFault =>
  new MigrationFault(refusal(code, because));

/** Names are UTF-8 here, flagged as such or not: macOS does not flag them. `./` at the beginning says nothing. */
function nameOf({ generalPurposeBitFlag, fileNameRaw, extraFields }: Entry): string | Fault {
  const fromExtra = extraFields.some(({ id }) => id === UNICODE_PATH);
  try {
    const name = fromExtra
      ? getFileNameLowLevel(generalPurposeBitFlag | UTF8, fileNameRaw, extraFields, true)
      : UTF8_TEXT.decode(fileNameRaw);
    return name.replace(/^(?:\.\/)+(?=.)/, "");
  } catch {
    const shown = JSON.stringify(fileNameRaw.toString("latin1"));
    return fault("archive-bad-name", `The name of the entry ${shown} is not UTF-8.`);
  }
}

const UNICODE_PATH = 0x7075;
const UTF8 = 0x800;
const UTF8_TEXT = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Where the directory begins and ends, by the record at the archive's end, which yauzl has found there. */
function directorySpan(
  bytes: Buffer,
  commentLength: number,
): { readonly start: number; readonly end: number } {
  const record = bytes.length - 22 - commentLength;
  const locator = record - 20;
  if (locator < 0 || bytes.readUInt32LE(locator) !== 0x07064b50) {
    return { start: bytes.readUInt32LE(record + 16), end: record };
  }
  const end = Number(bytes.readBigUInt64LE(locator + 8));
  return { start: Number(bytes.readBigUInt64LE(end + 48)), end };
}
