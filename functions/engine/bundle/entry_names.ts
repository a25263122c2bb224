import { type Fault, fault } from "../errors.ts";
import { MANIFEST_FILE } from "./manifest.ts";

/** What is wrong with the name of one file in an archive, or null. Names have `/` between folders. */
function faultOfName(name: string): Fault | null {
  const shown = JSON.stringify(name);
  const wrong = (code: Fault["code"], because: string): Fault =>
    fault(code, `The entry ${shown} ${because}.`, { file: name });
  const parts = name.split("/");
  if (/\p{Cc}/u.test(name)) return wrong("archive-control-character", "has a control character in its name");
  if (name.includes("\\")) return wrong("archive-backslash", "has a backslash in its name");
  if (/^[A-Za-z]:/.test(name)) return wrong("archive-drive-letter", "begins with a drive letter");
  if (name.startsWith("/")) return wrong("archive-absolute-path", "is an absolute path");
  if (parts.includes("..")) return wrong("archive-parent-path", "leads out of the archive by `..`");
  if (parts.some((part) => part === "" || part === "."))
    return wrong("archive-bad-name", "has an empty part or `.` in its name");
  return null;
}

/** Every fault of the names of an archive's files, each by itself and held against the others. */
export function faultsOfNames(names: readonly string[]): readonly Fault[] {
  const faults: Fault[] = [];
  const seen = new Map<string, string>();
  for (const name of names) {
    const wrong = faultOfName(name);
    if (wrong !== null) faults.push(wrong);
    const folded = name.normalize("NFC").toLowerCase();
    const other = seen.get(folded);
    seen.set(folded, name);
    if (other === undefined) continue;
    const shown = JSON.stringify(name);
    faults.push(
      other === name
        ? fault("archive-duplicate-entry", `The entry ${shown} is there twice.`, { file: name })
        : fault("archive-case-clash", `${JSON.stringify(other)} and ${shown} differ only by case.`, {
            file: name,
          }),
    );
  }
  return faults;
}

/**
 * The one folder that everything of a bundle in an archive lies in, as where a folder itself was zipped; null
 * where there is none. A folder that has a meaning at a bundle's root is not taken off, nor one beside a manifest.
 */
export function topFolder(names: readonly string[]): string | null {
  if (names.includes(MANIFEST_FILE)) return null;
  const wanted = names.filter(
    (name) => /(?:\.sql|(?:^|\/)bundle\.json)$/i.test(name) && !/(?:^|\/)\./.test(name),
  );
  const tops = new Set(wanted.map((name) => (name.includes("/") ? name.slice(0, name.indexOf("/")) : null)));
  const [top = null] = tops;
  if (tops.size !== 1 || top === null) return null;
  return /^(?:rollback|verify|seed|__MACOSX)$/i.test(top) ? null : top;
}
