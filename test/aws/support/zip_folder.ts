import { readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { buffer } from "node:stream/consumers";
import { ZipFile } from "yazl";

/** The folder's files as Lambda takes them. */
export async function zipFolder(folder: string): Promise<Buffer> {
  const zip = new ZipFile();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    zip.addBuffer(await readFile(path), relative(folder, path).split(sep).join("/"));
  }
  zip.end();
  return buffer(zip.outputStream);
}
