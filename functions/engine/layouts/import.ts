import { readBundle } from "../bundle/bundle.ts";
import { type Fault, MigrationFault } from "../errors.ts";
import type { Pile } from "./pile.ts";
import { type BundleFile, type ImportedBundle, toBundle } from "./to_bundle.ts";

/** What an import would write, and whether it may. */
export interface Import {
  readonly bundle: ImportedBundle;
  /** Nothing is written where there is any. */
  readonly refusals: readonly Fault[];
  readonly warnings: readonly Fault[];
}

/**
 * Makes a bundle of a pile and reads it back. What cannot be translated refuses it, unless that is to be `skip`ped:
 * then it is said as warnings. `loadParser()` must have been awaited.
 */
export function planImport(pile: Pile, skip: boolean): Import {
  const bundle = toBundle(pile);
  const untranslated = [...pile.untranslated, ...bundle.untranslated];
  const wrong = [...pile.faults, ...(skip ? [] : untranslated)];
  return {
    bundle,
    refusals: wrong.length > 0 ? wrong : readBack(bundle.files),
    warnings: [...(skip ? untranslated : []), ...bundle.warnings],
  };
}

/** What our own reader has against the new files, told of the places that they come from. */
function readBack(files: readonly BundleFile[]): readonly Fault[] {
  if (!files.some(({ role }) => role === "up" || role === "repeatable")) return [];
  const sources = files.map(({ path, text }) => ({ path, bytes: new TextEncoder().encode(text) }));
  try {
    readBundle(sources, { name: "import", path: "the new bundle" });
    return [];
  } catch (error) {
    if (!(error instanceof MigrationFault)) throw error;
    return error.faults.map((found) => placed(found, files));
  }
}

function placed(found: Fault, files: readonly BundleFile[]): Fault {
  const file = files.find(({ path }) => path === found.file);
  if (file === undefined || file.from === null) return found;
  return {
    ...found,
    message: found.message.replaceAll(file.path, file.from),
    file: file.from,
    line: found.line === null ? null : Math.max(1, found.line + file.shift),
  };
}
