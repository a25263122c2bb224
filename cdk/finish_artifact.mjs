// Run by the bundler in the repository's root: finish_artifact.mjs FOLDER [NAME=PATH ...]
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";

const [folder = "", ...files] = process.argv.slice(2);

for (const file of files) {
  const at = file.indexOf("=");
  copyFileSync(file.slice(at + 1), join(folder, file.slice(0, at)));
}

// Paths from the repository's root: the same bytes wherever the repository and its output are.
const path = join(folder, "index.mjs.map");
const map = JSON.parse(readFileSync(path, "utf8"));
map.sources = map.sources.map((source) =>
  relative(process.cwd(), resolve(folder, source)).replace(/^.*?(?=node_modules\/)/, ""),
);
writeFileSync(path, JSON.stringify(map));
