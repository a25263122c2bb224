import { closeSync, openSync, writeSync } from "node:fs";
import { type Fault, fault } from "#engine/errors.ts";
import { reason } from "#io/folder_walk.ts";

/** A file that what is shown is added to, each line with its time. */
export interface LogFile {
  /** Whole lines, each with its line feed. */
  write(text: string): void;
  close(): void;
}

/** Opens the file at once, so that one that cannot be written is known before anything is done. */
export function openLog(path: string): LogFile | Fault {
  let descriptor: number;
  try {
    descriptor = openSync(path, "a", 0o600);
  } catch (error) {
    return fault("log-unwritable", `${path} cannot be written: ${reason(error)}; there is no log.`);
  }
  let broken = false;
  return {
    write(text) {
      const time = new Date().toISOString();
      const lines = text.split("\n").slice(0, -1);
      try {
        if (!broken) writeSync(descriptor, lines.map((line) => `${`${time} ${line}`.trimEnd()}\n`).join(""));
      } catch {
        // A full disk must not end a run.
        broken = true;
      }
    },
    close: () => closeSync(descriptor),
  };
}
