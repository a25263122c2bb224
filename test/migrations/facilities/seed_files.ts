import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type pg from "pg";

const seedFolder = join(import.meta.dirname, "../../../seed/facilities");
export const seedFiles: readonly string[] = readdirSync(seedFolder)
  .filter((name) => name.endsWith(".sql"))
  .sort();

/** Sends each file as one message, and gives back what the server said meanwhile. */
export async function loadSeed(client: pg.Client, files: readonly string[] = seedFiles): Promise<string[]> {
  const said: string[] = [];
  const listen = ({ message }: { message?: string | undefined }): void => void said.push(message ?? "");
  client.on("notice", listen);
  try {
    for (const file of files) await client.query(readFileSync(join(seedFolder, file), "utf8"));
  } finally {
    client.off("notice", listen);
  }
  return said;
}
