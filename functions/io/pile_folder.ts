import { type Dirent, readdirSync, readFileSync, realpathSync, type Stats, statSync } from "node:fs";
import { resolve, sep } from "node:path";
import type { AuditedFolder, FileStats } from "#engine/audit/audit_folder.ts";
import type { SourceFile } from "#engine/bundle/bundle.ts";
import { type Fault, fault } from "#engine/errors.ts";
import { type FolderLimits, LIMITS, throwAny } from "./folder.ts";
import { reason, unreadable } from "./folder_walk.ts";

/** Any folder of SQL, with what stands beside it. */
export interface PileFolder {
  /** In order of path. */
  readonly files: readonly SourceFile[];
  /** The folder's absolute path. */
  readonly path: string;
}

/** The same with what the disk says of each file, and with what could not be read. */
export type SurveyedFolder = PileFolder & AuditedFolder;

/** SQL, and what tools write beside it. */
const READ = /\.(?:sql|conf|plan|toml|xml|ya?ml|json)$/i;
/** Migrations that are programs: that they are there is all there is to know. */
const NAMED = /\.(?:js|mjs|cjs|ts|mts|cts|go|rb|py|java|kt|rs|exs?|php|cs)$/i;
/** Of files a project may hold more there than of all else, and no migration of its own. */
const DEPENDENCIES = "node_modules";

/**
 * Reads a folder of SQL that any tool may have written, with the files that tools keep beside it. Names that begin
 * with a dot and `node_modules` are passed over; of programs the bytes are not read. Throws a MigrationFault:
 * `no-such-folder`, or every `unreadable-file`.
 */
export function readPileFolder(folder: string, limits: FolderLimits = LIMITS): PileFolder {
  const { files, path, faults } = surveyPileFolder(folder, limits);
  throwAny(faults);
  return { files, path };
}

/** Reads what can be read of it; throws only where the folder itself cannot be, or holds too much. */
export function surveyPileFolder(folder: string, limits: FolderLimits = LIMITS): SurveyedFolder {
  const root = resolve(folder);
  const { paths, faults } = walk(root);
  const stats = new Map<string, FileStats>();
  if (paths.length > limits.files) {
    faults.push(unreadable(folder, `it holds ${paths.length} files, and ${limits.files} are the limit`));
    throwAny(faults);
  }
  let left = limits.total_bytes;
  const files = paths.flatMap((path): readonly SourceFile[] => {
    if (NAMED.test(path)) return [{ path, bytes: new Uint8Array() }];
    try {
      const { size, mtime } = statSync(`${root}/${path}`);
      stats.set(path, { size, modified: mtime.toISOString() });
      left -= size;
      if (size <= limits.file_bytes)
        return left < 0 ? [] : [{ path, bytes: readFileSync(`${root}/${path}`) }];
      faults.push(unreadable(path, `it has ${size} bytes, and ${limits.file_bytes} are the limit`));
    } catch (error) {
      faults.push(unreadable(path, reason(error)));
    }
    return [];
  });
  if (left < 0)
    throwAny([unreadable(folder, `its files have more than ${limits.total_bytes} bytes together`)]);
  return { files, path: root, stats, faults };
}

function walk(root: string): { readonly paths: readonly string[]; readonly faults: Fault[] } {
  const paths: string[] = [];
  const faults: Fault[] = [];
  const folders = [""];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    let entries: readonly Dirent[];
    try {
      entries = readdirSync(`${root}/${folder}`, { withFileTypes: true });
    } catch (error) {
      if (folder === "") throwAny([rootFault(root, error)]);
      faults.push(unreadable(folder, reason(error)));
      continue;
    }
    for (const entry of entries) {
      if (entry.name.startsWith(".")) continue;
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        if (entry.name !== DEPENDENCIES) folders.push(path);
        continue;
      }
      const wrong = entry.isSymbolicLink() ? faultOfLink(root, path) : faultOfFile(entry, path);
      if (wrong !== null) faults.push(wrong);
      else if (isWanted(path)) paths.push(path);
    }
  }
  return { paths: paths.sort(), faults };
}

const isWanted = (path: string): boolean => READ.test(path) || NAMED.test(path);

const faultOfFile = (entry: Dirent, path: string): Fault | null =>
  entry.isFile() || !isWanted(path) ? null : unreadable(path, "it is not a regular file");

/** A link is followed to a file inside the folder; one that may lead to SQL elsewhere is not left out unnoticed. */
function faultOfLink(root: string, path: string): Fault | null {
  let target: Stats;
  try {
    target = statSync(`${root}/${path}`);
  } catch (error) {
    return isWanted(path) ? unreadable(path, reason(error)) : null;
  }
  if (target.isDirectory()) return unreadable(path, "links to folders are not followed");
  if (!isWanted(path)) return null;
  if (!target.isFile()) return unreadable(path, "it is not a regular file");
  const inside = realpathSync(`${root}/${path}`).startsWith(`${realpathSync(root)}${sep}`);
  return inside ? null : unreadable(path, "the link leads out of the folder");
}

function rootFault(root: string, error: unknown): Fault {
  const { code } = error as NodeJS.ErrnoException;
  const remedy = "Name the folder that holds the SQL.";
  if (code === "ENOENT") return fault("no-such-folder", `There is no folder ${root}.`, { remedy });
  if (code === "ENOTDIR") return fault("no-such-folder", `${root} is not a folder.`, { remedy });
  return unreadable(root, reason(error));
}
