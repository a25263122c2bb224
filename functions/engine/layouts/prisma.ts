import { firstFile, type Layout } from "./layout.ts";
import { atLine, duplicates, withoutForward } from "./layout_faults.ts";
import { numberedName } from "./numbered_name.ts";
import type { PileMigration, Reading } from "./pile.ts";
import { byText, lastFolder, type PileFile } from "./pile_file.ts";
import { readProperties } from "./properties.ts";
import { forwardOnly, wholeFile } from "./script_parts.ts";

const LOCK = "migration_lock.toml";

/**
 * `<timestamp>_<name>/migration.sql`, in order of the folder's name, which is the history's. A `down.sql` beside it is
 * a way back that people write by hand. (Prisma, "About migration histories" and "Generating down migrations".)
 */
export const prisma: Layout = {
  evidence: (files) =>
    firstFile(files, "is Prisma's", ({ base }) => base === LOCK) ??
    firstFile(
      files,
      "is where Prisma puts a migration",
      ({ base, folder }) => base === "migration.sql" && /^\d/.test(lastFolder(folder)),
    ),
  read,
};

function read(files: readonly PileFile[]): Reading {
  const ups = files
    .filter(({ base, folder }) => base === "migration.sql" && folder !== "")
    .toSorted((a, b) => byText(lastFolder(a.folder), lastFolder(b.folder)));
  const downs = new Map(files.filter(({ base }) => base === "down.sql").map((file) => [file.folder, file]));
  const migrations = ups.map((file): PileMigration => {
    const id = lastFolder(file.folder);
    const down = downs.get(file.folder);
    downs.delete(file.folder);
    return {
      ...forwardOnly(id, numberedName(id)?.rest ?? id, wholeFile(file)),
      down: down === undefined ? null : wholeFile(down),
    };
  });
  return {
    migrations,
    left: files
      .filter((file) => file.sql && !ups.includes(file) && file.base !== "down.sql")
      .map(({ path }) => ({ path, why: "not named as a migration of Prisma" })),
    untranslated: [],
    faults: [
      ...duplicates("Prisma", ups, ({ folder }) => lastFolder(folder)),
      ...[...downs.values()].map(({ path }) => withoutForward(path, "a way back")),
      ...files.filter(({ base }) => base === LOCK).flatMap(otherProvider),
    ],
  };
}

const otherProvider = ({ path, text }: PileFile) =>
  readProperties(text)
    .filter(({ key, value }) => key === "provider" && !/^postgres(?:ql)?$/.test(value))
    .map(({ value, line }) =>
      atLine("layout-bad-marker", path, line, `${path} says that the SQL is for ${value}.`, {
        remedy: "Only SQL for PostgreSQL can be taken over.",
      }),
    );
