import { firstFile, type Layout } from "./layout.ts";
import { atLine, duplicates, withoutForward } from "./layout_faults.ts";
import type { PileMigration, Reading } from "./pile.ts";
import { byText, lastFolder, type PileFile } from "./pile_file.ts";
import { isFalse, readProperties } from "./properties.ts";
import { forwardOnly, wholeFile } from "./script_parts.ts";

/**
 * `<version>_<name>/up.sql` and `down.sql`, with `run_in_transaction` in metadata.toml; the version is what stands
 * before the first `_`, without dashes, and the order its own. (Diesel, crates diesel_migrations and migrations_internals.)
 */
export const diesel: Layout = {
  evidence: (files) =>
    firstFile(
      files,
      "is where Diesel puts a migration",
      ({ base, folder }) => base === "up.sql" && /^\d/.test(lastFolder(folder)),
    ) ?? firstFile(files, "is Diesel's", ({ base }) => base === "diesel.toml"),
  read,
};

const versionOf = ({ folder }: PileFile): string =>
  (lastFolder(folder).split("_")[0] ?? "").replaceAll("-", "");

function read(files: readonly PileFile[]): Reading {
  const ups = files
    .filter(({ base, folder }) => base === "up.sql" && folder !== "")
    .toSorted((a, b) => byText(versionOf(a), versionOf(b)));
  const inFolder = (name: string) =>
    new Map(files.filter(({ base }) => base === name).map((file) => [file.folder, file]));
  const [downs, settings] = [inFolder("down.sql"), inFolder("metadata.toml")];
  const migrations = ups.map((file): PileMigration => {
    const down = downs.get(file.folder);
    downs.delete(file.folder);
    return {
      ...forwardOnly(versionOf(file), nameOf(file), wholeFile(file)),
      down: down === undefined ? null : wholeFile(down),
      transactional: transactional(settings.get(file.folder)),
    };
  });
  return {
    migrations,
    left: files
      .filter((file) => file.sql && !ups.includes(file) && file.base !== "down.sql")
      .map(({ path }) => ({ path, why: "not named as a migration of Diesel" })),
    untranslated: [...settings.values()].flatMap(otherSettings),
    faults: [
      ...duplicates("Diesel", ups, (file) => `version ${versionOf(file)}`),
      ...[...downs.values()].map(({ path }) => withoutForward(path, "a way back")),
    ],
  };
}

const nameOf = ({ folder }: PileFile): string => lastFolder(folder).split("_").slice(1).join("_");

function transactional(metadata: PileFile | undefined): boolean | null {
  const said = readProperties(metadata?.text ?? "").find(({ key }) => key === "run_in_transaction");
  return said === undefined ? null : !isFalse(said.value);
}

const otherSettings = ({ path, text }: PileFile) =>
  readProperties(text)
    .filter(({ key }) => key !== "run_in_transaction")
    .map(({ key, line }) =>
      atLine("untranslated-option", path, line, `${path} sets ${key}, which has no counterpart here.`),
    );
