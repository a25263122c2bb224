import { closeSync, lstatSync, mkdirSync, openSync, rmdirSync, unlinkSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { NewFile } from "#engine/bundle/create.ts";
import { fault, MigrationFault } from "#engine/errors.ts";
import { reason } from "./folder_walk.ts";

/**
 * Writes new files below `folder`, with the folders they need: all of them or, where one is there already
 * (`file-exists`) or cannot be written (`unwritable-file`), none. Throws a MigrationFault.
 */
export function writeFiles(folder: string, files: readonly NewFile[]): void {
  const root = resolve(folder);
  const [first, ...rest] = files
    .filter(({ path }) => isThere(join(root, path)))
    .map(({ path }) => exists(path));
  if (first !== undefined) throw new MigrationFault(first, ...rest);

  const undo: (() => void)[] = [];
  for (const { path, text } of files) {
    const full = join(root, path);
    let wrong = (error: unknown) => unwritable(path, reason(error));
    try {
      makeFolder(dirname(full), undo);
      wrong = (error) => (codeOf(error) === "EEXIST" ? exists(path) : unwritable(path, reason(error)));
      const descriptor = openSync(full, "wx");
      undo.push(() => unlinkSync(full));
      try {
        writeFileSync(descriptor, text);
      } finally {
        closeSync(descriptor);
      }
    } catch (error) {
      for (const step of undo.reverse()) attempt(step);
      throw new MigrationFault(wrong(error));
    }
  }
}

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code;

const exists = (path: string) => fault("file-exists", `${path} is there already.`, { file: path });

const unwritable = (path: string, because: string) =>
  fault("unwritable-file", `${path} cannot be written: ${because}.`, { file: path });

/** Also true of a link that leads nowhere. */
export function isThere(full: string): boolean {
  try {
    lstatSync(full);
    return true;
  } catch {
    // Whatever else is wrong, writing will meet it too and say so.
    return false;
  }
}

/** Makes a folder and those above it, each with its own step to take it away again. */
function makeFolder(full: string, undo: (() => void)[]): void {
  const missing: string[] = [];
  for (let folder = full; !isThere(folder) && folder !== dirname(folder); folder = dirname(folder))
    missing.push(folder);
  // One by one: `recursive` never ends where the system says of a folder's own name that it is not there (/proc).
  for (const folder of missing.reverse()) {
    try {
      mkdirSync(folder);
      undo.push(() => rmdirSync(folder));
    } catch (error) {
      // Somebody else has made it meanwhile; what else may stand in its place, the next step meets.
      if (codeOf(error) !== "EEXIST") throw error;
    }
  }
}

/** What cannot be taken away, such as a folder that someone else wrote into meanwhile, stays. */
function attempt(step: () => void): void {
  try {
    step();
  } catch {}
}
