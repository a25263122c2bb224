import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isAlive } from "./alive.ts";

/** A program of others that tests install on demand, once for this user. */
export interface Tool {
  readonly name: string;
  readonly version: string;
  /** The committed texts that pin it: another text is another installation. */
  readonly pins: readonly string[];
  /** Installs into an empty folder, which is moved afterwards: nothing in it may name its own path. */
  install(folder: string): Promise<void>;
}

/** `PAWS_TOOLS_CACHE`, else below `XDG_CACHE_HOME`, else below `~/.cache`. */
export const toolsCache = (): string =>
  process.env.PAWS_TOOLS_CACHE ??
  join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "paws-migrate", "tools");

/** The folder of an installed tool, installing it first where it is not there. Throws what the installer said. */
export async function installed(tool: Tool, cache = toolsCache()): Promise<string> {
  const folder = join(cache, `${tool.name}-${tool.version}-${fingerprint(tool)}`);
  if (existsSync(folder)) return folder;
  await mkdir(cache, { recursive: true });
  const release = await lock(`${folder}.lock`, () => existsSync(folder));
  try {
    if (!existsSync(folder)) await installAside(tool, folder);
    return folder;
  } finally {
    await release();
  }
}

function fingerprint({ pins }: Tool): string {
  const hash = createHash("sha256");
  for (const pin of [process.platform, process.arch, ...pins]) hash.update(pin).update("\0");
  return hash.digest("hex").slice(0, 8);
}

/** A folder of that name is a whole installation: it gets its name when it is one. */
async function installAside(tool: Tool, folder: string): Promise<void> {
  const aside = await mkdtemp(`${folder}.new-`);
  try {
    await tool.install(aside);
    await rename(aside, folder).catch((error: unknown) => {
      // Two that saw the same installer dead may both be at work: one of them was first.
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

/** Waits while another living process holds it, unless its work is `done`. What it holds back is double work only. */
async function lock(path: string, done: () => boolean): Promise<() => Promise<void>> {
  for (;;) {
    try {
      await writeFile(path, String(process.pid), { flag: "wx" });
      return () => rm(path, { force: true });
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    }
    if (done()) return () => Promise.resolve();
    const holder = Number(await readFile(path, "utf8").catch(() => "0"));
    // An empty file is one that is being written.
    if (holder > 0 && !isAlive(holder)) await rm(path, { force: true });
    else await sleep(250);
  }
}
