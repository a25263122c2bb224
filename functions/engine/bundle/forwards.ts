import { type Fault, fault } from "../errors.ts";
import type { Forward, PlacedFile } from "./find_scripts.ts";
import { labelOf, parseFileName } from "./names.ts";

/** Forward files by version, and what is wrong with the names of others. */
export interface Forwards<File extends PlacedFile> {
  /** In order of version. Files whose names are at fault come first, with null for a version. */
  readonly files: readonly (File & Forward & { readonly name: string })[];
  readonly faults: readonly Fault[];
}

/**
 * Reads the names of forward files. A `*_template.sql` without a version is left out; any other is
 * `no-version`. Two of one version are a `duplicate-version` that names both.
 */
export function readForwards<File extends PlacedFile>(placed: readonly File[]): Forwards<File> {
  const files: (File & Forward & { readonly name: string })[] = [];
  const faults: Fault[] = [];
  const firstOf = new Map<bigint, File>();
  for (const file of placed) {
    if (labelOf(file.stem) === null && file.stem.endsWith("_template")) continue;
    const parsed = parseFileName(file.stem, file.path);
    if ("code" in parsed) {
      faults.push(parsed);
      files.push({ ...file, label: labelOf(file.stem) ?? file.stem, version: null, name: "" });
      continue;
    }
    files.push({ ...file, ...parsed });
    const first = firstOf.get(parsed.version);
    if (first === undefined) firstOf.set(parsed.version, file);
    else faults.push(duplicateVersion(parsed.version, first, file));
  }
  files.sort((a, b) => compare(a.version ?? 0n, b.version ?? 0n));
  return { files, faults };
}

const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);

function duplicateVersion(version: bigint, first: PlacedFile, second: PlacedFile): Fault {
  const message = `${first.path} and ${second.path} are both version ${version}.`;
  // The usual reason for two: a script of the migration that stands beside it instead of below its folder.
  const script = [first, second].find(({ stem }) => /_(?:rollback|verify)$/.test(stem));
  const folder = script?.stem.endsWith("_verify") ? "verify" : "rollback";
  return script === undefined
    ? fault("duplicate-version", message, { file: second.path })
    : fault("duplicate-version", message, {
        file: second.path,
        remedy: `Give one of the files another version, or move ${script.path} into a folder ${folder}/.`,
      });
}
