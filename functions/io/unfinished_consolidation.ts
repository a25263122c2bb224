import { existsSync } from "node:fs";
import { join } from "node:path";
import { fault, MigrationFault } from "#engine/errors.ts";
import { LOCK_FILE } from "./write_consolidation.ts";

/**
 * What is wrong with a folder's bundle, and before it why, where a consolidation has not come to its end there: what is
 * said of the files by themselves would lead astray.
 */
export function withUnfinished(folder: string, error: unknown): unknown {
  if (!(error instanceof MigrationFault) || !existsSync(join(folder, LOCK_FILE))) return error;
  const message = `A consolidation is at work in ${folder}, or was cut off: ${LOCK_FILE} is there.`;
  const remedy = `Wait for it. Where none is at work, move what lies in .replaced/ back to where it was, take its entry out of consolidated.json, and remove what is new and ${LOCK_FILE}.`;
  return new MigrationFault(fault("consolidated-invalid", message, { remedy }), ...error.faults);
}
