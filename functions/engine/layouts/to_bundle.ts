import type { NewFile } from "../bundle/create.ts";
import { IMPORTED_FILE, type ImportedMigration, importedText } from "../bundle/imported.ts";
import { REPEATABLE } from "../bundle/layout.ts";
import { type Fault, fault } from "../errors.ts";
import { readScript, type ScriptRole } from "../script/script.ts";
import { bundleName, repeatableNames } from "./bundle_names.ts";
import { importedVersions } from "./imported_versions.ts";
import type { Pile, PileMigration, PileScript, Tool } from "./pile.ts";
import { oneLine } from "./script_parts.ts";

/** A file of the new bundle, and where its text comes from. */
export interface BundleFile extends NewFile {
  readonly role: ScriptRole | "repeatable" | "map";
  /** The pile's file; null of what is made here. */
  readonly from: string | null;
  /** What a line of the pile's file is above the same line of this one. */
  readonly shift: number;
}

export interface ImportedBundle {
  readonly files: readonly BundleFile[];
  readonly migrations: readonly ImportedMigration[];
  readonly warnings: readonly Fault[];
  /** What the pile's reader could not know to have no place in a bundle. */
  readonly untranslated: readonly Fault[];
}

/**
 * The files of a bundle that a pile becomes, as it stands: also where not all of it can be translated. SQL is kept
 * byte by byte, but for a byte order mark, below a header where there is something to say. `loadParser()` must have
 * been awaited.
 */
export function toBundle({ tool, migrations }: Pile): ImportedBundle {
  const versioned = migrations.filter(({ repeatable }) => !repeatable);
  const versions = importedVersions(tool, versioned);
  const files: BundleFile[] = [];
  const map: ImportedMigration[] = [];
  const warnings: Fault[] = [];
  versioned.forEach((migration, i) => {
    const { label = "", version = 0n } = versions[i] ?? {};
    const name = bundleName(migration.name);
    for (const id of [...migration.also, migration.id]) {
      map.push({ version, name, id, path: migration.up.path });
    }
    files.push(...scriptsOf(tool, migration, `${label}_${name}`));
    warnings.push(...emptyDown(migration));
  });
  const again = migrations.filter(({ repeatable }) => repeatable);
  const names = repeatableNames(again.map((one) => one.name));
  again.forEach((migration, i) => {
    const name = names[i] ?? "";
    map.push({ version: null, name, id: migration.id, path: migration.up.path });
    files.push(...repeatableScripts(tool, migration, name));
    if (migration.down !== null) warnings.push(noWayBack(migration.down));
  });
  const text = importedText({ tool, migrations: map });
  return {
    files: [...files, { path: IMPORTED_FILE, text, role: "map", from: null, shift: 0 }],
    migrations: map,
    warnings,
    untranslated: again.filter((one) => upHeader(tool, one).includes(NO_TRANSACTION)).map(outsideAgain),
  };
}

function scriptsOf(tool: Tool, migration: PileMigration, stem: string): readonly BundleFile[] {
  const { up, down, verify, down_transactional } = migration;
  const files = [written(`${stem}.sql`, "up", up, upHeader(tool, migration))];
  // One that stands in the forward file itself is found there.
  if (down !== null && down.text.trim() !== "" && !(tool === "paws-migrate" && down.path === up.path)) {
    const header = outsideOf(down_transactional, down, "rollback") ? [NO_TRANSACTION] : [];
    files.push(written(`rollback/${stem}_rollback.sql`, "rollback", down, header));
  }
  if (verify !== null) files.push(written(`verify/${stem}_verify.sql`, "verify", verify, []));
  return files;
}

function repeatableScripts(tool: Tool, migration: PileMigration, name: string): readonly BundleFile[] {
  const { up, verify } = migration;
  // It runs in a transaction: what says otherwise is at fault.
  const header = upHeader(tool, migration).filter((said) => said !== NO_TRANSACTION);
  const file = written(`repeatable/${name}.sql`, "repeatable", up, header);
  if (verify === null) return [file];
  return [file, written(`verify/${REPEATABLE}${name}_verify.sql`, "verify", verify, [])];
}

const NO_TRANSACTION = "migrate: no-transaction";

/** What stands above the migration's own text, each in a comment of its own. */
function upHeader(tool: Tool, migration: PileMigration): readonly string[] {
  const { transactional, up, notes } = migration;
  if (tool === "paws-migrate") return [];
  const outside = outsideOf(transactional, up, "up");
  return [...(outside ? [NO_TRANSACTION] : []), ...notes.map(oneLine)];
}

/** A tool that does not say ran what cannot run in a transaction outside of one, or nowhere. */
const outsideOf = (transactional: boolean | null, script: PileScript, role: ScriptRole): boolean =>
  transactional === false || (transactional === null && cannotRunInside(script, role));

const JUDGED = {
  allow: ["dblink", "copy-program"],
  history_schema: "public",
  under_role: false,
  placeholders: null,
} as const;

function cannotRunInside({ path, text }: PileScript, role: ScriptRole): boolean {
  const { faults } = readScript({ path, text, checksum: "", checksum_raw: "" }, role, JUDGED);
  return faults.some(({ code }) => code === "needs-no-transaction");
}

function written(
  path: string,
  role: BundleFile["role"],
  { path: from, text, line }: PileScript,
  header: readonly string[],
): BundleFile {
  const end = /\r\n|\n|\r/.exec(text)?.[0] ?? "\n";
  return {
    path,
    role,
    from,
    shift: line - 1 - header.length,
    text: header.map((said) => `-- ${said}${end}`).join("") + text,
  };
}

const emptyDown = ({ down }: PileMigration): readonly Fault[] =>
  down === null || down.text.trim() !== ""
    ? []
    : [
        fault("import-empty-down", `${down.path} has a way back without any SQL.`, {
          file: down.path,
          line: down.line,
        }),
      ];

const noWayBack = (down: PileScript): Fault =>
  fault("import-repeatable-down", `${down.path} has a way back for what is applied again when it changes.`, {
    file: down.path,
    line: down.line,
  });

const outsideAgain = ({ up }: PileMigration): Fault =>
  fault("untranslated-option", `${up.path} is repeatable, and runs outside of a transaction.`, {
    file: up.path,
    line: up.line,
    remedy:
      "Make it a versioned migration, or write it so that a transaction can hold it; then go on with --skip.",
  });
