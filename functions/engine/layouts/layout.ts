import type { Reading } from "./pile.ts";
import type { PileFile } from "./pile_file.ts";

/** How one tool lays out its files. */
export interface Layout {
  /**
   * What among the files only this tool writes, in words that name a file; null where nothing is. `root` is where the
   * files come from, as far as it is known.
   */
  readonly evidence: (files: readonly PileFile[], root: string) => string | null;
  readonly read: (files: readonly PileFile[]) => Reading;
}

/** The first file that `holds`, as evidence: `FILE is WHAT`. */
export function firstFile(
  files: readonly PileFile[],
  what: string,
  holds: (file: PileFile) => boolean,
): string | null {
  const found = files.find(holds);
  return found === undefined ? null : `${found.path} ${what}`;
}
