import { type Fault, fault } from "../errors.ts";
import { type Place, REPEATABLE } from "./layout.ts";
import { labelOf, parseFileName } from "./names.ts";

/** A file with its path and place. */
export interface PlacedFile extends Place {
  readonly path: string;
}

/** A forward file, to which scripts are found; `version` is null of a repeatable one, and where its name is at fault. */
export interface Forward extends PlacedFile {
  readonly label: string;
  readonly version: bigint | null;
}

export interface FoundScripts<File extends PlacedFile> {
  /** By the forward file's path. */
  readonly scripts: ReadonlyMap<string, File>;
  /** Files whose names begin with a digit or `R__`, or with a migration's name: those of `scripts` and those at fault. */
  readonly named: readonly File[];
  /** The others. */
  readonly left_alone: readonly File[];
  readonly faults: readonly Fault[];
}

/**
 * Finds each rollback script (or each verification) of the forward files: `<stem>_rollback.sql` or
 * `<label>_rollback.sql` below a `rollback/` at the root or beside the forward file. Two for one migration
 * are a `duplicate-script`, one for none an `orphan-script`.
 */
export function findScripts<File extends PlacedFile>(
  role: "rollback" | "verify",
  files: readonly File[],
  forwards: readonly Forward[],
): FoundScripts<File> {
  const byName = new Map<string, Forward>();
  const byVersion = new Map<bigint, Forward>();
  for (const forward of forwards) {
    for (const name of [forward.stem, forward.label]) if (!byName.has(name)) byName.set(name, forward);
    if (forward.version !== null && !byVersion.has(forward.version)) byVersion.set(forward.version, forward);
  }

  const scripts = new Map<string, File>();
  const faults: Fault[] = [];
  const suffix = `_${role}`;
  const ownerOf = ({ stem }: File): Forward | undefined =>
    stem.endsWith(suffix) ? byName.get(stem.slice(0, -suffix.length)) : undefined;
  const isNamed = (file: File) => /^(?:\d|R__)/.test(file.stem) || ownerOf(file) !== undefined;
  const named = files.filter(isNamed);
  for (const file of named) {
    const owner = ownerOf(file);
    if (owner === undefined || !mayStand(file, owner)) {
      faults.push(orphan(role, file, owner ?? versionMate(file, byVersion)));
      continue;
    }
    const other = scripts.get(owner.path);
    if (other === undefined) scripts.set(owner.path, file);
    else {
      const message = `${other.path} and ${file.path} are both the ${WORDS[role]} of ${owner.path}.`;
      faults.push(fault("duplicate-script", message, { file: file.path }));
    }
  }
  return { scripts, named, left_alone: files.filter((file) => !isNamed(file)), faults };
}

const WORDS = { rollback: "rollback script", verify: "verification" } as const;

const mayStand = (file: Place, forward: Place): boolean =>
  file.folder === "" || file.folder === forward.folder;

/** The migration that a script with another name seems to be meant for. */
function versionMate(file: PlacedFile, byVersion: ReadonlyMap<bigint, Forward>): Forward | undefined {
  const parsed = parseFileName(file.stem, file.path);
  return "version" in parsed ? byVersion.get(parsed.version) : undefined;
}

function orphan(role: "rollback" | "verify", file: PlacedFile, mate: Forward | undefined): Fault {
  const at = { file: file.path };
  if (file.stem.startsWith(REPEATABLE) && mate === undefined) {
    return role === "rollback"
      ? fault("orphan-script", `${file.path}: a repeatable migration has no rollback script.`, {
          ...at,
          remedy: "Remove it; what a repeatable migration made is dropped by a versioned one.",
        })
      : fault("orphan-script", `${file.path}: no repeatable migration has this name.`, at);
  }
  if (mate === undefined) {
    const version = labelOf(file.stem) ?? file.stem;
    return fault("orphan-script", `${file.path}: no migration has the version ${version}.`, at);
  }
  if (!mayStand(file, mate)) {
    const message = `${file.path} belongs to ${mate.path}, which stands in another folder.`;
    const remedy = `Move it to ${role}/ at the bundle's root or beside the migration.`;
    return fault("orphan-script", message, { ...at, remedy });
  }
  const message = `${file.path} is not named as the ${WORDS[role]} of ${mate.path}.`;
  const remedy = `Rename it to ${mate.stem}_${role}.sql or ${mate.label}_${role}.sql, or remove it.`;
  return fault("orphan-script", message, { ...at, remedy });
}
