import { type Bundle, readBundle, type SourceFile } from "../bundle/bundle.ts";
import { checkBundle } from "../bundle/check.ts";
import { CONSOLIDATED_FILE, type Consolidated, consolidatedText } from "../bundle/consolidated.ts";
import type { NewFile } from "../bundle/create.ts";
import { createName, parseVersionArgument } from "../bundle/names.ts";
import { type Fault, fault, MigrationFault, throwAny } from "../errors.ts";
import type { RunOptions } from "../request.ts";
import { offlineOptions } from "../run/prepare.ts";
import { loadParser } from "../script/script.ts";
import { type Chosen, chosenMigrations } from "./chosen.ts";
import { joinMigrations } from "./join.ts";
import { sharedFaults } from "./shared_settings.ts";

/** What is asked for, as it was spelled. */
export interface Wanted {
  readonly versions: string;
  readonly name: string;
  /** Whose verification is not taken over. */
  readonly leave_out: readonly string[];
}

/** Where replaced files go: outside of the bundle, since its name begins with a dot. */
const REPLACED_FOLDER = ".replaced";

/** What a consolidation would make of a bundle's files; nothing is written yet. */
export interface Consolidation {
  readonly chosen: Chosen;
  readonly before: Bundle;
  readonly after: Bundle;
  readonly consolidated: Consolidated;
  /** Versions whose verification is not taken over. */
  readonly left_out: readonly bigint[];
  /** Without `list`. The forward file comes last: until it is there, the folder is no bundle. */
  readonly written: readonly NewFile[];
  /** `consolidated.json`. */
  readonly list: NewFile;
  /** The last of the chosen ones comes first, for the same reason. */
  readonly moved: readonly { readonly from: string; readonly to: string }[];
  readonly warnings: readonly Fault[];
}

/**
 * Joins the chosen migrations of a folder's files; placeholders stay as they are spelled. Throws a MigrationFault with
 * every reason against it.
 */
export async function consolidate(
  files: readonly SourceFile[],
  source: { readonly name: string; readonly path: string },
  wanted: Wanted,
  options: RunOptions,
): Promise<Consolidation> {
  const before = readBundle(files, source);
  const script = offlineOptions(before, options);
  const chosen = chosenMigrations(before, wanted.versions);
  const name = createName(wanted.name);
  if (typeof name !== "string") throw new MigrationFault(name);
  const left_out = leftOut(chosen, wanted.leave_out);
  await loadParser();
  const { last, migrations, between } = chosen;
  const joined = joinMigrations(migrations, {
    name,
    script,
    shared: before.options.session === "shared",
    left_out,
  });
  throwAny(joined.faults);

  const stem = `${last.label}_${name}`;
  const path = `${folderOf(last.up.path)}${stem}.sql`;
  const written: readonly NewFile[] = [
    ...scriptFile(
      joined.rollback,
      last.rollback_inline ? null : last.rollback,
      `${stem}_rollback.sql`,
      "rollback/",
    ),
    ...scriptFile(joined.verify, last.verify, `${stem}_verify.sql`, "verify/"),
    { path, text: joined.up },
  ];
  const replaces = migrations.map(({ version, label, name, up }) => ({
    version,
    label,
    name,
    checksum: up.checksum,
  }));
  const consolidated = { version: last.version, replaces };
  const list = { path: CONSOLIDATED_FILE, text: consolidatedText([...before.consolidated, consolidated]) };
  const gone = replacedPaths(chosen);

  const left = files.filter((file) => !gone.includes(file.path) && file.path !== CONSOLIDATED_FILE);
  const after = readBundle([...left, ...[...written, list].map(sourceOf)], source);
  const checked = await checkBundle(after, script);
  throwAny([...checked.faults, ...sharedFaults({ before, after }, last.version, path, script.placeholders)]);
  return {
    chosen,
    before,
    after,
    consolidated,
    left_out,
    written,
    list,
    moved: gone.map((from) => ({ from, to: `${REPLACED_FOLDER}/${stem}/${from}` })),
    warnings: [...joined.warnings, ...between.map((one) => movedBehind(one.up.path, path))],
  };
}

/** Only a verification that would be taken over can be left out. */
function leftOut({ migrations }: Chosen, spelled: readonly string[]): readonly bigint[] {
  const verified = migrations.filter(({ verify }) => verify !== null);
  const found = spelled.map((text) => parseVersionArgument(text, verified));
  throwAny(found.filter((one) => typeof one !== "bigint"));
  return found.filter((one) => typeof one === "bigint");
}

/** Beside the last one's own script, else in the folder at the root. */
function scriptFile(
  text: string | null,
  like: { readonly path: string } | null,
  name: string,
  root: string,
): readonly NewFile[] {
  return text === null ? [] : [{ path: `${like === null ? root : folderOf(like.path)}${name}`, text }];
}

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf("/") + 1);

/** Paths of the replaced scripts; those of the last one first. */
function replacedPaths({ migrations }: Chosen): readonly string[] {
  const paths = migrations
    .toReversed()
    .flatMap(({ up, rollback, rollback_inline, verify }) => [
      up.path,
      ...(rollback === null || rollback_inline ? [] : [rollback.path]),
      ...(verify === null ? [] : [verify.path]),
    ]);
  return [...new Set(paths)];
}

const sourceOf = ({ path, text }: NewFile): SourceFile => ({ path, bytes: new TextEncoder().encode(text) });

const movedBehind = (between: string, path: string): Fault =>
  fault("moved-behind", `${between} lies between the chosen ones, and comes before all of them in ${path}.`, {
    file: between,
  });
