import { firstFile, type Layout } from "./layout.ts";
import { duplicates, withoutForward } from "./layout_faults.ts";
import type { PileMigration, Reading } from "./pile.ts";
import { byText, lastFolder, type PileFile } from "./pile_file.ts";
import { forwardOnly, wholeFile } from "./script_parts.ts";
import { isSet, otherSettings } from "./settings_file.ts";

const IN_TRANSACTION = "run_in_transaction";

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
    const transactional = isSet(settings.get(file.folder), IN_TRANSACTION);
    return {
      ...forwardOnly(versionOf(file), nameOf(file), wholeFile(file)),
      down: down === undefined ? null : wholeFile(down),
      transactional,
      down_transactional: transactional === false ? false : null,
    };
  });
  return {
    migrations,
    left: files
      .filter((file) => file.sql && !ups.includes(file) && file.base !== "down.sql")
      .map(({ path }) => ({ path, why: "not named as a migration of Diesel" })),
    untranslated: [...settings.values()].flatMap((file) => otherSettings(file, IN_TRANSACTION)),
    faults: [
      ...duplicates("Diesel", ups, (file) => `version ${versionOf(file)}`),
      ...[...downs.values()].map(({ path }) => withoutForward(path, "a way back")),
    ],
  };
}

const nameOf = ({ folder }: PileFile): string => lastFolder(folder).split("_").slice(1).join("_");
