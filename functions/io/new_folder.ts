import { readdirSync } from "node:fs";
import { fault, MigrationFault } from "#engine/errors.ts";
import { reason } from "./folder_walk.ts";

/** Makes sure that a folder is not there yet, or is empty. Throws a MigrationFault: `import-target-exists`. */
export function expectNewFolder(folder: string, shown: string): void {
  let entries: readonly string[];
  try {
    entries = readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw new MigrationFault(
      fault("import-target-exists", `${shown} cannot be written into: ${reason(error)}.`, { file: shown }),
    );
  }
  if (entries.length === 0) return;
  throw new MigrationFault(fault("import-target-exists", `${shown} is not empty.`, { file: shown }));
}
