import { type Fault, fault } from "../errors.ts";
import type { ScriptFile } from "../script/script.ts";
import type { Repeatable } from "./bundle.ts";
import type { Forward, PlacedFile } from "./find_scripts.ts";
import { readHeader } from "./header.ts";
import { REPEATABLE } from "./layout.ts";
import type { OpenedScript } from "./migration.ts";

/** Files of repeatable migrations by name, and what is wrong with their names. */
export interface Repeatables<File extends PlacedFile> {
  /** In order of name. */
  readonly files: readonly (File & { readonly name: string })[];
  readonly faults: readonly Fault[];
}

/**
 * The file's name without `R__`, which below `repeatable/` may be left out. Two of one, or of one but for its case, are a
 * `duplicate-repeatable`.
 */
export function readRepeatables<File extends PlacedFile>(placed: readonly File[]): Repeatables<File> {
  const files = new Map<string, File & { readonly name: string }>();
  const faults: Fault[] = [];
  for (const file of placed) {
    const { path, stem } = file;
    const name = stem.startsWith(REPEATABLE) ? stem.slice(REPEATABLE.length) : stem;
    const key = name.toLowerCase();
    const first = files.get(key);
    if (name === "") {
      const remedy = "Name it R__name.sql.";
      faults.push(fault("bad-name", `${path} has no name behind ${REPEATABLE}.`, { file: path, remedy }));
    } else if (first === undefined) files.set(key, { ...file, name });
    else {
      const message = `${first.path} and ${path} are both the repeatable migration ${name}.`;
      faults.push(fault("duplicate-repeatable", message, { file: path }));
    }
  }
  return { files: [...files.values()].sort((a, b) => (a.name < b.name ? -1 : 1)), faults };
}

/** As a verification is looked for: `R__name_verify.sql` or `name_verify.sql`. */
export const asForward = ({ path, role, folder, name }: PlacedFile & { readonly name: string }): Forward => ({
  path,
  role,
  folder,
  stem: `${REPEATABLE}${name}`,
  label: name,
  version: null,
});

/** Puts one together. It runs in a transaction, and is not rolled back: directives of either are at fault. */
export function assembleRepeatable(
  name: string,
  { file, directives }: OpenedScript,
  verify: ScriptFile | null,
): { readonly repeatable: Repeatable; readonly faults: readonly Fault[] } {
  const wrong = [
    ...(directives.no_transaction ? ["no-transaction"] : []),
    ...(directives.irreversible === null ? [] : ["irreversible"]),
  ];
  return {
    repeatable: {
      version: null,
      label: "",
      name,
      up: file,
      rollback: null,
      verify,
      directives,
      header: readHeader(file.text),
    },
    faults: wrong.map((directive) =>
      fault("repeatable-directive", `${file.path} is repeatable, and says \`${directive}\`.`, {
        file: file.path,
      }),
    ),
  };
}
