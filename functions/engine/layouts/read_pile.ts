import type { SourceFile } from "../bundle/bundle.ts";
import { type Fault, fault, MigrationFault } from "../errors.ts";
import { LAYOUTS } from "./layouts.ts";
import type { Pile, Tool } from "./pile.ts";
import { byText, openPile, type PileFile } from "./pile_file.ts";
import { recognise } from "./recognise.ts";
import { untranslatedIn } from "./untranslated.ts";

/**
 * Reads a folder of SQL as the tool would that it was written for: `from`, or the one that is recognised. `root` is the
 * folder's path where it is known, which may name the tool (`supabase/migrations`). Faults of single files and places
 * are in the pile. Throws a MigrationFault where no tool can be told: `layout-unknown`, `layout-ambiguous`.
 */
export function readPile(files: readonly SourceFile[], from: Tool | null, root = ""): Pile {
  const opened = openPile(files);
  const tool = from ?? recognise(opened, root.replaceAll("\\", "/"));
  const { migrations, left, untranslated, faults } = LAYOUTS[tool].read(opened);
  if (migrations.length === 0 && faults.length === 0) {
    const looked = from === null ? "" : ` of ${from}`;
    throw new MigrationFault(fault("layout-unknown", `There is no migration${looked} here.`));
  }
  return {
    tool,
    migrations,
    left: left.toSorted((a, b) => byText(a.path, b.path)),
    untranslated: byPlace([...untranslated, ...migrations.flatMap((one) => untranslatedIn(one, tool))]),
    faults: byPlace([
      ...pathFaults(opened),
      ...opened.filter(({ sql }) => sql).flatMap((file) => file.faults),
      ...faults,
    ]),
  };
}

const byPlace = (faults: readonly Fault[]): readonly Fault[] =>
  faults.toSorted((a, b) => byText(a.file ?? "", b.file ?? "") || (a.line ?? 0) - (b.line ?? 0));

const LONGEST_NAME_BYTES = 255;

/** Names end up in folders, on terminals and in records. */
const pathFaults = (files: readonly PileFile[]) =>
  files.flatMap(({ path, base }) => {
    const bytes = new TextEncoder().encode(base).length;
    if (bytes > LONGEST_NAME_BYTES)
      return [
        fault("layout-bad-name", `A file's name has ${bytes} bytes; ${LONGEST_NAME_BYTES} are the limit.`, {
          file: path,
        }),
      ];
    return /\p{Cc}/u.test(path)
      ? [
          fault("layout-bad-name", `${JSON.stringify(path)} has a control character in its name.`, {
            file: path,
          }),
        ]
      : [];
  });
