import { firstFile, type Layout } from "./layout.ts";
import { atLine, duplicates } from "./layout_faults.ts";
import type { Reading } from "./pile.ts";
import { byText, type PileFile } from "./pile_file.ts";
import { forwardOnly, wholeFile } from "./script_parts.ts";

/** As its CLI takes a name for a migration: digits, an underscore, the rest. */
const NAME = /^(\d+)_(.*)\.sql$/;
const FOLDER = /(?:^|\/)supabase\/migrations$/;

/**
 * `supabase/migrations/<timestamp>_name.sql`, in order of name; the digits are the history's version. It goes forward only. (Supabase CLI, "Local
 * development: database migrations".)
 */
export const supabase: Layout = {
  evidence: (files, root) =>
    firstFile(files, "is where Supabase keeps its migrations", ({ folder, base }) => {
      const whole = folder === "" ? root : `${root}/${folder}`;
      return FOLDER.test(whole) && NAME.test(base);
    }) ?? firstFile(files, "is Supabase's", ({ path }) => /(?:^|\/)supabase\/config\.toml$/.test(path)),
  read,
};

function read(files: readonly PileFile[]): Reading {
  const sql = files.filter((file) => file.sql);
  const inFolder = sql.filter(({ folder }) => FOLDER.test(folder));
  // The folder itself may have been named, and not what it stands in.
  const own = inFolder.length > 0 ? inFolder : sql.filter(({ folder }) => folder === "");
  const ordered = own.filter(({ base }) => NAME.test(base)).toSorted((a, b) => byText(a.base, b.base));
  const others = sql.filter((file) => !ordered.includes(file));
  const versionOf = ({ base }: PileFile): string => NAME.exec(base)?.[1] ?? "";
  return {
    migrations: ordered.map((file) =>
      forwardOnly(versionOf(file), NAME.exec(file.base)?.[2] ?? "", wholeFile(file)),
    ),
    left: others.map(({ path, base }) => ({
      path,
      why: /seed/i.test(base) ? "rows, no migration" : "not named as a migration of Supabase",
    })),
    untranslated: [],
    faults: [
      ...duplicates("Supabase", ordered, (file) => `version ${versionOf(file)}`),
      ...own
        .filter(({ base }) => /^\d+\.sql$/.test(base))
        .map(({ path }) => atLine("layout-bad-name", path, 1, `${path} has a version and no name.`)),
    ],
  };
}
