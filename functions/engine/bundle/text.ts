import { hash } from "node:crypto";
import type { ErrorCode } from "../error_codes.ts";
import { type Fault, fault } from "../errors.ts";
import type { ScriptFile } from "../script/script.ts";
import { locate } from "../sql/position.ts";
import type { ReadFile } from "./source.ts";

/** A file's text without a leading BOM, or null and why it cannot be read. */
export type Decoded = { readonly text: string; readonly faults: readonly [] } | Undecoded;
interface Undecoded {
  readonly text: null;
  readonly faults: readonly Fault[];
}

const BOM = "\uFEFF";
const STRICT = { fatal: true, ignoreBOM: true } as const;
const LENIENT = new TextDecoder("utf-8", { ignoreBOM: true });

/** UTF-8 bytes as text. Faults: `utf16`, or the first `nul-byte`, `invalid-utf8` and `bom-inside`. */
export function decode({ path, bytes }: ReadFile): Decoded {
  if (looksLikeUtf16(bytes)) {
    return { text: null, faults: [fault("utf16", `${path} is UTF-16.`, { file: path, line: 1, column: 1 })] };
  }
  const text = decodeStrictly(bytes);
  const faults: Fault[] = [];
  const nul = bytes.indexOf(0);
  if (nul >= 0) faults.push(atByte("nul-byte", `${path} has a NUL byte.`, path, bytes, nul));
  if (text === null) {
    const at = firstInvalidByte(bytes);
    const value = bytes[at]?.toString(16).toUpperCase().padStart(2, "0");
    const found = value === undefined ? "ends within a character" : `has the byte 0x${value} out of place`;
    faults.push(atByte("invalid-utf8", `${path} is not UTF-8: it ${found}.`, path, bytes, at));
    return { text: null, faults };
  }
  const content = text.startsWith(BOM) ? text.slice(1) : text;
  const bom = content.indexOf(BOM);
  if (bom >= 0) {
    faults.push(
      fault("bom-inside", `${path} has a byte order mark inside.`, {
        file: path,
        ...locateVisibly(content, bom),
      }),
    );
  }
  return faults.length > 0 ? { text: null, faults } : { text: content, faults: [] };
}

/** A decoded file with both checksums. */
export function scriptFile({ path, bytes }: ReadFile, text: string): ScriptFile {
  const checksum_raw = sha256(bytes);
  // Hashing twice is only needed where normalising changes something: a BOM, or another line end than LF.
  const same = !text.includes("\r") && !(bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf);
  return { path, text, checksum: same ? checksum_raw : sha256(normalise(text)), checksum_raw };
}

/** The rollback block of a forward file; its checksums leave out the blanks that keep its place in the file. */
export function inlineScriptFile(path: string, text: string): ScriptFile {
  const block = text.trim();
  return { path, text, checksum: sha256(normalise(block)), checksum_raw: sha256(block) };
}

/** In hexadecimal digits. */
export const sha256 = (data: string | Uint8Array): string => hash("sha256", data, "hex");

const normalise = (text: string): string => text.replace(/\r\n?/g, "\n");

/** From here on text is kept outside of V8's heap, where so much of it would put off the collecting of all else. */
const LARGE_BYTES = 2 ** 20;

function decodeStrictly(bytes: Uint8Array): string | null {
  if (bytes.length > LARGE_BYTES && isAscii(bytes)) {
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
  }
  try {
    return new TextDecoder("utf-8", STRICT).decode(bytes);
  } catch {
    return null;
  }
}

function isAscii(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at++) if ((bytes[at] ?? 0) > 127) return false;
  return true;
}

/** By its byte order mark, or by a NUL in every second byte of its head, as ASCII has it there. */
function looksLikeUtf16(bytes: Uint8Array): boolean {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) return true;
  const head = bytes.subarray(0, Math.min(bytes.length, 64) & ~1);
  const nul = [0, 0];
  head.forEach((byte, at) => {
    if (byte === 0) nul[at % 2] = (nul[at % 2] ?? 0) + 1;
  });
  return Math.max(...nul) >= Math.max(2, head.length / 4) && Math.min(...nul) === 0;
}

function atByte(code: ErrorCode, message: string, path: string, bytes: Uint8Array, at: number): Fault {
  const head = LENIENT.decode(bytes.subarray(0, at));
  const rest = LENIENT.decode(bytes.subarray(at, at + 1000));
  const skip = head.startsWith(BOM) ? 1 : 0;
  const position = locateVisibly((head + rest).slice(skip), head.length - skip);
  return fault(code, message, { file: path, ...position });
}

/** What the place is about would be invisible in the excerpt: it is shown as the replacement character. */
const locateVisibly = (text: string, offset: number) => locate(text.replace(/[\0\uFEFF]/g, "\uFFFD"), offset);

/** Offset of the first byte that strict UTF-8 has no place for; the length where the last character is cut off. */
function firstInvalidByte(bytes: Uint8Array): number {
  let at = 0;
  while (at < bytes.length) {
    const lead = bytes[at] ?? 0;
    const more =
      lead < 0x80 ? 0 : lead < 0xc2 ? -1 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : lead < 0xf5 ? 3 : -1;
    if (more < 0) return at;
    for (let next = 1; next <= more; next++) {
      const byte = bytes[at + next];
      if (byte === undefined) return bytes.length;
      if (byte < 0x80 || byte > 0xbf || (next === 1 && !secondByteFits(lead, byte))) return at;
    }
    at += more + 1;
  }
  return bytes.length;
}

/** No overlong forms, no surrogates, nothing above U+10FFFF. */
function secondByteFits(lead: number, byte: number): boolean {
  if (lead === 0xe0) return byte >= 0xa0;
  if (lead === 0xed) return byte <= 0x9f;
  if (lead === 0xf0) return byte >= 0x90;
  if (lead === 0xf4) return byte <= 0x8f;
  return true;
}
