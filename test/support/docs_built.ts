import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { root } from "./docs_page.ts";

/** Pages speak of the program that `npm run build` makes, so it must be there and be that of these sources. */
export function assertBuilt(): void {
  const built = join(root, "dist", "paws-migrate.mjs");
  if (!existsSync(built)) throw new Error("dist/paws-migrate.mjs is missing: run `npm run build` first.");
  const since = statSync(built).mtimeMs;
  const sources = ["package.json", ...["cli", "functions"].flatMap(filesBelow)];
  const newer = sources.find((source) => statSync(join(root, source)).mtimeMs > since);
  if (newer !== undefined) {
    throw new Error(`dist/paws-migrate.mjs is older than ${newer}: run \`npm run build\` first.`);
  }
}

const filesBelow = (folder: string): readonly string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .map((path) => join(folder, path));
