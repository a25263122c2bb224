import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const NAME = "paws-migrate";

/** The folder of this package, which holds `migrations` and `seed`, wherever this code was bundled to. */
export function packageRoot(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    if (isRoot(join(folder, "package.json"))) return folder;
    if (folder === dirname(folder)) throw new Error(`there is no package.json of ${NAME} above this file`);
  }
}

function isRoot(file: string): boolean {
  if (!existsSync(file)) return false;
  const content: unknown = JSON.parse(readFileSync(file, "utf8"));
  return typeof content === "object" && content !== null && "name" in content && content.name === NAME;
}
