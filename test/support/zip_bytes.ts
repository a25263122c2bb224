import { crc32, deflateRawSync } from "node:zlib";

/** One entry of a zip file, each field of which may lie. */
export interface ZipEntry {
  readonly name: string | Buffer;
  readonly text?: string | Uint8Array;
  /** Deflated where true; else stored. */
  readonly deflate?: boolean;
  readonly method?: number;
  readonly flags?: number;
  readonly crc?: number;
  /** Uncompressed, as the headers say it. */
  readonly size?: number;
  /** The bytes as they stand in the archive. */
  readonly packed?: Buffer;
  /** Unix mode; the system that made it is Unix. */
  readonly mode?: number;
  /** In the local header alone. */
  readonly local_name?: string;
  readonly extra?: Buffer;
  /** Where the directory says that the header is. */
  readonly offset?: number;
}

/** A zip file made by hand, for what no honest tool writes. `count` is the number of entries that it owns up to. */
export function zipOf(entries: readonly ZipEntry[], count = entries.length, comment = ""): Buffer {
  const local: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const entry of entries) {
    const raw = Buffer.from(entry.text ?? "");
    const packed = entry.packed ?? (entry.deflate === true ? deflateRawSync(raw) : raw);
    const name = Buffer.from(entry.name);
    const localName = Buffer.from(entry.local_name ?? entry.name);
    const extra = entry.extra ?? Buffer.alloc(0);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(entry.flags ?? 0x800, 2);
    common.writeUInt16LE(entry.method ?? (entry.deflate === true ? 8 : 0), 4);
    common.writeUInt16LE(0x21, 8);
    common.writeUInt32LE(entry.crc ?? crc32(raw), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(entry.size ?? raw.length, 18);
    common.writeUInt16LE(localName.length, 22);
    const header = Buffer.concat([Buffer.from("PK\x03\x04", "latin1"), common, localName, packed]);
    local.push(header);
    const listed = Buffer.from(common);
    listed.writeUInt16LE(name.length, 22);
    listed.writeUInt16LE(extra.length, 24);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(((entry.mode ?? 0o100644) << 16) >>> 0, 6);
    tail.writeUInt32LE(entry.offset ?? at, 10);
    const made = Buffer.from([63, 3]);
    directory.push(Buffer.from("PK\x01\x02", "latin1"), made, listed, tail, name, extra);
    at += header.length;
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", "latin1");
  end.writeUInt16LE(count, 8);
  end.writeUInt16LE(count, 10);
  end.writeUInt32LE(listed.length, 12);
  end.writeUInt32LE(at, 16);
  end.writeUInt16LE(comment.length, 20);
  return Buffer.concat([...local, listed, end, Buffer.from(comment)]);
}

/** A plain zip of these texts, by name. */
export const plainZip = (texts: Readonly<Record<string, string>>): Buffer =>
  zipOf(Object.entries(texts).map(([name, text]) => ({ name, text, deflate: true })));
