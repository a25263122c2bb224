import { closeSync, openSync, readFileSync, readSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { fault, MigrationFault } from "#engine/errors.ts";
import { reason } from "../folder_walk.ts";

/**
 * Writes an archive in the place of an older one; anything else that is there stays (`file-exists`). A reader sees
 * the old one or the new one, whole. False where the same bytes were there already. Throws a MigrationFault.
 */
export function replaceArchive(path: string, bytes: Buffer): boolean {
  try {
    const head = headOf(path);
    if (head !== null && head !== "PK") {
      const said = `${path} is there already, and is no zip file.`;
      throw new MigrationFault(fault("file-exists", said));
    }
    if (head !== null && readFileSync(path).equals(bytes)) return false;
    const beside = `${path}.${process.pid}.part`;
    try {
      writeFileSync(beside, bytes, { flag: "wx" });
      renameSync(beside, path);
    } finally {
      rmSync(beside, { force: true });
    }
    return true;
  } catch (error) {
    if (error instanceof MigrationFault) throw error;
    const absent = (error as NodeJS.ErrnoException).code === "ENOENT";
    const because = absent ? "there is no such folder" : reason(error);
    throw new MigrationFault(fault("unwritable-file", `${path} cannot be written: ${because}.`));
  }
}

/** The first two bytes of a file; null where there is none. */
function headOf(path: string): string | null {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  try {
    const head = Buffer.alloc(2);
    return head.toString("latin1", 0, readSync(file, head, 0, 2, 0));
  } finally {
    closeSync(file);
  }
}
