import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { NewFile } from "#engine/bundle/create.ts";
import { type Fault, fault, MigrationFault } from "#engine/errors.ts";
import { reason } from "./folder_walk.ts";
import { isThere, writeFiles } from "./write_files.ts";

/** What is written and moved, in this order: the list, then what moves, then what is new. */
export interface FolderChange {
  /** Written over the one that is there. */
  readonly list: NewFile;
  readonly moved: readonly { readonly from: string; readonly to: string }[];
  readonly written: readonly NewFile[];
}

/** While one is at work in a folder. */
export const LOCK_FILE = ".consolidating";

/**
 * Changes a bundle's folder as a whole: where anything fails, everything is put back. Whoever is cut off half way leaves
 * a folder that is refused as a bundle, since its list does not fit. `unchanged` is asked once nobody else can be at
 * work. Throws a MigrationFault.
 */
export function writeConsolidation(folder: string, change: FolderChange, unchanged: () => boolean): void {
  const lock = join(folder, LOCK_FILE);
  takeLock(lock);
  const undo: (() => void)[] = [];
  try {
    if (!unchanged()) {
      const remedy = "Run it again.";
      throw new MigrationFault(fault("bundle-differs", "The files were changed meanwhile.", { remedy }));
    }
    replaceFile(join(folder, change.list.path), change.list.text, undo);
    for (const { from, to } of change.moved) move(folder, from, to, undo);
    writeFiles(folder, change.written);
  } catch (error) {
    for (const step of undo.reverse()) attempt(step);
    throw error instanceof MigrationFault ? error : new MigrationFault(unwritable(folder, error));
  } finally {
    attempt(() => rmSync(lock));
  }
}

function takeLock(lock: string): void {
  try {
    const descriptor = openSync(lock, "wx");
    writeFileSync(descriptor, `${process.pid}\n`);
    closeSync(descriptor);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw new MigrationFault(unwritable(lock, error));
    const remedy = `Wait for it; where none is at work any more, and \`paws-migrate check\` is content, remove ${LOCK_FILE}.`;
    throw new MigrationFault(
      fault("other-run", `Another consolidation is at work: ${lock} is there.`, { remedy }),
    );
  }
}

function replaceFile(path: string, text: string, undo: (() => void)[]): void {
  const before = isThere(path) ? readFileSync(path) : null;
  undo.push(() => (before === null ? rmSync(path) : writeFileSync(path, before)));
  const next = `${path}.next`;
  writeFileSync(next, text, { flag: "wx" });
  try {
    renameSync(next, path);
  } catch (error) {
    rmSync(next);
    throw error;
  }
}

function move(folder: string, from: string, to: string, undo: (() => void)[]): void {
  const [old, now] = [join(folder, from), join(folder, to)];
  if (isThere(now)) throw new MigrationFault(fault("file-exists", `${to} is there already.`, { file: to }));
  const first = mkdirSync(dirname(now), { recursive: true });
  if (first !== undefined) undo.push(() => removeEmpty(dirname(now), first));
  renameSync(old, now);
  undo.push(() => renameSync(now, old));
}

/** Folders from `inner` up to `outer` that hold nothing. */
function removeEmpty(inner: string, outer: string): void {
  for (let folder = inner; folder.length >= outer.length; folder = dirname(folder)) rmdirSync(folder);
}

const unwritable = (path: string, error: unknown): Fault =>
  fault("unwritable-file", `${path} cannot be written: ${reason(error)}.`);

/** What cannot be put back stays, and the bundle is refused for it. */
function attempt(step: () => void): void {
  try {
    step();
  } catch {}
}
