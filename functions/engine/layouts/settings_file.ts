import type { Fault } from "../errors.ts";
import { atLine } from "./layout_faults.ts";
import type { PileFile } from "./pile_file.ts";
import { readProperties } from "./properties.ts";

/** What the file beside a migration says of `key`; null where it says nothing, or is not there. */
export function isSet(file: PileFile | undefined, key: string): boolean | null {
  const said = readProperties(file?.text ?? "").find((one) => one.key === key);
  return said === undefined ? null : !/^false\b/i.test(said.value);
}

/** What it says besides, which cannot be carried over. */
export const otherSettings = ({ path, text }: PileFile, known: string): readonly Fault[] =>
  readProperties(text)
    .filter(({ key }) => key !== known)
    .map(({ key, line }) =>
      atLine("untranslated-option", path, line, `${path} sets ${key}, which has no counterpart here.`),
    );
