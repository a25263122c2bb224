import { type Dirent, readdirSync, realpathSync, type Stats, statSync } from "node:fs";
import { sep } from "node:path";
import { isBundleFile, isOutside } from "#engine/bundle/layout.ts";
import { type Fault, fault } from "#engine/errors.ts";

/** The files of a bundle below a folder, unread. */
export interface Walk {
  /** From the folder, with `/`, in order. */
  readonly paths: readonly string[];
  readonly faults: readonly Fault[];
}

/**
 * Finds the files of a bundle below `root`, an absolute path. A link to a file is followed where it ends
 * inside the folder, as a mounted ConfigMap has them; any other link that may lead to SQL is a fault, so
 * that nothing is left out unnoticed.
 */
export function walkFolder(root: string): Walk {
  const paths: string[] = [];
  const faults: Fault[] = [];
  const folders = [""];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    let entries: readonly Dirent[];
    try {
      entries = readdirSync(`${root}/${folder}`, { withFileTypes: true });
    } catch (error) {
      faults.push(folder === "" ? rootFault(root, error) : unreadable(folder, reason(error)));
      continue;
    }
    for (const entry of entries) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        if (!isOutside(path)) folders.push(path);
      } else if (entry.isSymbolicLink()) {
        const wrong = faultOfLink(root, path);
        if (wrong !== null) faults.push(wrong);
        else if (isBundleFile(path)) paths.push(path);
      } else if (isBundleFile(path)) {
        if (entry.isFile()) paths.push(path);
        else faults.push(unreadable(path, "it is not a regular file"));
      }
    }
  }
  return { paths: paths.sort(), faults };
}

/** What is wrong with a link, or null where it can be followed, or ignored because nothing is looked for there. */
function faultOfLink(root: string, path: string): Fault | null {
  let target: Stats;
  try {
    target = statSync(`${root}/${path}`);
  } catch (error) {
    return isBundleFile(path) ? unreadable(path, reason(error)) : null;
  }
  if (target.isDirectory()) {
    return isOutside(path) ? null : unreadable(path, "links to folders are not followed");
  }
  if (!isBundleFile(path)) return null;
  if (!target.isFile()) return unreadable(path, "it is not a regular file");
  const inside = realpathSync(`${root}/${path}`).startsWith(`${realpathSync(root)}${sep}`);
  return inside ? null : unreadable(path, "the link leads out of the folder");
}

function rootFault(root: string, error: unknown): Fault {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === "ENOENT") return fault("no-such-folder", `There is no folder ${root}.`);
  if (code === "ENOTDIR") return fault("no-such-folder", `${root} is not a folder.`);
  return unreadable(root, reason(error));
}

/** The fault of a file or folder that cannot be read, `because` of what. */
export function unreadable(path: string, because: string): Fault {
  return fault("unreadable-file", `${path} cannot be read: ${because}.`, { file: path });
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  ENOENT: "there is nothing at the end of the link",
  EEXIST: "a file stands where a folder is wanted",
  ENOTDIR: "a file stands where a folder is wanted",
  ENOSPC: "the disk is full",
  EROFS: "the file system is read-only",
  ELOOP: "its links lead in a circle",
};

/** The system's reason in words, or its code. */
export function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return REASONS[code ?? ""] ?? code ?? message;
}
