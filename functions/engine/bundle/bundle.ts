import { type Fault, fault, MigrationFault } from "../errors.ts";
import type { Placeholders } from "../placeholders/declared.ts";
import type { Directives, ScriptFile } from "../script/script.ts";
import {
  CONSOLIDATED_FILE,
  type Consolidated,
  consolidatedFaults,
  readConsolidated,
} from "./consolidated.ts";
import { findScripts, type PlacedFile } from "./find_scripts.ts";
import { readForwards } from "./forwards.ts";
import { matchesGlob } from "./glob.ts";
import { IMPORTED_FILE, type Imported, readImported } from "./imported.ts";
import { isBundleFile, OPTIONS_FILE, placeOf } from "./layout.ts";
import { digestOf, listedFile, manifestText } from "./manifest.ts";
import { assemble, type OpenedScript, openScript } from "./migration.ts";
import { readOptions } from "./options.ts";
import { asForward, assembleRepeatable, readRepeatables } from "./repeatables.ts";
import { readSource } from "./source.ts";

/** One file as it was found: the seam between folders, archives and the engine. */
export interface SourceFile {
  /** Path from the bundle's root, with `/`. */
  readonly path: string;
  /** A large file is read when it is its turn, and not kept; the function throws a MigrationFault. */
  readonly bytes: Uint8Array | (() => Uint8Array);
}

/** Keys of STORY-007's header and NOTES, as written; null where absent. */
export interface Header {
  readonly description: string | null;
  readonly author: string | null;
  readonly date: string | null;
  readonly epic: string | null;
  readonly story: string | null;
  readonly dependencies: string | null;
  readonly breaking_changes: string | null;
  readonly data_migration: string | null;
  readonly estimated_duration: string | null;
}

export interface Migration {
  readonly version: bigint;
  /** The version as the file spells it: `005`, `20250102_120000`. */
  readonly label: string;
  /** The rest of the file's name: `add_course_prerequisites`. */
  readonly name: string;
  readonly up: ScriptFile;
  readonly rollback: ScriptFile | null;
  /** The rollback stands in the forward file, in the comment after MIGRATION DOWN. */
  readonly rollback_inline: boolean;
  readonly verify: ScriptFile | null;
  /** Of the forward file. */
  readonly directives: Directives;
  readonly header: Header;
}

/** A migration without a version: applied behind the versioned ones, and again whenever its text has changed. */
export interface Repeatable {
  readonly version: null;
  readonly label: "";
  /** Of its file, without `R__`: what its order goes by, and what the history knows it by. */
  readonly name: string;
  readonly up: ScriptFile;
  /** What it made is replaced, never rolled back. */
  readonly rollback: null;
  readonly verify: ScriptFile | null;
  readonly directives: Directives;
  readonly header: Header;
}

export type AnyMigration = Migration | Repeatable;

/** `bundle.json`, with the defaults filled in. */
export interface BundleOptions {
  readonly name: string;
  readonly version: string | null;
  /** Paths or globs of forward files that are not migrations. */
  readonly ignore: readonly string[];
  /** `refuse` a late lower version, or `allow` it always. */
  readonly out_of_order: "refuse" | "allow";
  readonly allow: readonly ("dblink" | "copy-program")[];
  /** `shared`: what a file SETs is in force in the files behind it too, as where one psql session ran them all. */
  readonly session: "isolated" | "shared";
  /** Its own schemas, as the catalog names them; null where it does not say. */
  readonly schemas: readonly string[] | null;
  /** How new files are named and laid out: `20250102120000_x`, or STORY-007's `20250102_120000_x` and template. */
  readonly layout: "plain" | "story";
  readonly placeholders: Placeholders | null;
}

/** An immutable, versioned set of migrations: bytes, names, pairs and directives checked; SQL not yet parsed. */
export interface Bundle {
  readonly options: BundleOptions;
  /** sha256 (hex) of the manifest: of every file's path, size and sha256. */
  readonly digest: string;
  /** The text of its manifest. */
  readonly manifest: string;
  /** Where it came from: the path of a folder or of a zip file, or `s3://bucket/key?versionId=...`. */
  readonly source: string;
  /** In order of version. */
  readonly migrations: readonly Migration[];
  /** In order of name. */
  readonly repeatables: readonly Repeatable[];
  /** Which of another tool's migrations these were; null where they were nobody else's. */
  readonly imported: Imported | null;
  /** Which of its migrations stand in the place of others. */
  readonly consolidated: readonly Consolidated[];
  /** Files below rollback/ and verify/ that are named after no migration. */
  readonly left_alone: readonly string[];
  readonly warnings: readonly Fault[];
}

/**
 * Reads the files of a folder or an archive, in any order; what is no file of a bundle is passed over.
 * `source.name` and `source.version` are the bundle's where bundle.json gives none, `source.path` where it came from.
 * Throws a MigrationFault with every fault found, in order of path; with those of bundle.json alone where it
 * has any, since the rest is read by it.
 */
export function readBundle(
  files: readonly SourceFile[],
  source: { readonly name: string; readonly version?: string | null; readonly path: string },
): Bundle {
  const sources = files.filter(({ path }) => isBundleFile(path)).toSorted(byPath);
  const { options, faults: optionFaults } = readOptions(
    sources.find(({ path }) => path === OPTIONS_FILE),
    source.name,
    source.version,
  );
  const { imported, faults: importedFaults } = readImported(
    sources.find(({ path }) => path === IMPORTED_FILE),
  );
  const { consolidated, faults: unreadable } = readConsolidated(
    sources.find(({ path }) => path === CONSOLIDATED_FILE),
  );
  throwAny([...optionFaults, ...importedFaults, ...unreadable]);

  const placed = sources.flatMap((file): Placed[] => {
    const place = placeOf(file.path);
    if (place === null || options.ignore.some((pattern) => matchesGlob(pattern, file.path))) return [];
    return [{ ...place, path: file.path, source: file }];
  });
  const ofRole = (role: Placed["role"]) => placed.filter((file) => file.role === role);
  const forwards = readForwards(ofRole("up"));
  const rollbacks = findScripts("rollback", ofRole("rollback"), forwards.files);
  const repeated = readRepeatables(ofRole("repeatable"));
  const verifies = findScripts("verify", ofRole("verify"), [
    ...forwards.files,
    ...repeated.files.map(asForward),
  ]);
  const faults = [
    strangePaths(sources),
    ...[forwards, repeated, rollbacks, verifies].map((read) => read.faults),
  ].flat();

  const scripts = new Map<string, OpenedScript>();
  for (const file of [...forwards.files, ...repeated.files, ...rollbacks.named, ...verifies.named]) {
    const read = openScript(file.source);
    faults.push(...read.faults);
    if (read.script !== null) scripts.set(file.path, read.script);
  }
  const scriptOf = (file: Placed | undefined) => (file && scripts.get(file.path)?.file) ?? null;

  const migrations: Migration[] = [];
  const warnings: Fault[] = [];
  for (const forward of forwards.files) {
    const up = scripts.get(forward.path);
    const { version } = forward;
    if (up === undefined || version === null) continue;
    const [rollback, verify] = [rollbacks, verifies].map((found) =>
      scriptOf(found.scripts.get(forward.path)),
    );
    const made = assemble({ ...forward, version }, up, rollback ?? null, verify ?? null);
    migrations.push(made.migration);
    faults.push(...made.faults);
    warnings.push(...made.warnings);
  }
  const repeatables: Repeatable[] = [];
  for (const file of repeated.files) {
    const up = scripts.get(file.path);
    if (up === undefined) continue;
    const made = assembleRepeatable(file.name, up, scriptOf(verifies.scripts.get(file.path)));
    repeatables.push(made.repeatable);
    faults.push(...made.faults);
  }
  throwAny(faults.length > 0 ? faults : consolidatedFaults(consolidated, migrations));
  if (migrations.length + repeatables.length === 0)
    throwAny([fault("empty-bundle", `${source.path} holds no migration.`)]);

  const listed = sources.map((file) => scripts.get(file.path)?.listed ?? listedFile(readSource(file)));
  const manifest = manifestText(options, listed, migrations, repeatables);
  return {
    options,
    digest: digestOf(manifest),
    manifest,
    source: source.path,
    migrations,
    repeatables,
    imported,
    consolidated,
    left_alone: [...rollbacks.left_alone, ...verifies.left_alone].map(({ path }) => path).sort(),
    warnings,
  };
}

type Placed = PlacedFile & { readonly source: SourceFile };

const byPath = (a: SourceFile, b: SourceFile): number => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0);

/** Names end up on terminals and in records, which a control character would garble. */
function strangePaths(files: readonly SourceFile[]): Fault[] {
  return files
    .filter(({ path }) => /\p{Cc}/u.test(path))
    .map(({ path }) =>
      fault("bad-name", `${JSON.stringify(path)} has a control character in its name.`, {
        file: path,
        remedy: "Rename the file or its folder.",
      }),
    );
}

function throwAny(faults: readonly Fault[]): void {
  const inOrder = faults.toSorted((a, b) => {
    const [left, right] = [a.file ?? "", b.file ?? ""];
    return left < right ? -1 : left > right ? 1 : (a.line ?? 0) - (b.line ?? 0);
  });
  const [first, ...rest] = inOrder;
  if (first !== undefined) throw new MigrationFault(first, ...rest);
}
