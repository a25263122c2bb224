import { existsSync, readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { fault, MigrationFault } from "#engine/errors.ts";
import { reason } from "#io/folder_walk.ts";

/** What a function takes at most, in bytes. */
export const LARGEST_EVENT = 64 * 1024;

/** The JSON object that an option's file holds. Throws a MigrationFault. */
export function readJson(path: string, option: string, cwd: string): Readonly<Record<string, unknown>> {
  const file = resolve(cwd, path);
  const value = parsed(read(file, path), `${path} (${option})`);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw new MigrationFault(fault("bad-argument", `${path} (${option}) holds no JSON object.`));
}

function read(file: string, path: string): string {
  if (!existsSync(file)) {
    throw new MigrationFault(fault("unreadable-file", `${path} is not there.`, { file: path }));
  }
  try {
    const found = statSync(file);
    if (found.size > LARGEST_EVENT) throw tooLarge(path, found.size);
    // A device may have no end.
    if (found.isCharacterDevice()) {
      throw new MigrationFault(fault("unreadable-file", `${path} is a device, and no file.`, { file: path }));
    }
    return readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof MigrationFault) throw error;
    throw new MigrationFault(
      fault("unreadable-file", `${path} cannot be read: ${reason(error)}.`, { file: path }),
    );
  }
}

/** The fault of what is more than a function takes. */
export const tooLarge = (what: string, bytes: number): MigrationFault =>
  new MigrationFault(fault("payload-too-large", `${what} is ${bytes} bytes; ${LARGEST_EVENT} are the most.`));

function parsed(text: string, what: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new MigrationFault(fault("bad-argument", `${what} is not JSON: ${why}.`));
  }
}
