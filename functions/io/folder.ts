import { accessSync, constants, readFileSync, statSync } from "node:fs";
import { basename, resolve } from "node:path";
import type { SourceFile } from "#engine/bundle/bundle.ts";
import { type Fault, MigrationFault } from "#engine/errors.ts";
import { reason, unreadable, walkFolder } from "./folder_walk.ts";

/** A bundle's files, with what `readBundle` wants to know of where they came from. */
export interface Folder {
  /** In order of path. */
  readonly files: readonly SourceFile[];
  /** The folder's own name and its absolute path. */
  readonly source: { readonly name: string; readonly path: string };
}

export interface FolderLimits {
  readonly files: number;
  readonly file_bytes: number;
  /** Of all files together. */
  readonly total_bytes: number;
}

/** Above this a file's bytes and its text are not held together longer than need be. */
const LARGE_BYTES = 2 ** 20;
/** The same for a bundle and for a pile, which may become one. */
export const LIMITS: FolderLimits = { files: 100_000, file_bytes: 256 * 2 ** 20, total_bytes: 2 ** 30 };

/**
 * Reads the files of a bundle: `*.sql` at any depth and `bundle.json` at the root. Names that begin with a
 * dot and what lies below `seed/` are passed over; links: see `walkFolder`. Throws a MigrationFault:
 * `no-such-folder`, or every `unreadable-file`.
 */
export function readFolder(folder: string, limits: FolderLimits = LIMITS): Folder {
  const root = resolve(folder);
  const { paths, faults: found } = walkFolder(root);
  if (paths.length > limits.files) {
    throwAny([unreadable(folder, `it holds ${paths.length} files, and ${limits.files} are the limit`)]);
  }
  const faults = [...found];
  const files: SourceFile[] = [];
  let left = limits.total_bytes;
  for (const path of paths) {
    try {
      // Synchronous on purpose: small files take a third of the time.
      const { size } = statSync(`${root}/${path}`);
      if (size > limits.file_bytes) {
        faults.push(unreadable(path, `it has ${size} bytes, and ${limits.file_bytes} are the limit`));
        continue;
      }
      left -= size;
      if (left < 0) continue;
      if (size > LARGE_BYTES) {
        accessSync(`${root}/${path}`, constants.R_OK);
        files.push({ path, bytes: () => readLarge(root, path, limits.file_bytes) });
      } else files.push({ path, bytes: readFileSync(`${root}/${path}`) });
    } catch (error) {
      faults.push(unreadable(path, reason(error)));
    }
  }
  if (left < 0)
    faults.push(unreadable(folder, `its files have more than ${limits.total_bytes} bytes together`));
  throwAny(faults);
  return { files, source: { name: basename(root) || "bundle", path: root } };
}

/** Its turn comes later, so what was found out about it is found out again. */
function readLarge(root: string, path: string, most: number): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(`${root}/${path}`);
  } catch (error) {
    throw new MigrationFault(unreadable(path, reason(error)));
  }
  if (bytes.length <= most) return bytes;
  throw new MigrationFault(unreadable(path, `it has ${bytes.length} bytes, and ${most} are the limit`));
}

/** One of the files that `readFolder` would read. Throws `unreadable-file`. */
export function readFolderFile(folder: string, path: string): SourceFile {
  return { path, bytes: readLarge(resolve(folder), path, LIMITS.file_bytes) };
}

/** The paths that `readFolder` would read, in order, unread. Throws what it would throw for names and links. */
export function listFolder(folder: string): readonly string[] {
  const { paths, faults } = walkFolder(resolve(folder));
  throwAny(faults);
  return paths;
}

export function throwAny([first, ...rest]: readonly Fault[]): void {
  if (first !== undefined) throw new MigrationFault(first, ...rest);
}
