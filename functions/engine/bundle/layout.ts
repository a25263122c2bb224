import type { ScriptRole } from "../script/script.ts";
import { CONSOLIDATED_FILE } from "./consolidated.ts";
import { IMPORTED_FILE } from "./imported.ts";

/** Where a file stands in a bundle, told by its path alone. */
export interface Place {
  readonly role: ScriptRole | "repeatable";
  /**
   * Of a forward file its folder; of the others the folder that `rollback/`, `verify/` or `repeatable/` stands in. `""`
   * is the root.
   */
  readonly folder: string;
  /** The file's name without `.sql`. */
  readonly stem: string;
}

/** The file with a bundle's options; only at the root. */
export const OPTIONS_FILE = "bundle.json";

/** What a bundle says beside its SQL, each at the root. */
export const ROOT_FILES: readonly string[] = [OPTIONS_FILE, IMPORTED_FILE, CONSOLIDATED_FILE];

const SPECIAL = new Map<string, Place["role"] | "seed">([
  ["rollback", "rollback"],
  ["verify", "verify"],
  ["seed", "seed"],
  ["repeatable", "repeatable"],
]);

/** How the name of a repeatable migration begins where it stands among the forward files. */
export const REPEATABLE = "R__";

/**
 * The place of a file, or null where it is no SQL file of the bundle: other endings, whatever lies below
 * `seed/`, and names that begin with a dot. The outermost of `rollback/`, `verify/` and `seed/` decides, also below a
 * `repeatable/`.
 */
export function placeOf(path: string): Place | null {
  if (!/\.sql$/i.test(path)) return null;
  const folders = path.split("/");
  const stem = folders.pop()?.slice(0, -".sql".length) ?? "";
  if (stem.startsWith(".") || stem === "" || folders.some((folder) => folder.startsWith("."))) return null;
  const roles = folders.map((folder) => SPECIAL.get(folder.toLowerCase()));
  const at = roles.findIndex((role) => role !== undefined);
  if (at < 0) {
    return { role: stem.startsWith(REPEATABLE) ? "repeatable" : "up", folder: folders.join("/"), stem };
  }
  const role = roles.find((one) => one !== undefined && one !== "repeatable") ?? "repeatable";
  return role === "seed" ? null : { role, folder: folders.slice(0, at).join("/"), stem };
}

/** Whether a reader of folders or archives has to hand a file over. */
export const isBundleFile = (path: string): boolean => ROOT_FILES.includes(path) || placeOf(path) !== null;

/** Whether a reader may leave a folder out without looking into it. `path` is the folder's, from the root. */
export const isOutside = (path: string): boolean => placeOf(`${path}/0.sql`) === null;
